"""No setting without effect: each one is changed, and something that it names changes."""

import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from rf.plan.model import Value, leaves
from rf.schema import stack_schema
from settings import SettingsError, parse
from tests.conftest import planned, platform

EFFECTS: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("setting_effects.yaml").read_text()
)
# What a row needs besides its own setting: a value elsewhere without which it may not be changed.
ALSO: dict[str, dict[str, Any]] = {
    "environment": {"images": {"tag_waiver": "2027-12-31"}},
    "services.faiss.backup.kms_key": {"services": {"faiss": {"backup": {"encryption": "aws:kms"}}}},
    "services.faiss.backup.lock": {"services": {"faiss": {"backup": {"lock_days": 30}}}},
    "services.faiss.backup.lock_days": {"services": {"faiss": {"backup": {"lock": "GOVERNANCE"}}}},
    "services.gateway.access.clients": {"services": {"gateway": {"access": {"required": True}}}},
    "services.gateway.tls.issuer.kind": {
        "services": {"gateway": {"tls": {"hosts": ["a.test"], "issuer": {"name": "mine"}}}}
    },
    "services.gateway.tls.issuer.name": {"services": {"gateway": {"tls": {"hosts": ["a.test"]}}}},
    **{
        f"services.log_collector.{key}": {"logs": {"url": "https://logs.example.com/push"}}
        for key in ("cpu", "image", "memory", "volume")
    },
    "logs.user": {"logs": {"url": "https://logs.example.com/push"}},
    "services.ollama.replicas": {"gpu": {"pool": "gpu", "gpus": 5, "vram": 24}},
    "services.prometheus.remote_write.user": {
        "services": {"prometheus": {"remote_write": {"url": "https://metrics.example.com/push"}}}
    },
}
KEDA = {"target": {"kind": "kubernetes", "namespace": "researchflow-ai-staging", "keda": {}}}
ALSO["scaling"] = KEDA
ALSO["target.kind"] = {
    "internal_tls": None,
    "services": {"prometheus": {"kubelet_metrics": None}},
}
ALSO["target.keda.namespace"] = {"scaling": {"ollama": {"load": {"in_flight": 4, "max": 1}}}}
ROOM = {
    "capacity": {"cpus": 96, "memory": 192, "disk": 2000},
    "gpu": {"pool": "gpu", "gpus": 4, "vram": 24},
}
# Settings that only make sense as a whole: their parts are those of the service, or add up.
WHOLE = re.compile(
    r"rollout\.(freeze|pace|store|feature_services|services\.[a-z]+\.(canary|weights|passed|gates))"
)
MODEL = {"name": "llama3.2:3b", "size": 2.0, "kv_bytes_per_token": 114_688}


def settings_in(node: dict[str, Any], definitions: dict[str, Any], path: str = "") -> Iterator[str]:
    """The paths of all plain values that the JSON Schema knows; ``0`` for the items of a list."""
    if WHOLE.fullmatch(path):
        yield path
        return
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]]
    for choice in node.get("anyOf", node.get("oneOf", [])):
        if choice.get("type") != "null":
            yield from settings_in(choice, definitions, path)
    if "anyOf" in node or "oneOf" in node:
        return
    items = node.get("items", {})
    if "properties" in node:
        for key, value in node["properties"].items():
            yield from settings_in(value, definitions, f"{path}.{key}" if path else key)
    elif "$ref" in items:
        yield from settings_in(items, definitions, f"{path}.0")
    else:
        yield path


@cache
def inputs(text: str) -> dict[tuple[str, str], Value]:
    """Every input of the plan for settings (as YAML), by resource and path."""
    return {
        (f"{resource.kind} {resource.name}", path): value
        for resource in planned(yaml.safe_load(text)).resources
        for path, value in leaves(resource.inputs)
    }


def changed(setting: str, stack: str, value: Any) -> dict[str, Any]:
    tree: Any = copy.deepcopy(platform(stack)) | ALSO.get(setting, {})
    if setting.startswith("rollout.services."):
        service = setting.split(".")[2]
        tree |= ROOM | {"rollout": {"services": {service: {"canary": {"image": "example/new:2"}}}}}
    if setting.startswith("services.ollama.models.0."):
        tree["services"]["ollama"]["models"] = [dict(MODEL)]
    if setting == "target.kind":
        tree["target"] = {}
    node = tree
    *parents, last = setting.split(".")
    for part in parents:
        node = node[int(part)] if part.isdigit() else node.setdefault(part, {})
    node[last] = value
    found: dict[str, Any] = tree
    return found


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    schema = stack_schema()
    root = schema["properties"]["config"]["properties"]["researchflow-ai:platform"]

    assert sorted(EFFECTS) == sorted(set(settings_in(root, schema["$defs"])))


@pytest.mark.parametrize("setting", sorted(EFFECTS))
def test_a_changed_setting_changes_what_its_row_names(setting: str) -> None:
    row = EFFECTS[setting]
    tree = changed(setting, row["stack"], row["to"])

    if "refused" in row:
        with pytest.raises(SettingsError, match=row["refused"]):
            parse(tree, "Pulumi.test.yaml")
        return
    place = (row["resource"], row["input"])
    before = inputs(yaml.safe_dump(platform(row["stack"])))
    after = inputs(yaml.safe_dump(tree))

    assert place in before or place in after
    assert before.get(place) != after.get(place)
