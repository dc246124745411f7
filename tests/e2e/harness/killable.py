"""A controller that is a process of its own, so that it can be killed like one.

``python -m tests.e2e.harness.killable FOLDER STATISTICS_URL`` begins the rollout that
``FOLDER/rollout.json`` asks for, or goes on with it, and prints how it ended. Desired state and
state are files, which outlive it.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from components.rollout.version import version
from rf.replace_file import replace_file
from rf.rollout import session
from rf.rollout.clock import SystemClock
from rf.rollout.core import GateArgs, PaceArgs, Phase, version_plan
from rf.rollout.readings import STATISTICS
from rf.rollout.store.folder import FolderStore
from rf.rollout.subject import VersionSubject
from rf.rollout.world import World
from rf.stack_edit import edited
from settings import parse
from tests.rollout.addresses import AddressGateways, FolderDelivery

from .rollout import FILE, Local

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rf.rollout.subject import Edits
    from settings import Stack

STACK = "test"
PACE = PaceArgs(steps=(30, 100), min_hold=1, bake=1, max_hold=60, poll=1)
GATES = GateArgs(settle=1, beta=0.2, design_effect=1, error_rate=0.1)
BEGUN = "at work"


@dataclass(frozen=True)
class Files:
    """Desired state and deployer as files of ``folder``."""

    folder: Path

    def read(self, name: str) -> Any:
        """What was written last."""
        return json.loads((self.folder / f"{name}.json").read_text())

    def keep(self, name: str, content: Any) -> None:
        """Write it in one step."""
        replace_file(self.folder / f"{name}.json", json.dumps(content), mode=0o644)

    def current(self) -> Any:
        return self.read("desired")

    def with_edits(self, edits: Edits) -> Stack:
        return parse(edited(self.current(), edits), FILE)

    def write(self, edits: Edits) -> Stack:
        stack = self.with_edits(edits)
        self.keep("desired", edited(self.current(), edits))
        return stack

    def up(self, message: str, *, only_weights: bool) -> None:
        del message, only_weights
        specs = parse(self.current(), FILE).specs
        FolderDelivery(self.folder).write([spec for spec in specs if spec.live_files])
        self.keep("state", self.current())

    def tell(self, event: str, words: str) -> None:
        del event, words


@contextmanager
def followed(local: Local, files: Files) -> Iterator[None]:
    """Meanwhile the two versions are what the state says, as the engine would have them."""
    over = Event()

    def follow() -> None:
        while not over.wait(0.05):
            state = files.read("state")
            if state != local.stack.state:
                local.stack.tree = local.stack.state = state
                local.stack.run_versions()

    thread = Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def subject(tree: dict[str, Any], service: str, image: str) -> VersionSubject:
    """``service`` with another image."""
    canary: Any = {("rollout", "services", service, "canary"): {"image": image}}
    specs = parse(edited(tree, canary), FILE).specs
    (new,) = (spec for spec in specs if (spec.name, spec.track) == (service, "canary"))
    return VersionSubject(service=service, version=version(new), changes={"image": image})


def main(folder: Path, url: str) -> None:
    """Begin, or go on."""
    files, store, clock = Files(folder), FolderStore(folder / "store"), SystemClock()
    world = World(
        desired=files,
        delivery=FolderDelivery(folder),
        gateways=AddressGateways({"gateway": url}, STATISTICS),
        deployer=files,
        clock=clock,
        notifier=files,
        store=store,
    )
    asked = files.read("rollout")
    found = session.latest(store, STACK)
    if found is None:
        found = session.start(
            store,
            STACK,
            subject=subject(files.current(), asked["service"], asked["image"]),
            plan=version_plan(asked["service"], PACE),
            gates={asked["service"]: GATES},
            platform=files.current(),
            now=clock.now(),
        )
    elif not found.is_over:
        found = session.taken_over(store, found, clock.now())
    sys.stdout.write(f"{BEGUN}\n")
    sys.stdout.flush()
    state = found.state
    if not found.is_over:
        command = "resume" if state.phase is Phase.PAUSED else None
        state = session.run(world, found, command=command)  # type: ignore[arg-type]
    sys.stdout.write(f"{state.phase}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
