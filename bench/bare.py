"""A bare program: what a plan registers, written out as literals and SDK classes.

It is the cost that no design can avoid, and so what the platform's own code is measured against.
"""

import re
from pathlib import Path
from pprint import pformat

from rf.plan.model import SECRET, Opaque, Plan, Resource, Value

HEAD = """\
import pulumi

secret = pulumi.Output.secret("made up")
unknown = pulumi.Output.from_input(pulumi.UNKNOWN)

"""


class _Name:
    """A Python name inside a literal."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def write_bare_project(plan: Plan, root: Path) -> None:
    """Write a project to ``root`` whose stack ``bare`` registers as many resources as ``plan``."""
    (root / "Pulumi.yaml").write_text("name: bare\nruntime: python\n")
    (root / "Pulumi.bare.yaml").write_text("config:\n  pulumi:template: bare\n")
    (root / "__main__.py").write_text(program(plan))


def program(plan: Plan) -> str:
    """The source of the program; parents and providers as in ``plan``, no other dependencies."""
    names = {resource.urn: f"r{number}" for number, resource in enumerate(plan.resources)}
    ordered = sorted(plan.resources, key=lambda resource: resource.urn.split("::")[2].count("$"))
    ordered.sort(key=lambda resource: not resource.type.startswith("pulumi:providers:"))
    modules = sorted({_class(r).rpartition(".")[0] for r in plan.resources if r.custom})
    imports = "".join(f"import {module}\n" for module in modules)
    return imports + HEAD + "".join(_statement(resource, names) for resource in ordered)


def _statement(resource: Resource, names: dict[str, str]) -> str:
    given = {key: _literal(value) for key, value in resource.inputs.items()}
    provider = (resource.provider or "").rpartition("::")[0]
    options = [
        f"{option}={names[urn]}"
        for option, urn in (("parent", resource.parent), ("provider", provider))
        if urn in names
    ]
    opts = f"pulumi.ResourceOptions({', '.join(options)})"
    if not resource.custom:
        arguments = f"{resource.type!r}, {resource.name!r}, {pformat(given)}, {opts}"
        return f"{names[resource.urn]} = pulumi.ComponentResource({arguments})\n"
    for fixed in ("apiVersion", "kind") if resource.type.startswith("kubernetes:") else ():
        given.pop(fixed)
    fields = "".join(f", {_snake_case(key)}={pformat(value)}" for key, value in given.items())
    return f"{names[resource.urn]} = {_class(resource)}({resource.name!r}, opts={opts}{fields})\n"


def _class(resource: Resource) -> str:
    """``kubernetes:apps/v1:Deployment`` is ``pulumi_kubernetes.apps.v1.Deployment``."""
    package, module, kind = resource.type.split(":")
    if package == "pulumi":
        return f"pulumi_{kind}.Provider"
    if package != "kubernetes":
        return f"pulumi_{package}.{kind}"
    group, _, version = module.partition("/")
    return f"pulumi_kubernetes.{group.partition('.')[0]}.{version}.{kind}"


def _snake_case(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def _literal(value: Value) -> object:
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    if isinstance(value, Opaque):
        return _Name("secret" if value is SECRET else "unknown")
    return value
