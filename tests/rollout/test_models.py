"""Whether Ollama's models are in a GPU's memory: asked of a real server, judged by the gate."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from rf.rollout.core import GateArgs, PaceArgs, begin, version_plan
from rf.rollout.effects import EffectError
from rf.rollout.effects.machine import MachineInside
from rf.rollout.effects.models import LoadedModels, models
from rf.rollout.observer import Look, Observer
from rf.rollout.statistics import Statistics
from rf.rollout.subject import VersionSubject
from settings import parse
from tests.conftest import platform
from tests.rollout.addresses import AddressInside
from tests.rollout.statistics import statistics
from tests.services import ollama_stand_in as ollama
from tests.services.ollama_stand_in import GIGABYTE, OllamaStandIn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rf.rollout.core import GateResult
    from rf.rollout.world import World

SUBJECT = VersionSubject(service="ollama", version="0" * 12, changes={"image": "ollama:2"})
ON_GPU = ollama.models(ollama.in_memory("llama3.2:3b", size=4 * GIGABYTE, vram=4 * GIGABYTE))
# The model is there, and none of it on a GPU.
ON_CPU = ollama.models(ollama.in_memory("llama3.2:3b", size=4 * GIGABYTE, vram=0))
MEMBERS = {"stable": 1, "canary": 1}


@contextmanager
def observed(
    stable: bytes, canary: bytes, *, second: bytes | None = None, expects_gpu: bool = True
) -> Iterator[list[GateResult]]:
    """The gates' results on servers that answer so; ``second``: another copy of the canary."""
    specs = parse(platform("local"), "Pulumi.local.yaml").specs
    spec = next(each for each in specs if each.name == "ollama")
    answers = {"ollama-stable": stable, "ollama-canary": canary}
    if second is not None:
        answers["ollama-canary-2"] = second
    with ExitStack() as servers:
        urls = {
            name: servers.enter_context(OllamaStandIn(ps=answer)).url
            for name, answer in answers.items()
        }
        inside = AddressInside(urls)
        world: Any = Asked(LoadedModels(inside, spec))
        gates = {"ollama": GateArgs(expects_gpu=expects_gpu)}
        observer = Observer(cast("World", world), SUBJECT, gates, {})
        plan = version_plan("ollama", PaceArgs())
        at = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
        state = replace(begin(plan, at), stage=0)
        text = statistics("ollama", {}, MEMBERS, MEMBERS, {})
        look = Look(at=at, found={"gateway": Statistics(text)})
        observer.begin_step(state, look)
        yield list(observer.judge(state, replace(look, at=at + 1)).gates)


class Asked:
    """A world of which only models are asked."""

    def __init__(self, models: LoadedModels) -> None:
        self.models = models


def device(found: list[GateResult]) -> list[tuple[str, str | None]]:
    return [(gate.verdict, gate.cause) for gate in found if gate.gate == "device"]


def test_a_canary_whose_model_is_on_the_gpu_passes() -> None:
    with observed(stable=ON_GPU, canary=ON_GPU) as found:
        assert device(found) == [("pass", None)]


def test_a_canary_that_fell_back_to_the_cpu_fails() -> None:
    with observed(stable=ON_GPU, canary=ON_CPU) as found:
        assert device(found) == [("fail", "canary_fault")]


def test_one_copy_that_fell_back_is_enough() -> None:
    with observed(stable=ON_GPU, canary=ON_GPU, second=ON_CPU) as found:
        assert device(found) == [("fail", "canary_fault")]
    with observed(stable=ON_GPU, canary=ON_GPU, second=ON_GPU) as found:
        assert device(found) == [("pass", None)]


def test_a_copy_that_says_nothing_is_an_error_though_the_other_is_well() -> None:
    with observed(stable=ON_GPU, canary=ON_GPU, second=b"<html>") as found:
        (metrics,) = (gate for gate in found if gate.gate == "metrics")
        assert metrics.verdict == "error"


def test_on_a_machine_the_copies_are_those_that_run_and_no_namesakes() -> None:
    names = ("ai-ollama-canary-2", "ai-ollama-canary", "ai-ollama-canary-x", "my-ai-ollama-canary")
    asked: list[str] = []
    client: Any = Machine(names, asked)
    specs = parse(platform("local"), "Pulumi.local.yaml").specs
    spec = next(each for each in specs if each.name == "ollama")
    inside = MachineInside(client, "ai-gateway", lambda each: f"ai-{each.instance}")

    found = LoadedModels(inside, spec).loaded("ollama", "canary")

    assert asked == ["ai-ollama-canary", "ai-ollama-canary-2"]
    assert found is not None
    assert len(found) == 2
    with pytest.raises(EffectError, match="no container of ollama-stable is running"):
        LoadedModels(inside, spec).loaded("ollama", "stable")


class Machine:
    """A Docker engine on which ``names`` run; ``asked`` are the hosts that are asked."""

    def __init__(self, names: Sequence[str], asked: list[str]) -> None:
        self.containers = self
        self._names = names
        self._asked = asked

    def list(self, filters: Mapping[str, str]) -> Sequence[Machine]:
        return [Machine([name], []) for name in self._names if filters["name"] in name]

    @property
    def name(self) -> str:
        return self._names[0]

    def get(self, name: str) -> Machine:
        assert name == "ai-gateway"
        return self

    def exec_run(self, command: Sequence[str], **_: object) -> tuple[int, bytes]:
        place = command[-1].partition("/dev/tcp/")[2]
        self._asked.append(place.partition("/")[0])
        return 0, b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ON_GPU) + ON_GPU


def test_where_both_fell_back_the_machine_is_at_fault() -> None:
    with observed(stable=ON_CPU, canary=ON_CPU) as found:
        assert device(found) == [("fail", "shared_dependency")]


def test_before_a_model_is_loaded_nobody_can_say() -> None:
    with observed(stable=ON_GPU, canary=ollama.models()) as found:
        assert device(found) == [("inconclusive", None)]


def test_an_answer_without_sense_is_an_error_of_the_evidence() -> None:
    with observed(stable=ON_GPU, canary=b"<html>") as found:
        (metrics,) = (gate for gate in found if gate.gate == "metrics")
        assert metrics.verdict == "error"
        assert metrics.reason.startswith("ollama's canary: /api/ps of Ollama does not say")


def test_nobody_is_asked_where_no_gpu_is_expected() -> None:
    with observed(stable=b"<html>", canary=b"<html>", expects_gpu=False) as found:
        assert device(found) == []
        assert all("/api/ps" not in gate.reason for gate in found)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"models": [{"name": "m", "size": 1}]}'])
def test_an_answer_that_does_not_say_where_models_are_is_an_error(text: str) -> None:
    with pytest.raises(EffectError, match="does not say where its models are"):
        models(text)


def test_no_list_is_no_model() -> None:
    """Go writes an empty list that was never made as null."""
    assert models('{"models": null}') == ()
