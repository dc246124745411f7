"""The Kubernetes objects of a plan, with test values where a plan hides secrets."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from components.files import directories, fill
from components.platforms.kubernetes.files import SECRET_HASH, object_name, secret_templates
from components.platforms.kubernetes.naming import INSTANCE, owner
from components.platforms.kubernetes.register import secret_hash
from rf.plan.model import SECRET, Opaque, leaves
from tests.cluster.certificates import KIND, secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.platforms.kubernetes.manifest import Body
    from components.spec import ServiceSpec
    from rf.plan.model import Plan, Resource

Waves = tuple[tuple["Body", ...], ...]
"""Objects in the order of creation: each wave needs those before it."""


def waves(plan: Plan, specs: Sequence[ServiceSpec], secrets: Mapping[str, str]) -> Waves:
    """Every Kubernetes object of ``plan``, in the order in which the engine may create them."""
    found = {
        resource.urn: resource
        for resource in plan.resources
        if resource.custom and "apiVersion" in resource.inputs
    }
    by_instance = {spec.instance: spec for spec in specs}
    order = TopologicalSorter(
        {
            urn: [needed for needed in resource.dependencies if needed in found]
            for urn, resource in found.items()
        }
    )
    order.prepare()
    made = []
    while ready := order.get_ready():
        made.append(tuple(_body(found[urn], by_instance, secrets) for urn in sorted(ready)))
        order.done(*ready)
    return tuple(made)


def _body(resource: Resource, specs: Mapping[str, ServiceSpec], secrets: Mapping[str, str]) -> Body:
    body: dict[str, Any] = dict(resource.inputs)
    if body["kind"] == KIND:
        return secret_of(body)
    spec = specs.get(body["metadata"]["labels"].get(INSTANCE, ""))
    if body["kind"] == "Secret" and spec:
        body["stringData"] = _filled(spec, body["metadata"]["name"], secrets)
    template = body.get("spec", {}).get("template")
    if spec and template and template["metadata"].get("annotations", {}).get(SECRET_HASH) is SECRET:
        files = {path: fill(text, secrets) for path, text in secret_templates(spec).items()}
        annotations = template["metadata"]["annotations"]
        annotations = {**annotations, SECRET_HASH: secret_hash(files, spec.instance)}
        metadata = {**template["metadata"], "annotations": annotations}
        body["spec"] = {**body["spec"], "template": {**template, "metadata": metadata}}
    hidden = [path for path, value in leaves(body) if isinstance(value, Opaque)]
    if hidden:
        raise LookupError(f"{resource.urn} has no test value for {', '.join(hidden)}")
    return body


def _filled(spec: ServiceSpec, name: str, secrets: Mapping[str, str]) -> dict[str, str]:
    for directory in directories(spec.files, spec.secret_files):
        if object_name(owner(spec), directory) == name:
            return {file: fill(text, secrets) for file, text in directory.files.items()}
    raise LookupError(f"{spec.instance} has no secret files for the Secret {name}")
