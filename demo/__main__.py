"""Two rollouts before steady traffic, and a page that shows what happened when."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.console import Console

from components.rollout.version import version
from rf.rollout import session
from rf.rollout.core import GateArgs, PaceArgs, version_plan
from rf.rollout.observer import share
from rf.rollout.store.folder import FolderStore
from rf.rollout.subject import VersionSubject
from rf.rollout.table import Watching
from rf.stack_edit import edited
from settings import parse
from tests.e2e.harness.rollout import FILE, local_stack, traffic

from .report import Act, page

if TYPE_CHECKING:
    from rf.rollout.core import Action, Judgement, State
    from tests.e2e.harness.rollout import Local

SERVICE = "triton"
PAGE = Path("build/rollout-demo.html")
PACE = PaceArgs(steps=(10, 30, 100), min_hold=4, bake=4, max_hold=40, poll=1)
GATES = GateArgs(settle=1, beta=0.2, design_effect=1)
FAULT_AT = 30
"""Per cent of users at which the bad version begins to fail."""
FAULT_AFTER = 1.0
"""Seconds later, when it has looked well and cannot have passed yet."""


def main() -> None:
    """Both rollouts, and the page."""
    tree = settings_with_room()
    console = Console()
    acts = [
        act(console, tree, "example/triton:bad", fails=True),
        act(console, tree, "example/triton:good", fails=False),
    ]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(acts), encoding="utf-8")
    console.print(f"what happened when: {PAGE}")


def settings_with_room() -> dict[str, Any]:
    """The local stack's settings, on a machine on which every service may run twice."""
    config = yaml.safe_load(Path("Pulumi.local.yaml").read_text())["config"]
    room = {"capacity": {"cpus": 96, "memory": 192, "disk": 2000}}
    return {**config["researchflow-ai:platform"], **room}


def act(console: Console, tree: dict[str, Any], image: str, *, fails: bool) -> Act:
    """One rollout of ``image``, from the first request to the last."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            local_stack(folder, tree, SERVICE, {"image": image}, bad=()) as local,
            traffic(local) as replies,
            Watching(console, console.print) as watching,
        ):
            began = time.time()
            weights: list[tuple[float, int]] = []

            def watch(state: State, judgement: Judgement | None, action: Action) -> None:
                weights.append((time.time() - began, share(state)))
                if fails:
                    _break(local, state)
                watching(state, judgement, action)

            state = _rolled_out(local, folder, tree, image, watch)
            weights.append((time.time() - began, 0 if fails else 100))
            time.sleep(2)
            told = [(at - began, line) for at, line in local.stack.told]
        return Act(
            image=image,
            end=state.phase.replace("_", " "),
            weights=weights,
            replies=[(at - began, status) for at, status in replies],
            told=told,
            reason=state.reason,
        )


def _break(local: Local, state: State) -> None:
    if state.weight == FAULT_AT and time.time() - state.since > FAULT_AFTER:
        local.stack.backends["canary"].behaviour = "busy"


def _rolled_out(local: Local, folder: Path, tree: dict[str, Any], image: str, watch: Any) -> State:
    canary: Any = {("rollout", "services", SERVICE, "canary"): {"image": image}}
    entries = parse(edited(tree, canary), FILE).entries
    found = next(version(entry.spec) for entry in entries if entry.is_canary)
    world = local.world(FolderStore(folder / "store"))
    begun = session.start(
        world.store,
        "demo",
        subject=VersionSubject(service=SERVICE, version=found, changes={"image": image}),
        plan=version_plan(SERVICE, PACE),
        gates={SERVICE: GATES},
        platform=local.stack.tree,
        now=world.clock.now(),
    )
    return session.run(world, begun, watch=watch)


if __name__ == "__main__":
    main()
