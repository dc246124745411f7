"""How long stopping, starting and rolling may take, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from ...spec.runs import Job

SETTLE = 5
"""What a stopping server waits before SIGTERM, for others to learn that its address is gone."""
MARGIN = 10
IMAGE_PULL = 900
"""Triton's image has more than 10 GB; a fresh node pulls it before anything can start."""


def stop(spec: ServiceSpec) -> int:
    """Grace period: what comes before SIGTERM, the server's own drain, and a margin.

    The drain command has no limit of its own in the spec, so it is given as long as the drain.
    """
    before = spec.drain.seconds if spec.drain.command else SETTLE
    return before + spec.drain.seconds + MARGIN


def progress(spec: ServiceSpec) -> int:
    """How long a rollout may stand still: one pod stops, another pulls its image and starts."""
    return stop(spec) + IMAGE_PULL + spec.health.startup_seconds + MARGIN


def rollout(spec: ServiceSpec) -> int:
    """How long a rollout may take in all, pod after pod unless all are replaced at once."""
    return progress(spec) * (1 if spec.recreate else spec.most)


def job(run: Job) -> int:
    """How long to wait for a job: a little longer than the cluster, which then says what failed."""
    return run.timeout_seconds + 6 * MARGIN
