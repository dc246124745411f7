"""A spec as Kubernetes objects: the one entry to the pure part of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .access import access
from .address import addresses
from .certificates import certificates
from .check import check
from .files import file_manifests
from .jobs import cron_job, job_manifest
from .network import run_policy, service_policy
from .scaling import scaled_object
from .storage import claim
from .workload import disruption_budget, workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...spec import ServiceSpec
    from ...spec.network import Edge
    from .cluster import Cluster
    from .manifest import Manifest


def manifests(spec: ServiceSpec, callers: Iterable[Edge], cluster: Cluster) -> tuple[Manifest, ...]:
    """Everything that ``spec`` needs on ``cluster``, with ``callers`` let in.

    ValueError when the spec contradicts itself or the cluster.
    """
    callers = tuple(callers)
    check(spec, callers, cluster)
    found = [
        *access(spec, cluster),
        *file_manifests(spec, cluster),
        *certificates(spec, cluster),
        *(claim(spec, volume, cluster) for volume in spec.volumes),
        service_policy(spec, callers, cluster),
        *addresses(spec, cluster),
    ]
    for run in spec.runs:
        found += file_manifests(spec, cluster, run)
        found += run_policy(spec, run, cluster)
    found += [job_manifest(spec, job, cluster) for job in spec.jobs]
    found += [cron_job(spec, job, cluster) for job in spec.scheduled]
    if not spec.per_node:
        found.append(disruption_budget(spec, cluster))
    found += [workload(spec, cluster), *scaled_object(spec, cluster)]
    return tuple(found)
