"""Labels, selectors, names and hashes that the objects of one service share."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...spec import ServiceSpec
    from ...spec.runs import Run
    from .cluster import Cluster
    from .manifest import Body

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
LABEL_LIMIT = 63
HASH_LENGTH = 8


def labels(spec: ServiceSpec, cluster: Cluster, job: Run | None = None) -> dict[str, str]:
    """Labels of everything that belongs to ``spec``, or to ``job`` of it.

    A job has a name and an instance of its own, so that no selector of the server finds its pods.
    """
    track = {"researchflow.ai/track": spec.track} if spec.track else {}
    return {
        NAME: f"{spec.name}-{job.name}" if job else spec.name,
        INSTANCE: owner(spec, job),
        "app.kubernetes.io/component": spec.category,
        **common_labels(cluster),
        **track,
    }


def common_labels(cluster: Cluster) -> dict[str, str]:
    """Labels of every object of the platform."""
    return {
        "app.kubernetes.io/part-of": "researchflow-ai",
        "app.kubernetes.io/managed-by": "pulumi",
        "researchflow.ai/environment": cluster.environment,
    }


def owner(spec: ServiceSpec, job: Run | None = None) -> str:
    """The prefix of the names of what belongs to ``spec``, or to ``job`` of it."""
    return f"{spec.instance}-{job.name}" if job else spec.instance


def selector(spec: ServiceSpec, job: Run | None = None) -> dict[str, str]:
    """The one label that finds the pods of ``spec`` (or ``job``) and no others."""
    return {INSTANCE: owner(spec, job)}


def account_name(spec: ServiceSpec, job: Run | None = None) -> str:
    """The ServiceAccount of the server, or of ``job`` where that has one of its own."""
    return job.account if job and job.account else spec.instance


def metadata(
    spec: ServiceSpec,
    cluster: Cluster,
    name: str,
    *,
    job: Run | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Body:
    """``metadata`` of an object of ``spec``; the name is always explicit."""
    body: Body = {
        "name": name,
        "namespace": cluster.namespace_of(spec),
        "labels": labels(spec, cluster, job),
    }
    return body | ({"annotations": dict(annotations)} if annotations else {})


def short_hash(value: Any, length: int = HASH_LENGTH) -> str:
    """``length`` hex digits that change with ``value``, which is anything JSON can write."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def fitted(name: str, limit: int = LABEL_LIMIT) -> str:
    """``name``, or its beginning and a hash of the whole where it is longer than ``limit``."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - HASH_LENGTH - 1].rstrip('-')}-{short_hash(name)}"
