"""Files as ConfigMaps and Secrets, one a directory, and the hash that rolls a pod."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...files import directories
from .manifest import Manifest
from .naming import metadata, owner, short_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...files import Directory
    from ...spec import ServiceSpec
    from ...spec.runs import Run
    from .cluster import Cluster
    from .manifest import Body

CONFIG_HASH = "researchflow.ai/config-hash"
SECRET_HASH = "researchflow.ai/secret-hash"
PATCH_FIELD_MANAGER = "pulumi.com/patchFieldManager"
WEIGHTS_MANAGER = "rf-weights"
"""Who owns the fields of live files, whoever writes them."""


def object_name(prefix: str, directory: Directory) -> str:
    """Name of the ConfigMap or Secret that holds ``directory``."""
    return f"{prefix}-{directory.slug}"


def file_manifests(
    spec: ServiceSpec, cluster: Cluster, job: Run | None = None
) -> tuple[Manifest, ...]:
    """The directories of ``spec``, or of ``job`` of it, without those that its server watches."""
    found = directories(job.files, job.secret_files) if job else server_directories(spec)
    return tuple(
        _manifest(spec, cluster, job, directory) for directory in found if directory.kind != "live"
    )


def server_directories(spec: ServiceSpec) -> tuple[Directory, ...]:
    """The directories of the server, and of its sidecar."""
    beside = directories(spec.sidecar.files) if spec.sidecar else ()
    return (*directories(spec.files, spec.secret_files), *beside)


def live_manifests(spec: ServiceSpec, cluster: Cluster) -> tuple[Manifest, ...]:
    """The directories that the server of ``spec`` watches.

    The rollout controller writes them too, between two deployments. Both do it under one name:
    what one field manager wrote, another may not change by server-side apply.
    """
    found = [
        _manifest(spec, cluster, None, directory) for directory in directories(spec.live_files)
    ]
    return tuple(
        replace(each, suffix=f"{spec.instance}-{each.suffix}", body=_shared(each.body))
        for each in found
    )


def _shared(body: Body) -> Body:
    annotations = {**body["metadata"].get("annotations", {}), PATCH_FIELD_MANAGER: WEIGHTS_MANAGER}
    return {**body, "metadata": {**body["metadata"], "annotations": annotations}}


def _manifest(
    spec: ServiceSpec, cluster: Cluster, job: Run | None, directory: Directory
) -> Manifest:
    name = object_name(owner(spec, job), directory)
    prefix = f"job-{job.name}-" if job else ""
    described = metadata(spec, cluster, name, job=job)
    if directory.kind == "secret":
        return Manifest(
            suffix=f"{prefix}secret-{directory.slug}",
            body={
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": described,
                "type": "Opaque",
            },
            templates=directory.files,
        )
    return Manifest(
        suffix=f"{prefix}{directory.kind}-{directory.slug}",
        body={
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": described,
            "data": dict(directory.files),
        },
    )


def config_hash(found: Iterable[Directory]) -> dict[str, str]:
    """The annotation that rolls a pod when its configuration changes.

    Live directories have no part in it: the server watches them, and kubelet updates them in place.
    """
    digests = {entry.path: entry.digest for entry in found if entry.kind == "config"}
    return {CONFIG_HASH: short_hash(digests)} if digests else {}


def secret_templates(spec: ServiceSpec) -> dict[str, str]:
    """All secret files of ``spec``, path to template."""
    return {file.path: file.template for file in spec.secret_files if not file.watched}
