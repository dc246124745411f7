"""What no plan can hold is refused while the program runs."""

import pulumi
import pytest

from rf.plan.record import Config
from tests.plan_projects import Group, config_map, planned

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def test_a_second_resource_of_the_same_urn_is_refused_by_name() -> None:
    def program() -> None:
        config_map("twin", {})
        config_map("twin", {})

    with pytest.raises(pulumi.RunError, match=r"two resources .* both called 'twin'"):
        planned(program)


def test_the_same_name_under_another_component_is_accepted() -> None:
    def program() -> None:
        for owner in (None, Group("a")):
            config_map("same", {}, pulumi.ResourceOptions(parent=owner))

    assert planned(program).counts[CONFIG_MAP] == 2


def test_a_default_provider_is_refused_where_the_project_disables_it() -> None:
    disabled = Config({"pulumi:disable-default-providers": '["kubernetes"]'})

    with pytest.raises(pulumi.RunError, match=r"'first' has no provider of its own"):
        planned(lambda: config_map("first", {}), disabled)


def test_outputs_registered_twice_are_refused() -> None:
    def program() -> None:
        group = Group("group")
        group.close()
        group.close()

    with pytest.raises(pulumi.RunError, match="registers its outputs twice"):
        planned(program)


def test_an_exception_inside_apply_reaches_the_caller() -> None:
    def program() -> None:
        size = pulumi.Output.from_input(0).apply(lambda zero: 1 // zero)
        config_map("first", {"data": {"size": size}})

    with pytest.raises(ZeroDivisionError):
        planned(program)


def test_a_call_to_a_provider_is_refused_by_its_token() -> None:
    def program() -> None:
        pulumi.runtime.invoke("aws:index:getRegion", {})

    with pytest.raises(pulumi.RunError, match=r"calls aws:index:getRegion.*no provider to ask"):
        planned(program)


def test_a_component_made_by_a_plugin_is_refused_by_its_type() -> None:
    def program() -> None:
        pulumi.ComponentResource("kubernetes:helm.sh/v4:Chart", "chart", {}, remote=True)

    with pytest.raises(pulumi.RunError, match=r"helm.sh/v4:Chart 'chart' is made by a plugin"):
        planned(program)
