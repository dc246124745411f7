"""Facts of Auto Mode that pools of nodes have to keep to, and what guards them."""

import pytest

from components.aws.node_pools import GRACE_HOURS, NODES_LIVE
from components.platforms.kubernetes.pod import GPU, POOL_LABEL
from rf.plan.model import Plan
from settings import SettingsError
from tests.conftest import INFRASTRUCTURE, planned, platform
from tests.contract.infrastructure import ACCOUNTS, cluster, inputs, named, of_type, pools


@pytest.fixture(params=INFRASTRUCTURE)
def plan(request: pytest.FixtureRequest, plans: dict[str, Plan]) -> Plan:
    found: Plan = plans[request.param]
    return found


def test_no_pool_of_ekss_own_grows_without_a_limit(plan: Plan) -> None:
    assert "nodePools" not in cluster(plan)["computeConfig"]
    assert all(pool["spec"]["limits"] for pool in pools(plan).values())


def test_nodes_of_our_own_classes_may_join(plan: Plan) -> None:
    """A class of one's own needs its role, an entry of type EC2 and a policy for that entry."""
    role = inputs(named(plan, "cluster-roles-node", "Role"))["name"]
    arn = f"arn:aws:iam::{ACCOUNTS[plan.stack]}:role/{role}"
    entry = inputs(named(plan, "cluster-nodes-entry", "AccessEntry"))
    policy = inputs(named(plan, "cluster-nodes-policy", "AccessPolicyAssociation"))

    assert {each["spec"]["role"] for each in pools(plan, "NodeClass").values()} == {role}
    assert (entry["principalArn"], entry["type"]) == (arn, "EC2")
    assert policy["principalArn"] == arn
    assert policy["policyArn"].endswith("cluster-access-policy/AmazonEKSAutoNodePolicy")


def test_every_pool_has_its_class_and_none_an_eks_name(plan: Plan) -> None:
    classes = pools(plan, "NodeClass")

    for name, pool in pools(plan).items():
        assert pool["spec"]["template"]["spec"]["nodeClassRef"] == {
            "group": "eks.amazonaws.com",
            "kind": "NodeClass",
            "name": name,
        }
        assert classes[name]["apiVersion"] == "eks.amazonaws.com/v1"


@pytest.mark.parametrize("name", ["default", "system", "general-purpose"])
def test_a_pool_may_not_have_a_name_of_ekss_own(name: str) -> None:
    tree = platform("staging-infra")
    tree["pools"][name] = tree["pools"].pop("general")

    with pytest.raises(SettingsError, match="is a name of EKS's own"):
        planned(tree)


def test_nodes_are_chosen_by_labels_that_auto_mode_has(plan: Plan) -> None:
    known = (
        "eks.amazonaws.com/instance-",
        "karpenter.sh/",
        "kubernetes.io/",
        "node.kubernetes.io/",
    )
    for pool in pools(plan).values():
        for each in pool["spec"]["template"]["spec"]["requirements"]:
            assert each["key"].startswith(known)


def test_only_pods_that_ask_for_gpus_run_on_their_nodes(plan: Plan) -> None:
    gpu = pools(plan)["gpu"]["spec"]

    assert gpu["template"]["spec"]["taints"] == [
        {"key": GPU, "value": "true", "effect": "NoSchedule"}
    ]
    assert gpu["template"]["metadata"]["labels"] == {POOL_LABEL: "gpu"}
    assert int(gpu["limits"][GPU]) > 0


def test_a_model_that_loads_is_not_moved(plan: Plan) -> None:
    assert pools(plan)["gpu"]["spec"]["disruption"]["budgets"] == [
        {"nodes": "100%", "reasons": ["Empty"]},
        {"nodes": "0", "reasons": ["Underutilized", "Drifted"]},
    ]


def test_a_node_is_gone_before_eks_ends_it(plan: Plan) -> None:
    """The grace counts too: together they may not pass the 21 days of Auto Mode."""
    for pool in pools(plan).values():
        spec = pool["spec"]["template"]["spec"]
        hours = [
            int(spec[key].removesuffix("h")) for key in ("expireAfter", "terminationGracePeriod")
        ]
        assert sum(hours) <= NODES_LIVE * 24


def test_no_lifetime_that_the_settings_take_is_too_long() -> None:
    tree = platform("staging-infra")
    tree["pools"]["gpu"]["lifetime_days"] = NODES_LIVE

    assert GRACE_HOURS == 24
    with pytest.raises(SettingsError, match="less than or equal to 20"):
        planned(tree)


def test_no_pod_lives_by_the_nodes_credentials(plan: Plan) -> None:
    """The hop limit of the metadata service is 1 in Auto Mode, so nodes need few rights."""
    attached = {
        inputs(each)["policyArn"].rpartition("/")[2]
        for each in of_type(plan, "aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.name.startswith("cluster-roles-node-")
    }

    assert attached == {"AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"}
    for node_class in pools(plan, "NodeClass").values():
        assert "metadataOptions" not in node_class["spec"]
