"""Our policy packs for the real CLI, what it is given to analyse, and what it then tells."""

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.policy.analyzer import api_version

NAMES = ("security", "thresholds")
RUNTIME = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
"""The Python that runs the tests, so that the CLI never makes or fills another environment."""


def copy_packs(folder: Path) -> tuple[str, ...]:
    """A copy of both packs in ``folder``, and the options that name them."""
    shutil.copytree("policies", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in NAMES:
        file = folder / name / "PulumiPolicy.yaml"
        file.write_text(json.dumps(yaml.safe_load(file.read_text()) | {"runtime": RUNTIME}))
    return tuple(word for name in NAMES for word in ("--policy-pack", str(folder / name)))


def state_of(manifests: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What ``pulumi stack export`` writes of a stack with these Kubernetes objects."""
    head = "urn:pulumi:test::p::"
    stack = {"urn": f"{head}pulumi:pulumi:Stack::p-test", "type": "pulumi:pulumi:Stack"}
    provider = f"{head}pulumi:providers:kubernetes::cluster"
    resources = [
        stack | {"custom": False},
        {
            "urn": provider,
            "type": "pulumi:providers:kubernetes",
            "custom": True,
            "id": "1",
            "parent": stack["urn"],
        },
    ]
    for name, manifest in manifests.items():
        token = f"kubernetes:{api_version(manifest)}:{manifest['kind']}"
        resources.append(
            {
                "urn": f"{head}{token}::{name}",
                "type": token,
                "custom": True,
                "id": name,
                "inputs": manifest,
                "outputs": manifest,
                "parent": stack["urn"],
                "provider": f"{provider}::1",
            }
        )
    manifest = {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": resources}}


def findings_in(output: str) -> set[tuple[str, str, bool]]:
    """(name, rule, whether mandatory) of everything that the CLI tells as JSON."""
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    told = [event["policyEvent"] for event in events if "policyEvent" in event]
    return {
        (
            event["resourceUrn"].rpartition("::")[2],
            re.findall(r"\[([a-z-]+/[a-z-]+)\]", event["message"])[0],
            event["enforcementLevel"] == "mandatory",
        )
        for event in told
        if not event["policyName"].endswith("-summary")
    }
