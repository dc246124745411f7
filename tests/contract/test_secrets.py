"""No secret leaves its mark: every stack is planned with secrets that are known to the test.

Two ways to look. The registrations are searched as they go over the wire, where a value is a
secret only when it is marked as one. And two plans that differ in their secrets alone must be
equal, which finds what a search for the text cannot: a hash, a length, an encoding.
"""

import json
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
from google.protobuf import struct_pb2  # type: ignore[import-untyped]
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import resource_pb2

from rf.plan.decode import SECRET_SIGNATURE, SIGNATURE
from rf.plan.model import Plan, Resource, Value
from rf.plan.record import Config, record
from rf.plan.recorder import PlanMonitor
from settings import SECRETS, parse
from tests.conftest import PROJECT, STACKS, platform
from tests.plan_projects import Group, config_map

NEEDLES = {name: f"{number:x}" * 32 for number, name in enumerate(SECRETS, start=10)}
"""A part of each secret that no quoting, escaping or JSON would change."""

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
AWKWARD = TEXT | st.sampled_from(['"', "\\", "'\n", "${redisPassword}", "$$", "{{", "%s", "#", "—"])
SURROUNDINGS = st.fixed_dictionaries({name: st.tuples(AWKWARD, AWKWARD) for name in SECRETS})
BARE = dict.fromkeys(SECRETS, ("", ""))


@dataclass
class Wire:
    """What a program sent to the engine, secrets included, and the plan made of it."""

    requests: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    plan: Plan | None = None


def planted(surroundings: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Each secret: its needle between two texts."""
    found = {name: left + NEEDLES[name] + right for name, (left, right) in surroundings.items()}
    login = {"auth": found["registryCredentials"]}
    return found | {"registryCredentials": json.dumps({"auths": {"registry.test": login}})}


def run(program: Callable[[], object], config: Config, stack: str = "test") -> Wire:
    """Record ``program``, and keep all that it registers."""
    wire = Wire()

    class Listening(PlanMonitor):
        def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
            wire.requests.append(request)
            return super().RegisterResource(request)

        def RegisterResourceOutputs(self, request: Any) -> Any:
            wire.outputs.append(request)
            return super().RegisterResourceOutputs(request)

    with patch("rf.plan.record.PlanMonitor", Listening):
        wire.plan = record(program, project=PROJECT, stack=stack, config=config)
    return wire


def secret_config(secrets: dict[str, str], plain: dict[str, str] | None = None) -> Config:
    """Stack config whose secrets have values, as the engine would hand them to the program."""
    values = {f"{PROJECT}:{name}": text for name, text in secrets.items()}
    config = Config(plain, list(values))
    config.update(values)
    return config


def private_registry(stack: str) -> dict[str, Any]:
    """The settings of ``stack`` with a registry that asks for credentials: every secret in use."""
    tree = platform(stack)
    return tree | {"images": tree.get("images", {}) | {"pull_secret": True}}


def deploy(stack: str, secrets: dict[str, str]) -> Wire:
    """The real program with ``secrets``."""
    plain = {
        f"{PROJECT}:platform": json.dumps(private_registry(stack)),
        "pulumi:disable-default-providers": '["kubernetes", "docker"]',
    }
    config = secret_config(secrets, plain)
    return run(lambda: runpy.run_path("__main__.py", run_name="__main__"), config, stack)


@cache
def deployed(stack: str) -> Wire:
    return deploy(stack, planted(BARE))


def shown(wire: Wire) -> tuple[dict[str, Resource], dict[str, Value], tuple[str, ...]]:
    """All of the plan, whatever the order of registration."""
    assert wire.plan
    resources = {resource.urn: resource for resource in wire.plan.resources}
    return resources, wire.plan.outputs, wire.plan.warnings


def texts(value: struct_pb2.Value, *, marked: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text in ``value``, keys too, and whether it is inside a value marked as a secret."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        yield value.string_value, marked
    elif kind == "list_value":
        for item in value.list_value.values:
            yield from texts(item, marked=marked)
    elif kind == "struct_value":
        yield from struct_texts(value.struct_value, marked=marked)


def struct_texts(struct: struct_pb2.Struct, *, marked: bool = False) -> Iterator[tuple[str, bool]]:
    """The texts of all properties."""
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    for key, item in struct.fields.items():
        yield key, marked
        yield from texts(item, marked=marked or signature == SECRET_SIGNATURE)


def whereabouts(needle: str, structs: Iterator[struct_pb2.Struct]) -> set[bool]:
    """``{True}`` when ``needle`` is there and always marked as a secret; empty when nowhere."""
    return {marked for struct in structs for text, marked in struct_texts(struct) if needle in text}


def envelopes(wire: Wire) -> bytes:
    """Everything in the registrations besides the properties: names, options, dependencies."""
    found = b""
    for request in wire.requests:
        rest = type(request)()
        rest.CopyFrom(request)
        rest.ClearField("object")
        found += rest.SerializeToString()
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_every_secret_reaches_what_needs_it_and_is_marked_wherever_it_is(stack: str) -> None:
    wire = deployed(stack)

    for name in parse(private_registry(stack), f"Pulumi.{stack}.yaml").secrets:
        found = whereabouts(NEEDLES[name], (request.object for request in wire.requests))
        assert found == {True}, f"{name} is {'in clear' if found else 'nowhere'}"


@pytest.mark.parametrize("stack", STACKS)
def test_no_component_is_given_a_secret_not_even_a_marked_one(stack: str) -> None:
    """Policies see what a component is given in clear."""
    components = [request for request in deployed(stack).requests if not request.custom]

    assert components
    for needle in NEEDLES.values():
        assert whereabouts(needle, (request.object for request in components)) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_no_output_of_the_stack_or_of_a_component_holds_a_secret(stack: str) -> None:
    wire = deployed(stack)

    assert wire.outputs
    for needle in NEEDLES.values():
        assert whereabouts(needle, (request.outputs for request in wire.outputs)) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_no_name_option_or_dependency_holds_a_secret(stack: str) -> None:
    sent = envelopes(deployed(stack))

    assert [name for name, needle in NEEDLES.items() if needle.encode() in sent] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_prints_no_secret(stack: str, capfd: pytest.CaptureFixture[str]) -> None:
    deploy(stack, planted(BARE))

    printed = "".join(capfd.readouterr())
    assert [name for name, needle in NEEDLES.items() if needle in printed] == []


@pytest.mark.parametrize("stack", STACKS)
@settings(max_examples=8, deadline=None, phases=set(Phase) - {Phase.shrink})
@given(surroundings=SURROUNDINGS)
def test_other_secrets_change_nothing_that_is_not_a_secret(
    stack: str, surroundings: dict[str, tuple[str, str]]
) -> None:
    other = deploy(stack, planted(surroundings))

    assert shown(other) == shown(deployed(stack))


LEAKS: dict[str, Callable[[pulumi.Output[str]], Any]] = {
    "in clear": lambda secret: {"data": {"password": pulumi.Output.unsecret(secret)}},
    "inside a text": lambda secret: {
        "data": {"url": pulumi.Output.unsecret(pulumi.Output.concat("redis://:", secret, "@redis"))}
    },
    "as a key": lambda secret: {
        "data": pulumi.Output.unsecret(secret.apply(lambda text: {text: "1"}))
    },
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_secret_that_lost_its_mark_is_found(leak: str) -> None:
    def program() -> None:
        secret = pulumi.Config().require_secret("redisPassword")
        config_map("leak", LEAKS[leak](secret))

    wire = run(program, secret_config(planted(BARE)))

    found = whereabouts(NEEDLES["redisPassword"], (r.object for r in wire.requests))
    assert found == {False}


def test_a_secret_given_to_a_component_is_found() -> None:
    def program() -> None:
        group = Group("group", {"password": pulumi.Config().require_secret("redisPassword")})
        group.close()

    wire = run(program, secret_config(planted(BARE)))

    found = whereabouts(NEEDLES["redisPassword"], (r.object for r in wire.requests))
    assert found == {True}


def test_what_is_worked_out_from_a_secret_and_is_none_is_found() -> None:
    def program() -> None:
        secret = pulumi.Config().require_secret("redisPassword")
        length = pulumi.Output.unsecret(secret).apply(lambda text: str(len(text)))
        config_map("leak", {"data": {"length": length}})

    first = run(program, secret_config(planted(BARE)))
    second = run(program, secret_config(planted(BARE | {"redisPassword": ("x", "")})))

    assert shown(first) != shown(second)
