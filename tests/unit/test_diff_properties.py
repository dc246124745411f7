"""Property-level differences, and what each does to its resource."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rf.diff.properties import ABSENT, Difference, differences
from rf.diff.replacing import Effect, effect
from rf.plan.model import SECRET, Options, Resource, Value

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=12,
)
INPUTS = st.dictionaries(st.text(max_size=3), VALUES, max_size=4)


def resource(type_: str, inputs: dict[str, Value] | None = None, **options: Any) -> Resource:
    return Resource(
        urn=f"urn:pulumi:s::p::{type_}::r",
        type=type_,
        name="r",
        parent="",
        custom=True,
        read=False,
        inputs=inputs or {},
        outputs={},
        dependencies=(),
        property_dependencies={},
        provider=None,
        options=Options(**options),
    )


def changed(*path: str, before: Value = 1, after: Value = 2) -> Difference:
    return Difference(path=path, before=before, after=after)


def told(before: dict[str, Value], after: dict[str, Value]) -> dict[str, tuple[Any, Any]]:
    return {each.text: (each.before, each.after) for each in differences(before, after)}


@given(INPUTS)
def test_nothing_differs_from_itself(inputs: dict[str, Value]) -> None:
    assert differences(inputs, inputs) == ()


@given(INPUTS, INPUTS)
def test_the_way_back_has_the_same_paths(one: dict[str, Value], other: dict[str, Value]) -> None:
    there, back = told(one, other), told(other, one)

    assert {path: (after, before) for path, (before, after) in there.items()} == back


def test_true_is_not_one() -> None:
    assert told({"a": True}, {"a": 1}) == {"a": (True, 1)}


def test_items_that_have_names_are_found_by_them_wherever_they_stand() -> None:
    before: Value = [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]
    after: Value = [{"name": "b", "image": "3"}, {"name": "a", "image": "1"}]

    assert told({"containers": before}, {"containers": after}) == {
        "containers[b].image": ("2", "3")
    }


def test_an_order_alone_is_a_difference_too() -> None:
    one: Value = {"name": "a"}
    other: Value = {"name": "b"}

    assert told({"init": [one, other]}, {"init": [other, one]}) == {
        "init": (["a", "b"], ["b", "a"])
    }


def test_a_key_that_is_no_word_is_quoted() -> None:
    assert told({"annotations": {}}, {"annotations": {"a.b/c": "x"}}) == {
        'annotations["a.b/c"]': (ABSENT, "x")
    }


@pytest.mark.parametrize(("before", "after"), [("plain", SECRET), (SECRET, "plain")])
def test_what_is_or_was_a_secret_is_hidden_on_both_sides(before: Value, after: Value) -> None:
    (found,) = differences({"a": before}, {"a": after})

    assert found.hidden


@pytest.mark.parametrize(
    ("type_", "path", "expected"),
    [
        ("kubernetes:apps/v1:Deployment", ("spec", "selector", "matchLabels", "x"), "REPLACE"),
        ("kubernetes:apps/v1:Deployment", ("spec", "template", "spec"), "UPDATE"),
        ("kubernetes:apps/v1:StatefulSet", ("spec", "volumeClaimTemplates"), "REPLACE"),
        ("kubernetes:batch/v1:Job", ("spec", "template", "spec"), "REPLACE"),
        ("kubernetes:core/v1:Service", ("spec", "clusterIP"), "REPLACE"),
        ("kubernetes:core/v1:Service", ("spec", "ports"), "UPDATE"),
        ("kubernetes:core/v1:PersistentVolumeClaim", ("spec", "storageClassName"), "REPLACE"),
        ("kubernetes:core/v1:PersistentVolumeClaim", ("spec", "volumeMode"), "REFUSED"),
        ("kubernetes:core/v1:Namespace", ("metadata", "name"), "REPLACE"),
        ("kubernetes:core/v1:Namespace", ("metadata",), "REPLACE"),
        ("kubernetes:core/v1:Namespace", ("metadata", "labels", "a"), "UPDATE"),
        ("kubernetes:keda.sh/v1alpha1:ScaledObject", ("spec", "triggers"), "UPDATE"),
        ("docker:index/container:Container", ("image",), "REPLACE"),
        ("docker:index/container:Container", ("memory",), "UPDATE"),
        ("docker:index/volume:Volume", ("name",), "REPLACE"),
        ("docker:index/remoteImage:RemoteImage", ("keepLocally",), "UPDATE"),
        ("pulumi:providers:kubernetes", ("kubeconfig",), "MAYBE"),
        ("pulumi:providers:kubernetes", ("clusterIdentifier",), "REPLACE"),
        ("pulumi:providers:kubernetes", ("enableServerSideApply",), "UPDATE"),
        ("aws:eks/cluster:Cluster", ("version",), "UPDATE"),
        ("aws:eks/cluster:Cluster", ("kubernetesNetworkConfig", "ipFamily"), "REPLACE"),
        ("aws:eks/cluster:Cluster", ("computeConfig", "nodeRoleArn"), "MAYBE"),
        ("aws:kms/key:Key", ("policy",), "UPDATE"),
        ("aws:s3/bucket:Bucket", ("bucket",), "MAYBE"),
        ("aws:s3/bucket:Bucket", ("tags", "owner"), "UPDATE"),
    ],
)
def test_properties_have_the_effect_that_their_provider_gives_them(
    type_: str, path: tuple[str, ...], expected: str
) -> None:
    assert effect(changed(*path), resource(type_), None) is Effect[expected]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("100Gi", "50Gi", "REFUSED"), ("1Gi", "2048Mi", "UPDATE"), ("1Ti", "1000Gi", "REFUSED")],
)
def test_a_claim_may_grow_and_not_shrink(before: str, after: str, expected: str) -> None:
    claim = resource("kubernetes:core/v1:PersistentVolumeClaim")
    storage = changed("spec", "resources", "requests", "storage", before=before, after=after)

    assert effect(storage, claim, None) is Effect[expected]


@pytest.mark.parametrize(
    ("option", "inputs", "expected"),
    [("true", {}, "UPDATE"), (None, {}, "REPLACE"), ("true", {"immutable": True}, "REPLACE")],
)
def test_a_config_map_is_replaced_unless_the_provider_changes_it(
    option: str | None, inputs: dict[str, Value], expected: str
) -> None:
    provider = resource("pulumi:providers:kubernetes", {"enableConfigMapMutable": option})
    found = resource("kubernetes:core/v1:ConfigMap", inputs)

    assert effect(changed("data", "a"), found, provider) is Effect[expected]


def test_the_program_can_ask_for_a_replacement() -> None:
    found = resource("docker:index/container:Container", replace_on_changes=("healthcheck",))

    assert effect(changed("healthcheck", "tests"), found, None) is Effect.REPLACE
