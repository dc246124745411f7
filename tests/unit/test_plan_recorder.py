"""What the recorder writes down, and what it answers the program."""

import pulumi

from rf.plan.model import SECRET, UNKNOWN, Plan, Resource, nulls
from rf.plan.record import Config
from tests.plan_projects import Group, config_map, planned

GROUP = "test:index:Group"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def only(plan: Plan, name: str) -> Resource:
    (found,) = [resource for resource in plan.resources if resource.name == name]
    return found


def test_urns_carry_the_types_of_all_ancestors_but_not_the_stacks() -> None:
    def program() -> None:
        outer = Group("outer")
        inner = Group("inner", opts=pulumi.ResourceOptions(parent=outer))
        config_map("leaf", {}, pulumi.ResourceOptions(parent=inner))

    plan = planned(program)

    assert [resource.urn for resource in plan.resources] == [
        f"urn:pulumi:dev::demo::{GROUP}::outer",
        f"urn:pulumi:dev::demo::{GROUP}${GROUP}::inner",
        f"urn:pulumi:dev::demo::{GROUP}${GROUP}${CONFIG_MAP}::leaf",
    ]
    assert only(plan, "outer").parent == plan.urn
    assert only(plan, "leaf").parent == only(plan, "inner").urn


def test_inputs_come_back_as_outputs_and_ids_stay_unknown() -> None:
    def program() -> None:
        first = config_map("first", {"data": {"port": 80, "share": 0.5, "on": True}})
        config_map("second", {"data": {"copy": first.__dict__["data"], "id": first.id}})
        config_map("third", {"data": {"text": first.id.apply(lambda text: f"<{text}>")}})

    plan = planned(program)

    copied = {"port": 80, "share": 0.5, "on": True}
    assert only(plan, "second").inputs["data"] == {"copy": copied, "id": UNKNOWN}
    assert only(plan, "third").inputs["data"] == {"text": UNKNOWN}


def test_a_secret_stays_a_secret_through_apply_and_through_another_resource() -> None:
    def program() -> None:
        password = pulumi.Config().require_secret("password")
        first = config_map("first", {"data": {"plain": "p", "hidden": password}})
        config_map("second", {"data": {"on": first.__dict__["data"].apply(lambda data: data)}})
        config_map("third", {"data": {"url": pulumi.Output.format("redis://:{}@host", password)}})

    plan = planned(program, Config(secrets_set=["demo:password"]))

    assert only(plan, "first").inputs["data"] == {"plain": "p", "hidden": SECRET}
    assert only(plan, "second").inputs["data"] == {"on": SECRET}
    assert only(plan, "third").inputs["data"] == {"url": SECRET}


def test_a_missing_nested_property_is_found_as_a_null() -> None:
    def program() -> None:
        first = config_map("first", {})
        missing = first.__dict__["metadata"].apply(lambda metadata: metadata.get("uid"))
        config_map("second", {"data": {"names": ["a", missing]}})

    plan = planned(program)

    assert nulls(plan) == (f"{only(plan, 'second').urn} data.names[1]",)


def test_a_plan_without_nulls_has_none_to_report() -> None:
    def program() -> None:
        config_map("first", {"data": {"empty": "", "zero": 0, "off": False, "list": []}})

    assert nulls(planned(program)) == ()


def test_dependencies_are_recorded_for_the_resource_and_for_each_property() -> None:
    def program() -> None:
        first, other = config_map("first", {}), config_map("other", {})
        config_map("second", {"data": {"id": first.id}}, pulumi.ResourceOptions(depends_on=[other]))

    plan = planned(program)

    second = only(plan, "second")
    assert second.dependencies == (only(plan, "first").urn, only(plan, "other").urn)
    assert second.property_dependencies == {"data": (only(plan, "first").urn,)}


def test_options_are_recorded() -> None:
    def program() -> None:
        config_map(
            "first",
            {},
            pulumi.ResourceOptions(
                protect=True,
                delete_before_replace=True,
                ignore_changes=["data"],
                custom_timeouts=pulumi.CustomTimeouts(create="30m", delete="5m"),
            ),
        )

    options = only(planned(program), "first").options

    assert options.protect
    assert options.delete_before_replace is True
    assert options.ignore_changes == ("data",)
    assert options.custom_timeouts == {"create": "30m", "delete": "5m"}


def test_an_explicit_provider_is_recorded_as_a_reference() -> None:
    def program() -> None:
        cluster = pulumi.ProviderResource("kubernetes", "cluster", {"context": "one"})
        config_map("first", {}, pulumi.ResourceOptions(provider=cluster))

    plan = planned(program)

    assert (only(plan, "first").provider or "").startswith(f"{only(plan, 'cluster').urn}::")


def test_outputs_of_components_and_of_the_stack_are_recorded() -> None:
    def program() -> None:
        group = Group("group")
        group.close(size=2)
        pulumi.export("token", pulumi.Output.secret("s"))
        pulumi.export("nested", {"sizes": [1, 2]})

    plan = planned(program)

    assert only(plan, "group").outputs == {"size": 2}
    assert plan.outputs == {"token": SECRET, "nested": {"sizes": [1, 2]}}


def test_a_resource_that_is_only_read_is_marked_and_its_outputs_are_unknown() -> None:
    def program() -> None:
        other = pulumi.StackReference("org/demo/infra")
        config_map("first", {"data": {"kubeconfig": other.get_output("kubeconfig")}})

    plan = planned(program)

    assert only(plan, "org/demo/infra").read
    assert only(plan, "first").inputs["data"] == {"kubeconfig": UNKNOWN}


def test_only_missing_secrets_that_the_program_asks_for_are_to_be_set() -> None:
    def program() -> None:
        config = pulumi.Config()
        config.require_secret("present")
        config.require_secret("absent")

    secrets = Config(secrets_set=["demo:present"], secrets_unset=["demo:absent", "demo:unused"])

    assert planned(program, secrets).secrets_to_set == ("demo:absent",)


def test_a_resource_as_an_input_is_recorded_as_its_urn() -> None:
    def program() -> None:
        config_map("second", {"data": {"of": config_map("first", {})}})

    plan = planned(program)

    assert only(plan, "second").inputs["data"] == {"of": only(plan, "first").urn}


def test_warnings_of_the_program_are_kept_and_its_chatter_is_not() -> None:
    def program() -> None:
        pulumi.info("hello")
        pulumi.warn("the cluster is small")

    assert planned(program).warnings == ("the cluster is small",)


def test_two_runs_in_one_process_do_not_see_each_other() -> None:
    first = planned(lambda: config_map("first", {}))
    second = planned(lambda: config_map("first", {}))

    assert first == second
    assert len(second.resources) == 1


def test_the_order_of_registration_does_not_vary() -> None:
    def program() -> None:
        for number in range(12):
            owner = Group(f"group-{number}")
            below = pulumi.ResourceOptions(parent=owner)
            first = config_map(f"first-{number}", {}, below)
            config_map(f"second-{number}", {"data": {"id": first.id}}, below)

    orders = {tuple(resource.urn for resource in planned(program).resources) for _ in range(5)}

    assert len(orders) == 1
