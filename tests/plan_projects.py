"""Small Pulumi projects for tests of the offline plan; raw resources keep them quick to start."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pulumi

from rf.plan.model import Plan
from rf.plan.record import Config, record

PULUMI_YAML = "name: demo\nruntime: python\n"
STACK_YAML = "config:\n  demo:size: 2\n"
PROGRAM = """
    config = pulumi.Config()
    password = config.require_secret("password")
    for number in range(config.require_int("size")):
        inputs = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"s{number}"}}
        pulumi.CustomResource(
            "kubernetes:core/v1:Secret", f"s{number}", {**inputs, "stringData": {"p": password}}
        )
    print("chatter of the program")
"""
SETTINGS = 'SECRETS = {"password": "what it is for"}'
ENCRYPTED = STACK_YAML + "  demo:password:\n    secure: v1:0123456789\n"


def write_project(
    root: Path,
    program: str,
    stacks: Mapping[str, str] | None = None,
    settings: str | None = None,
) -> Path:
    """A project called ``demo`` in ``root``; each stack's file holds the text given for it."""
    files = {"Pulumi.yaml": PULUMI_YAML, "__main__.py": "import pulumi\n" + dedent(program)}
    for stack, text in ({"dev": STACK_YAML} if stacks is None else stacks).items():
        files[f"Pulumi.{stack}.yaml"] = text
    if settings is not None:
        files["settings.py"] = settings
    for name, text in files.items():
        (root / name).write_text(text)
    return root


class Group(pulumi.ComponentResource):
    """A component of the type ``test:index:Group``."""

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Any] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("test:index:Group", name, dict(inputs or {}), opts)

    def close(self, **outputs: Any) -> None:
        """Register ``outputs``, which ends the component."""
        self.register_outputs(outputs)


def config_map(
    name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
) -> pulumi.CustomResource:
    """A Kubernetes ConfigMap without the Kubernetes SDK; any ``inputs`` pass."""
    token = "kubernetes:core/v1:ConfigMap"
    head = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}}
    return pulumi.CustomResource(token, name, {**head, **inputs}, opts)


def planned(program: Callable[[], object], config: Config | None = None) -> Plan:
    """The plan of a program that is no file."""
    return record(program, project="demo", stack="dev", config=config)
