"""Runs that end: those before their service starts, and those by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import timing
from .manifest import Manifest
from .naming import LABEL_LIMIT, fitted, labels, metadata, owner, short_hash
from .pod import job_template, scheduled_template

if TYPE_CHECKING:
    from ...spec import ServiceSpec
    from ...spec.runs import Job, ScheduledJob
    from .cluster import Cluster
    from .manifest import Body

BACKOFF_LIMIT = 3
NAME_LIMIT = 52
"""Of a CronJob, which adds eleven characters to name its Jobs."""
LATE_SECONDS = 3600
"""A run that could not start for so long waits for its next turn."""
KEPT_SECONDS = 3600
"""A pod keeps its disk until it is deleted, even when it has long ended."""


def job_manifest(spec: ServiceSpec, job: Job, cluster: Cluster) -> Manifest:
    """The Job object. Its template cannot be changed, so its name ends in a hash of its content.

    It has no ``ttlSecondsAfterFinished``: an object that is gone would be made, and run, again.
    """
    content: Body = {
        "backoffLimit": BACKOFF_LIMIT,
        "activeDeadlineSeconds": job.timeout_seconds,
        "template": job_template(spec, job, cluster),
    }
    content_hash = short_hash(content)
    room = LABEL_LIMIT - len(content_hash) - 1
    name = f"{fitted(owner(spec, job), room)}-{content_hash}"
    return Manifest(
        suffix=f"job-{job.name}",
        stage="job",
        timeout_seconds=timing.job(job),
        body={
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata(spec, cluster, name, job=job),
            "spec": content,
        },
    )


def cron_job(spec: ServiceSpec, job: ScheduledJob, cluster: Cluster) -> Manifest:
    """The CronJob object. One run at a time, and after a failure another until the limit."""
    content: Body = {
        "backoffLimit": BACKOFF_LIMIT,
        "activeDeadlineSeconds": job.timeout_seconds,
        "template": scheduled_template(spec, job, cluster),
    }
    if job.disk:
        # Several pods would hold several disks, and for as long as their history is kept.
        content |= {"backoffLimit": 0, "ttlSecondsAfterFinished": KEPT_SECONDS}
    name = fitted(owner(spec, job), NAME_LIMIT)
    return Manifest(
        suffix=f"job-{job.name}",
        stage="server",
        body={
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": metadata(spec, cluster, name, job=job),
            "spec": {
                "schedule": job.schedule,
                "timeZone": job.timezone,
                "concurrencyPolicy": "Forbid",
                "startingDeadlineSeconds": LATE_SECONDS,
                "successfulJobsHistoryLimit": 1,
                "failedJobsHistoryLimit": 3,
                "jobTemplate": {
                    "metadata": {"labels": labels(spec, cluster, job)},
                    "spec": content,
                },
            },
        },
    )
