"""Reading properties of which some cannot be seen."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.framework.resource import Resource, kind_of, members
from policies.framework.values import SECRET, UNKNOWN, Finding, Hidden, Node, word_of

KEYS = st.sampled_from(["spec", "containers", "name", "a.b", ""])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(Hidden)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def bad(value: Any) -> bool:
    return bool(value == "bad")


@given(VALUES, st.lists(KEYS))
def test_no_value_is_too_odd_to_be_read(value: Any, keys: list[str]) -> None:
    node = Node(value).at(*keys)

    assert len([*node.items(), *node.entries(), *node.refuse_if(bad, "no")]) >= 0


@given(st.sampled_from([UNKNOWN, SECRET]), st.lists(KEYS, min_size=1))
def test_whatever_is_below_a_hidden_value_is_hidden_and_never_passes(
    hidden: Hidden, keys: list[str]
) -> None:
    node = Node({"top": hidden})["top"].at(*keys)

    (finding,) = node.refuse_if(bad, "must not be")

    assert node.hidden
    assert finding.path == "top", "where sight ended"
    assert finding.undecided


@given(st.sampled_from([UNKNOWN, SECRET]))
def test_a_hidden_list_or_mapping_has_one_hidden_member(hidden: Hidden) -> None:
    assert [each.hidden is not None for each in Node(hidden).items()] == [True]
    assert [(key, each.hidden is not None) for key, each in Node(hidden).entries()] == [("*", True)]


def test_a_required_value_may_be_a_secret_but_not_within_one_and_not_unknown() -> None:
    message = "must be set"

    assert list(Node(SECRET, ("a",)).require(message)) == []
    assert list(Node(SECRET, ("a",))["b"].require(message)) == [
        Finding("a", message, "within a secret")
    ]
    assert list(Node(UNKNOWN, ("a",)).require(message)) == [
        Finding("a", message, "unknown until the resource is made")
    ]
    assert list(Node(None, ("a",)).require(message)) == [Finding("a", message)]
    assert list(Node(0, ("a",)).require(message)) == []


def test_paths_read_as_people_write_them() -> None:
    node = Node({"spec": {"containers": [{}, {}]}})["spec"]["containers"]

    last = list(node.items())[-1]

    assert last["image"].violation("no").path == "spec.containers[1].image"


def test_only_words_of_the_vocabulary_are_repeated() -> None:
    words = frozenset({"SYS_ADMIN"})

    assert word_of("SYS_ADMIN", words) == "SYS_ADMIN"
    assert [word_of(each, words) for each in ("hunter2", 3, None, ["SYS_ADMIN"])] == [
        "another value"
    ] * 4


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:apps/v1:Deployment", "apps/Deployment"),
        ("kubernetes:core/v1:Pod", "core/Pod"),
        ("kubernetes:v1:Pod", "core/Pod"),
        ("kubernetes:batch/v1beta1:CronJob", "batch/CronJob"),
        ("kubernetes:extensions/v1beta1:Deployment", "apps/Deployment"),
        ("aws:eks/cluster:Cluster", "aws:eks/cluster:Cluster"),
    ],
)
def test_a_kind_is_the_same_in_every_version(token: str, kind: str) -> None:
    assert kind_of(token) == kind


def test_a_member_of_a_list_says_itself_what_it_is() -> None:
    items = [{"apiVersion": "apps/v1", "kind": "Deployment"}, {}, UNKNOWN]
    resource = Resource(type="kubernetes:core/v1:PodList", name="all", properties={"items": items})

    assert [each.kind for each in members(resource)] == ["apps/Deployment", "core/Pod"]


def test_people_are_told_kind_namespace_and_name() -> None:
    def label(metadata: Any, kind: str = "kubernetes:core/v1:Pod") -> str:
        return Resource(type=kind, name="own", properties={"metadata": metadata}).label

    assert label({"name": "a", "namespace": "ai"}) == "Pod ai/a"
    assert label({"name": "a"}) == "Pod a"
    assert label({"name": UNKNOWN, "namespace": "ai"}) == "Pod own"
    assert label(None, "aws:eks/cluster:Cluster") == "Cluster own"
