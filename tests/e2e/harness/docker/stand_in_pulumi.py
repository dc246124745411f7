"""A stand-in for the Pulumi CLI and its Docker provider, run as ``pulumi`` by what is tested.

It answers the few commands that ``rf rollout`` gives. ``up`` plans the project as ``rf plan`` does,
and makes what the plan says of networks, volumes and containers, in the plan's order, through the
Docker API: what differs is made anew, what is gone is removed, and ``--target`` leaves the rest.
What it knows is a file in the folder of PULUMI_BACKEND_URL. Policies are not asked.

``STAND_IN_COMPONENTS`` names the components whose resources are made, ``STAND_IN_SECRETS`` holds
secrets as JSON; ``STAND_IN_UP`` may name a file that makes ``up`` fail, or wait, while it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker

from rf.plan.child import plan as planned
from rf.plan.model import Failure
from rf.project import find_project
from tests.e2e.harness.docker.machine import KINDS, Machine, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rf.plan.model import Resource


def state_file() -> Path:
    """What was made, and what the program exported."""
    return Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://"), "stand-in.json")


def read_state() -> dict[str, Any]:
    file = state_file()
    return json.loads(file.read_text()) if file.exists() else {"made": {}, "outputs": {}}


def up(targets: Sequence[str]) -> None:
    """Make the machine what the plan says, or ``targets`` of it."""
    obstacle(os.environ.get("STAND_IN_UP", ""))
    # In this process, as another one takes seconds to start.
    plan = planned(find_project(Path.cwd()), option("--stack"))
    if isinstance(plan, Failure):
        raise MachineError(plan.trace or plan.message)
    state = read_state()
    machine = Machine(docker.from_env(timeout=120))
    wanted = {each.urn: each for each in chosen(plan.resources)}
    try:
        if not targets:
            for urn in [urn for urn in reversed(state["made"]) if urn not in wanted]:
                machine.remove(state["made"].pop(urn))
        for urn, resource in wanted.items():
            if not targets or any(matches(urn, target) for target in targets):
                update(machine, state["made"], resource)
        state["outputs"] = plan.outputs
    finally:
        state_file().write_text(json.dumps(state))


def obstacle(path: str) -> None:
    """Fail while there is a file ``path``, with what it says; wait while it says nothing."""
    file = Path(path)
    while path and file.exists():
        said = file.read_text()
        if said:
            raise MachineError(said)
        time.sleep(0.05)


def chosen(resources: Sequence[Resource]) -> Iterator[Resource]:
    """Those of ``STAND_IN_COMPONENTS``."""
    components = set(os.environ["STAND_IN_COMPONENTS"].split(","))
    for each in resources:
        above = {part.rpartition(":")[2] for part in each.urn.split("::")[2].split("$")}
        if each.kind in KINDS and above & components:
            yield each


def matches(urn: str, target: str) -> bool:
    """Whether ``target``, in which ``**`` stands for any text, means ``urn``."""
    return fnmatchcase(urn, target.replace("**", "*"))


def update(machine: Machine, made: dict[str, Any], resource: Resource) -> None:
    """Make ``resource`` unless it is there as it should be."""
    inputs: Mapping[str, Any] = resource.inputs
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    found = made.get(resource.urn)
    if found is not None:
        if found["digest"] == digest:
            return
        machine.remove(made.pop(resource.urn))
    record = {"kind": resource.kind, "name": inputs["name"], "digest": digest}
    # On record before it is made: what fails halfway has to be removed, too.
    made[resource.urn] = {**record, "digest": ""}
    machine.make(resource.kind, inputs)
    made[resource.urn] = record


def option(name: str) -> str:
    """The value that the command line gives ``name``."""
    return sys.argv[sys.argv.index(name) + 1]


def main() -> int:
    """One command; its exit status."""
    match sys.argv[1:]:
        case ["up", *words]:
            up([each for name, each in pairwise(words) if name == "--target"])
        case ["stack", "output", *_]:
            sys.stdout.write(json.dumps(read_state()["outputs"]))
        case ["config", "get", key, *_]:
            found = json.loads(os.environ.get("STAND_IN_SECRETS", "{}"))
            name = re.sub(r"^.*:", "", key)
            if name not in found:
                raise MachineError(f"configuration key '{name}' not found for stack")
            sys.stdout.write(found[name])
        case ["stack", "select", *_]:
            pass
        case words:
            raise MachineError(f"the stand-in does not know pulumi {' '.join(words[:2])}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MachineError as error:
        sys.exit(f"error: {error}")
