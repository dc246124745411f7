"""A project to begin a rollout in, and what stands in for its platform."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from components.gateway.metrics import ERRORS, REQUESTS
from rf.rollout import preflight
from rf.rollout.effects import EffectError
from rf.rollout.lanes import expected
from rf.rollout.wiring import Wiring
from settings import parse
from tests.conftest import Rf, platform
from tests.rollout.statistics import statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from components.spec import ServiceSpec

ROOT = Path.cwd()
Told = Callable[..., tuple[int, str]]
"""``rf rollout`` with arguments: exit status, and all that it wrote."""
NEW = ("--service", "triton", "--image", "example/triton:2")
ROOM = "\n    capacity: {cpus: 96, memory: 192, disk: 2000}\n"


class Gateways:
    """One gateway that serves what the stack file says, or another thing, or nothing.

    ``up``: how many of triton's two instances it sees healthy.
    """

    def __init__(self, *, behind: bool = False, silent: bool = False, up: int = 2) -> None:
        self._behind, self._silent, self._up = behind, silent, up

    def scrape(self) -> Mapping[str, str]:
        if self._silent:
            raise EffectError("gateway gives no answer")
        served = expected(parse(platform("local"), "Pulumi.local.yaml"))
        if self._behind:
            served = dict.fromkeys(served, "older")
        up, every = ({"stable": number, "canary": 0} for number in (self._up, 2))
        return {"gateway": statistics("triton", {}, up, every, served)}


class Inside:
    """Nothing inside answers, or a Prometheus that knows a day of triton's stable version."""

    def __init__(self, *, knows: bool = False) -> None:
        self._knows = knows

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        del content
        if not self._knows or spec.name != "prometheus":
            raise EffectError(f"{spec.instance} gives no answer")
        asked = parse_qs(path.partition("?")[2])
        start = float(asked["start"][0])
        made: tuple[tuple[str, dict[str, str], Callable[[int], int]], ...] = (
            (REQUESTS, {}, lambda at: 6000 * at),
            (ERRORS, {"reason": "answer"}, lambda at: 40 * (at // 3)),
        )
        series: list[dict[str, object]] = [
            {
                "metric": {"__name__": name, "track": "stable", "instance": "a", **labels},
                "values": [[start + 60 * at, str(value(at))] for at in range(360)],
            }
            for name, labels, value in made
        ]
        return json.dumps({"status": "success", "data": {"result": series}})


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


def rollout_in(folder: Path, monkeypatch: pytest.MonkeyPatch, command_line: Rf) -> Told:
    """``rf rollout`` in ``folder``, with room for a canary and a gateway that is well."""
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder)
    text = (ROOT / "Pulumi.local.yaml").read_text()
    (folder / "Pulumi.local.yaml").write_text(text.rstrip() + ROOM)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(Wiring, "gateways", Gateways())
    monkeypatch.setattr(Wiring, "inside", Inside())
    monkeypatch.setattr(preflight, "SAMPLE_SECONDS", 0.01)

    def call(*arguments: str) -> tuple[int, str]:
        status, out, err = command_line("rollout", *arguments)
        return status, out + err

    return call
