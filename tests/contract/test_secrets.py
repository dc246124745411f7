"""No secret loses its mark: every stack is planned with secrets that the test knows.

Two ways to look. The registrations are searched as they were sent, where a value is a secret only
when it is marked as one. And two plans that differ in their secrets alone must be equal, which
finds what a search for the text cannot: a hash, a length, an encoding.
"""

import json
import runpy
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pulumi
import pytest
import trustme
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rf.plan.record import Config
from settings import SECRETS, parse
from tests.conftest import PROJECT, STACKS, platform
from tests.contract.wire import Wire, listen, marks
from tests.plan_projects import Group, config_map

HOST = "ai.example.com"
NEEDLES = {name: f"{number:x}" * 32 for number, name in enumerate(SECRETS, start=10)}
"""A part of each secret that no quoting, escaping or JSON would change."""

AWKWARD = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ['"', "\\", "'\n", "${redisPassword}", "$$", "{{", "%s", "#", "-", "—"]
)
SURROUNDINGS = st.fixed_dictionaries({name: st.tuples(AWKWARD, AWKWARD) for name in SECRETS})
BARE = dict.fromkeys(SECRETS, ("", ""))

Leak = Callable[[pulumi.Output[str]], Mapping[str, Any]]


def planted(surroundings: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Each secret: its needle between two texts."""
    found = {name: left + NEEDLES[name] + right for name, (left, right) in surroundings.items()}
    login = {"auth": found["registryCredentials"]}
    # What stands before a PEM block is a remark, and so may hold the needle.
    return found | {
        "registryCredentials": json.dumps({"auths": {"registry.test": login}}),
        **{name: f"{found[name]}\n{pem}" for name, pem in certificate().items()},
    }


@cache
def certificate() -> dict[str, str]:
    """A certificate and its key, which the program reads."""
    made = trustme.CA().issue_cert(HOST)
    return {
        "gatewayCertificate": made.cert_chain_pems[0].bytes().decode(),
        "gatewayKey": made.private_key_pem.bytes().decode(),
    }


def config(secrets: Mapping[str, str], plain: Mapping[str, str] | None = None) -> Config:
    """Stack config whose secrets have values, as an engine hands them to the program."""
    values = {f"{PROJECT}:{name}": text for name, text in secrets.items()}
    found = Config(plain, list(values))
    found.update(values)
    return found


def demanding(stack: str) -> dict[str, Any]:
    """The settings of ``stack`` with a registry that asks for credentials, and a certificate."""
    tree = platform(stack)
    services = tree.get("services", {})
    gateway = services.get("gateway", {}) | {"tls": {"hosts": [HOST]}}
    return tree | {
        "images": tree.get("images", {}) | {"pull_secret": True},
        "services": services | {"gateway": gateway},
    }


def deploy(stack: str, secrets: Mapping[str, str]) -> Wire:
    """The real program with ``secrets``."""
    plain = {
        f"{PROJECT}:platform": json.dumps(demanding(stack)),
        "pulumi:disable-default-providers": '["aws", "docker", "kubernetes"]',
    }
    return listen(
        lambda: runpy.run_path("__main__.py", run_name="__main__"), config(secrets, plain), stack
    )


@cache
def deployed(stack: str) -> Wire:
    return deploy(stack, planted(BARE))


@pytest.mark.parametrize("stack", STACKS)
def test_every_secret_reaches_what_needs_it_and_is_marked_wherever_it_is(stack: str) -> None:
    needed = parse(demanding(stack), f"Pulumi.{stack}.yaml").secrets

    found = {name: marks(NEEDLES[name], deployed(stack).inputs) for name in needed}

    assert found == {name: {True} for name in needed}


@pytest.mark.parametrize("stack", STACKS)
def test_no_component_is_given_a_secret_not_even_a_marked_one(stack: str) -> None:
    """Policies see what a component is given in clear."""
    inputs = deployed(stack).inputs_of_components

    assert inputs
    assert [name for name, needle in NEEDLES.items() if marks(needle, inputs)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_output_of_the_stack_or_of_a_component_holds_a_secret(stack: str) -> None:
    outputs = deployed(stack).outputs

    assert outputs
    assert [name for name, needle in NEEDLES.items() if marks(needle, outputs)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_name_option_or_dependency_holds_a_secret(stack: str) -> None:
    sent = deployed(stack).envelopes

    assert sent
    assert [name for name, needle in NEEDLES.items() if needle.encode() in sent] == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_prints_no_secret(stack: str, capfd: pytest.CaptureFixture[str]) -> None:
    deploy(stack, planted(BARE))

    printed = "".join(capfd.readouterr())
    assert [name for name, needle in NEEDLES.items() if needle in printed] == []


@pytest.mark.parametrize("stack", STACKS)
# Without shrinking: it would plan the stack hundreds of times to make a failing secret shorter.
@settings(max_examples=5, deadline=None, phases=set(Phase) - {Phase.shrink})
@given(surroundings=SURROUNDINGS)
def test_other_secrets_change_nothing_that_is_not_a_secret(
    stack: str, surroundings: dict[str, tuple[str, str]]
) -> None:
    other = deploy(stack, planted(surroundings))

    assert other.shown == deployed(stack).shown


def leak(inputs: Leak, secrets: Mapping[str, str]) -> Wire:
    """A program that makes ``inputs`` of a secret and gives them to a resource."""

    def program() -> None:
        config_map("leak", inputs(pulumi.Config().require_secret("redisPassword")))

    return listen(program, config(secrets))


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param(lambda secret: {"data": {"password": secret}}, id="as it is"),
        pytest.param(lambda secret: {"data": {"url": f"redis://:{secret}@redis"}}, id="in a text"),
        pytest.param(lambda secret: {"data": {secret: "1"}}, id="as a key"),
    ],
)
def test_a_secret_that_lost_its_mark_is_found(inputs: Callable[[str], dict[str, Any]]) -> None:
    def unmarked(secret: pulumi.Output[str]) -> dict[str, Any]:
        return {"spec": pulumi.Output.unsecret(secret.apply(inputs))}

    wire = leak(unmarked, planted(BARE))

    assert marks(NEEDLES["redisPassword"], wire.inputs) == {False}


def test_what_is_worked_out_from_a_secret_and_is_none_is_found() -> None:
    def length(secret: pulumi.Output[str]) -> dict[str, Any]:
        return {"data": {"length": pulumi.Output.unsecret(secret.apply(len))}}

    first = leak(length, planted(BARE))
    second = leak(length, planted(BARE | {"redisPassword": ("x", "")}))

    assert first.shown != second.shown


def test_a_secret_given_to_a_component_or_handed_out_by_one_is_found() -> None:
    def program() -> None:
        secret = pulumi.Config().require_secret("redisPassword")
        Group("group", {"password": secret}).close(password=secret)

    wire = listen(program, config(planted(BARE)))

    assert marks(NEEDLES["redisPassword"], wire.inputs_of_components) == {True}
    assert marks(NEEDLES["redisPassword"], wire.outputs) == {True}
