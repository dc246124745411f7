"""A control plane that knows another project's kinds, from that project's own module."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.cluster.api import Api, Ref
from tests.cluster.control_plane.plane import control_plane
from tests.cluster.waiting import until_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.cluster.control_plane.binaries import Binaries

NAMESPACE = "ai"


def definition(module: str, path: str) -> Any:
    """The definition in the file ``path`` of a Go module; skips where it cannot be had."""
    return yaml.safe_load((_directory(module) / path).read_text())


def definitions(module: str, folder: str) -> tuple[Any, ...]:
    """Those in every file of ``folder`` of a Go module; skips where it cannot be had."""
    files = sorted((_directory(module) / folder).glob("*.yaml"))
    return tuple(yaml.safe_load(file.read_text()) for file in files)


def _directory(module: str) -> Path:
    command = ["go", "mod", "download", "-json", module]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{module} cannot be had: {done.stderr or done.stdout}")
    return Path(json.loads(done.stdout)["Dir"])


@contextmanager
def knowing(programs: Binaries, folder: Path, *definitions: Any) -> Iterator[Api]:
    """A control plane that knows what ``definitions`` define, and the namespace ``ai``."""
    with control_plane(programs, folder) as plane, plane.client() as client:
        found = Api(client)
        teach(found, *definitions)
        yield found


def teach(api: Api, *definitions: Any, namespaces: Sequence[str] = (NAMESPACE,)) -> None:
    """Give the server ``definitions`` and ``namespaces``; returns when it serves them."""
    for each in definitions:
        api.apply(each)
    for name in namespaces:
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    until_nothing(lambda: [line for each in definitions for line in not_served(api, each)])


def not_served(api: Api, definition: Any) -> list[str]:
    """Nothing once the server has taken the kind in, and answers for it a moment later."""
    ref = Ref.of(definition)
    conditions = api.get(ref).get("status", {}).get("conditions") or []
    held = [each["type"] for each in conditions if each["status"] == "True"]
    group, version = definition["spec"]["group"], definition["spec"]["versions"][0]["name"]
    answers = api.client.get(f"/apis/{group}/{version}").is_success
    return [] if "Established" in held and answers else [f"{ref} is {held}"]
