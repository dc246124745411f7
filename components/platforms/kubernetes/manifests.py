"""A spec as Kubernetes objects: the one entry to the pure part of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .access import access
from .address import addresses
from .certificates import certificate
from .check import check
from .files import file_manifests
from .jobs import job_manifest
from .network import job_policy, service_policy
from .scaling import scaled_object
from .storage import claim
from .workload import disruption_budget, workload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...spec import Edge, ServiceSpec
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
        *certificate(spec, cluster),
        *(claim(spec, volume, cluster) for volume in spec.volumes),
        service_policy(spec, callers, cluster),
        *addresses(spec, cluster),
    ]
    for job in spec.jobs:
        found += file_manifests(spec, cluster, job)
        if job.internet:
            found.append(job_policy(spec, job, cluster))
        found.append(job_manifest(spec, job, cluster))
    if not spec.per_node:
        found.append(disruption_budget(spec, cluster))
    found += [workload(spec, cluster), *scaled_object(spec, cluster)]
    return tuple(found)
