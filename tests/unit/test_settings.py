"""What a stack file may say, and what it hears when it says something else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from settings import SECRETS, Settings, Stack, parse
from tests.conftest import platform
from tests.unit.settings_trees import FILE, LOCAL, complaint, with_value

STACKS = ("local", "staging", "production")
MADE_UP = "0-made-up"


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_is_accepted(stack: str) -> None:
    assert isinstance(parse(platform(stack), f"Pulumi.{stack}.yaml"), Stack)


def everything() -> dict[str, Any]:
    """The production settings with every default written out."""
    settings = parse(platform("production"), FILE).settings
    found: dict[str, Any] = TypeAdapter(Settings).dump_python(settings, mode="json")
    return found


BY_NAME = (
    *(("pod_labels",), ("prices",), ("max_active_of",), ("thresholds",), ("scaling",)),
    ("access", "clients"),
)
"""Mappings from names to values."""


def sections(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where the sections of a settings tree are; in what ``BY_NAME`` holds, any key may stand."""
    if isinstance(tree, list):
        return [found for i, item in enumerate(tree) for found in sections(item, (*path, i))]
    if not isinstance(tree, dict) or path[-1:] in BY_NAME or path[-2:] in BY_NAME:
        return []
    return [path, *(f for key, value in tree.items() for f in sections(value, (*path, key)))]


@pytest.mark.parametrize(
    "path", sections(everything()), ids=lambda p: ".".join(map(str, p)) or "top"
)
def test_an_unknown_key_is_refused_at_every_level(path: tuple[str | int, ...]) -> None:
    tree = everything()
    node: Any = tree
    for part in path:
        node = node[part]
    node[MADE_UP] = "hunter2"

    message = complaint(tree)

    assert f"{MADE_UP}: unknown key" in message
    assert message.startswith(f"{FILE}: researchflow-ai:platform.")
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "path",
    [
        ("cost", "prices"),
        ("scaling",),
        ("services", "gateway", "max_active_of"),
        ("services", "gateway", "access", "clients"),
    ],
    ids=".".join,
)
def test_a_name_that_is_none_is_refused_without_its_value(path: tuple[str, ...]) -> None:
    tree = everything()
    node: Any = tree
    for part in path:
        node = node[part]
    node[MADE_UP] = "hunter2"

    message = complaint(tree)

    assert f"{'.'.join(path)}.{MADE_UP}" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "environment",
            "prod",
            "environment: Input should be 'local', 'staging' or 'production' (it is 'prod')",
        ),
        ("target.kind", "nomad", "target"),
        ("target.address", "here", "researchflow-ai:platform.target.address: "),
        (
            "services.redis.maxmemory_policy",
            "lru",
            "services.redis.maxmemory_policy: Input should be 'allkeys-lru'",
        ),
        ("services.redis.image", "redis", "needs an exact tag or a digest"),
        ("services.redis.image", "redis:latest", "needs an exact tag or a digest"),
        ("services.redis.image", "re dis:8", "services.redis.image"),
        ("services.rediss", {}, "services.rediss: unknown key (did you mean redis?); see schemas/"),
        ("services.ollama.replica", 2, "unknown key (did you mean replicas?)"),
        ("target.prefx", "x", "target.prefx: unknown key (did you mean prefix?)"),
        ("target.namespace", "x", "target.namespace: unknown key; see schemas/"),
        (
            "clients",
            [{"name": "web", "pod_label": {}}],
            "clients.0.pod_label: unknown key (did you mean pod_labels?)",
        ),
        ("rollout.services.triton.canary.imag", "a:1", "unknown key (did you mean image?)"),
        ("zzzz", 1, "zzzz: unknown key; see schemas/"),
        (
            "features.ai_inference",
            101,
            "features.ai_inference: Input should be less than or equal to 100 (it is 101)",
        ),
        (
            "features.ai_inference",
            "50",
            "features.ai_inference: Input should be a valid integer (it is '50')",
        ),
        (
            "features.ai_inference",
            12.5,
            "features.ai_inference: Input should be a valid integer (it is 12.5)",
        ),
        ("features.ai_inference", True, "features.ai_inference: Input should be a valid integer"),
        ("services.ollama.keep_alive", "5 minutes", "services.ollama.keep_alive"),
        (
            "services.ollama.replicas",
            0,
            "services.ollama.replicas: Input should be greater than or equal to 1 (it is 0)",
        ),
        ("services.ollama.replicas", 2, "services.ollama: replicas is 2"),
        ("services.ollama.models", [], "services.ollama.models"),
        ("services.ollama.gpus", 1, "services.ollama.gpus is 1, but there is no GPU pool"),
        ("services.faiss.cache_size", "10", "services.faiss.cache_size"),
        ("capacity.memory", 8, "capacity.memory is 8 GiB, but the services may use"),
        ("capacity.disk", 8, "capacity.disk the volumes take"),
        ("capacity.memory", float("nan"), "capacity.memory"),
        ("log_level", "verbose", "log_level"),
        ("clients", [{"name": "web"}], "clients.0.namespace: is missing"),
    ],
)
def test_a_bad_value_is_named_with_its_key_and_what_is_valid(
    path: str, value: Any, expected: str
) -> None:
    message = complaint(with_value(LOCAL, path, value))

    assert expected in message
    assert message.startswith(f"{FILE}: researchflow-ai:platform.")


@pytest.mark.parametrize("tree", [None, [], "text", 3])
def test_something_else_than_a_mapping_is_refused(tree: Any) -> None:
    assert complaint(tree).startswith(f"{FILE}: researchflow-ai:platform")


def test_production_needs_two_gateways() -> None:
    tree = with_value(platform("production"), "services.gateway.replicas", 1)

    assert "services.gateway.replicas is 1; production needs 2 or more" in complaint(tree)


def test_models_must_fit_the_gpus_memory() -> None:
    tree = with_value(
        platform("staging"),
        "services.ollama.models",
        [
            {"name": "llama3.1:70b", "size": 39.6, "kv_bytes_per_token": 327_680},
        ],
    )

    assert "services.ollama.models need 44.6 GiB of GPU memory" in complaint(tree)


def test_the_services_cannot_ask_for_more_gpus_than_the_pool_may_hold() -> None:
    assert "gpu.gpus is 1, but the services ask for 2" in complaint(
        with_value(platform("staging"), "gpu.gpus", 1)
    )


@pytest.mark.parametrize(
    ("until", "reason"), [(None, "is not set"), ("2020-01-01", "ended on 2020-01-01")]
)
def test_a_tag_outside_local_needs_a_waiver_that_still_runs(until: str | None, reason: str) -> None:
    message = complaint(with_value(platform("production"), "images.tag_waiver", until))

    assert f"images.tag_waiver {reason}" in message
    assert "rf images resolve production" in message


@pytest.mark.parametrize(
    ("stack", "secrets"),
    [
        ("local", ("redisPassword", "grafanaAdminPassword")),
        ("staging", ("redisPassword", "grafanaAdminPassword", "kubeconfig")),
        ("production", ("redisPassword", "grafanaAdminPassword", "kubeconfig")),
    ],
)
def test_each_stack_needs_exactly_these_secrets(stack: str, secrets: tuple[str, ...]) -> None:
    assert parse(platform(stack), FILE).secrets == secrets


def test_a_private_registry_needs_its_credentials() -> None:
    tree = {**LOCAL, "images": {"pull_secret": True}}

    assert "registryCredentials" in parse(tree, FILE).secrets


@given(st.sampled_from(sorted(SECRETS)), st.text(min_size=8))
def test_a_secret_in_the_wrong_place_is_refused_without_being_shown(name: str, value: str) -> None:
    assert value not in complaint({**LOCAL, name: "~" + value})[len(FILE) :].replace(name, "")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_whatever_it_is_given_it_answers_in_words(tree: Any) -> None:
    message = complaint(tree)

    assert all(line.startswith(FILE) for line in message.splitlines())


def test_what_a_service_cannot_be_described_with_is_refused_with_its_key() -> None:
    message = complaint(with_value(LOCAL, "services.gateway.max_active_of", {"vllm": 3}))

    assert message.startswith(
        f"{FILE}: researchflow-ai:platform.services.gateway.max_active_of: no service 'vllm'"
    )
