"""Registers manifests with the engine. The only effects of this package are here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps.v1 import DaemonSet, Deployment
from pulumi_kubernetes.batch.v1 import CronJob, Job
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    LimitRange,
    Namespace,
    PersistentVolumeClaim,
    ResourceQuota,
    Secret,
    Service,
    ServiceAccount,
)
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding

from ...files import fill, secret_names
from . import certificates, scaling
from .files import SECRET_HASH
from .manifest import STAGES, Body, Manifest
from .naming import HASH_LENGTH

Secrets = Mapping[str, pulumi.Output[str]]

RESOURCES: Mapping[tuple[str, str], Callable[..., pulumi.CustomResource]] = {
    ("apps/v1", "DaemonSet"): DaemonSet,
    ("apps/v1", "Deployment"): Deployment,
    ("batch/v1", "CronJob"): CronJob,
    ("batch/v1", "Job"): Job,
    (certificates.VERSION, certificates.KIND): partial(
        CustomResource, api_version=certificates.VERSION, kind=certificates.KIND
    ),
    (scaling.VERSION, scaling.KIND): partial(
        CustomResource, api_version=scaling.VERSION, kind=scaling.KIND
    ),
    ("networking.k8s.io/v1", "NetworkPolicy"): NetworkPolicy,
    ("policy/v1", "PodDisruptionBudget"): PodDisruptionBudget,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): ClusterRole,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ClusterRoleBinding,
    ("rbac.authorization.k8s.io/v1", "Role"): Role,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): RoleBinding,
    ("v1", "ConfigMap"): ConfigMap,
    ("v1", "LimitRange"): LimitRange,
    ("v1", "Namespace"): Namespace,
    ("v1", "PersistentVolumeClaim"): PersistentVolumeClaim,
    ("v1", "ResourceQuota"): ResourceQuota,
    ("v1", "Secret"): Secret,
    ("v1", "Service"): Service,
    ("v1", "ServiceAccount"): ServiceAccount,
}

# A short hash of a weak password in a pod's annotation could be searched for; this makes each guess
# cost some tens of milliseconds.
HASH_ROUNDS = 100_000


def register(  # noqa: PLR0913 all but the first are keyword-only
    manifests: Iterable[Manifest],
    *,
    parent: pulumi.Resource,
    secrets: Secrets,
    after: Sequence[pulumi.Resource] = (),
    provider: pulumi.ProviderResource | None = None,
    hooks: pulumi.ResourceHookBinding | None = None,
) -> list[pulumi.Resource]:
    """Register ``manifests`` as children of ``parent``, stage by stage, after ``after``.

    Names begin with the parent's. Returns all that was registered.
    """
    found = list(manifests)
    done: list[pulumi.Resource] = list(after)
    made: list[pulumi.Resource] = []
    for stage in STAGES:
        group: list[pulumi.Resource] = [
            _resource(
                manifest,
                parent.pulumi_resource_name,
                secrets,
                _options(manifest, parent, done, provider, hooks),
            )
            for manifest in found
            if manifest.stage == stage
        ]
        made += group
        # A stage waits for the one before it, and so for all before that.
        done = group or done
    return made


def _resource(
    manifest: Manifest, prefix: str, secrets: Secrets, options: pulumi.ResourceOptions
) -> pulumi.CustomResource:
    body = _with_secrets(manifest, secrets)
    make = RESOURCES[body["apiVersion"], body["kind"]]
    fields = {
        _snake_case(key): value for key, value in body.items() if key not in ("apiVersion", "kind")
    }
    return make(f"{prefix}-{manifest.suffix}", opts=options, **fields)


def _options(
    manifest: Manifest,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource],
    provider: pulumi.ProviderResource | None,
    hooks: pulumi.ResourceHookBinding | None,
) -> pulumi.ResourceOptions:
    timeouts = None
    if manifest.timeout_seconds:
        limit = f"{manifest.timeout_seconds}s"
        timeouts = pulumi.CustomTimeouts(create=limit, update=limit, delete=limit)
    return pulumi.ResourceOptions(
        parent=parent,
        depends_on=list(after),
        provider=provider,
        custom_timeouts=timeouts,
        protect=manifest.protect,
        ignore_changes=list(manifest.ignored) or None,
        hooks=hooks,
    )


def _with_secrets(manifest: Manifest, secrets: Secrets) -> Body:
    """The body with what its templates come to; what is made of a secret is a secret."""
    if not manifest.templates:
        return manifest.body
    filled = _filled(manifest.templates, secrets)
    if manifest.body["kind"] == "Secret":
        return {**manifest.body, "stringData": filled}
    salt = manifest.body["metadata"]["name"]
    annotation = {SECRET_HASH: filled.apply(lambda files: secret_hash(files, salt))}
    template = manifest.body["spec"]["template"]
    described = template["metadata"]
    described = {**described, "annotations": {**described.get("annotations", {}), **annotation}}
    spec = {**manifest.body["spec"], "template": {**template, "metadata": described}}
    return {**manifest.body, "spec": spec}


def _filled(templates: Mapping[str, str], secrets: Secrets) -> pulumi.Output[dict[str, str]]:
    needed = sorted({name for text in templates.values() for name in secret_names(text)})
    missing = [name for name in needed if name not in secrets]
    if missing:
        commands = ", ".join(f"pulumi config set --secret {name}" for name in missing)
        message = f"a secret is not set; run {commands}"
        raise pulumi.RunError(message)

    def filled(known: Mapping[str, Any]) -> dict[str, str]:
        return {name: fill(text, known) for name, text in templates.items()}

    return pulumi.Output.secret(
        pulumi.Output.all(**{name: secrets[name] for name in needed}).apply(filled)
    )


def secret_hash(files: Mapping[str, str], salt: str) -> str:
    """Eight hex digits that change when a file does. Slow on purpose; see ``HASH_ROUNDS``."""
    content = "\0".join(f"{name}\0{files[name]}" for name in sorted(files))
    return hashlib.pbkdf2_hmac("sha256", content.encode(), salt.encode(), HASH_ROUNDS).hex()[
        :HASH_LENGTH
    ]


def _snake_case(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()
