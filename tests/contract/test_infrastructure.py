"""Facts of AWS and EKS that an infrastructure stack has to keep to, and what guards it."""

from typing import Any

import pytest

from components.aws.cluster_roles import CONTROL_PLANE_POLICIES
from components.aws.node_pools import GRACE_HOURS, NODES_LIVE
from components.platforms.kubernetes.pod import GPU, POOL_LABEL
from rf.plan.model import SECRET, Plan, leaves
from settings import SettingsError
from tests.conftest import INFRASTRUCTURE, planned, platform
from tests.contract.infrastructure import inputs, named, of_type, statements

CLUSTER = "aws:eks/cluster:Cluster"
ACCOUNTS = {"staging-infra": "444455556666", "production-infra": "111122223333"}
PLACES = {"staging-infra": "researchflow-ai-staging", "production-infra": "researchflow-ai"}


@pytest.fixture(params=INFRASTRUCTURE)
def plan(request: pytest.FixtureRequest, plans: dict[str, Plan]) -> Plan:
    found: Plan = plans[request.param]
    return found


def cluster(plan: Plan) -> Any:
    (found,) = of_type(plan, CLUSTER)
    return inputs(found)


def pools(plan: Plan, kind: str = "NodePool") -> dict[str, Any]:
    return {
        inputs(each)["metadata"]["name"]: inputs(each)
        for each in plan.resources
        if each.kind == kind
    }


def test_only_the_stacks_own_account_is_touched(plan: Plan) -> None:
    provider = named(plan, "aws", "Provider")

    assert inputs(provider)["allowedAccountIds"] == f'["{ACCOUNTS[plan.stack]}"]'


def test_auto_mode_is_switched_on_whole(plan: Plan) -> None:
    """EKS takes three switches and no add-ons of one's own, or none of it."""
    found = cluster(plan)

    assert found["computeConfig"]["enabled"] is True
    assert found["storageConfig"]["blockStorage"]["enabled"] is True
    assert found["kubernetesNetworkConfig"]["elasticLoadBalancing"]["enabled"] is True
    assert found["bootstrapSelfManagedAddons"] is False


def test_no_pool_of_ekss_own_grows_without_a_limit(plan: Plan) -> None:
    assert "nodePools" not in cluster(plan)["computeConfig"]
    assert all(pool["spec"]["limits"] for pool in pools(plan).values())


def test_the_control_plane_has_its_five_policies_and_tags_its_sessions(plan: Plan) -> None:
    attached = {
        inputs(each)["policyArn"].rpartition("/")[2]
        for each in of_type(plan, "aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if each.name.startswith("cluster-roles-control-plane-")
    }
    (trusted,) = statements(
        inputs(named(plan, "cluster-roles-control-plane", "Role"))["assumeRolePolicy"]
    )

    assert attached == {
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    }
    assert attached == set(CONTROL_PLANE_POLICIES)
    assert set(trusted["Action"]) == {"sts:AssumeRole", "sts:TagSession"}


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


def test_network_policies_are_enforced(plan: Plan) -> None:
    """Without the switch every NetworkPolicy of the services is decoration."""
    switch = inputs(named(plan, "network-policies-switch", "ConfigMap"))

    assert switch["metadata"]["name"] == "amazon-vpc-cni"
    assert switch["metadata"]["namespace"] == "kube-system"
    assert switch["data"] == {"enable-network-policy-controller": "true"}


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


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_the_gpu_exporter_can_do_its_work_on_bottlerocket(
    stack: str, plans: dict[str, Plan]
) -> None:
    """It reads profiling counters and runs on tainted nodes, away from the services' namespace."""
    exporter = inputs(named(plans[stack], "dcgm-exporter-daemonset", "DaemonSet"))
    pod = exporter["spec"]["template"]["spec"]

    assert exporter["metadata"]["namespace"].endswith("-node")
    assert pod["containers"][0]["securityContext"]["capabilities"]["add"] == ["SYS_ADMIN"]
    assert {"key": GPU, "operator": "Exists", "effect": "NoSchedule"} in pod["tolerations"]


def test_the_api_is_not_open_to_everybody(plan: Plan) -> None:
    found = cluster(plan)["vpcConfig"]

    assert found["endpointPrivateAccess"] is True
    assert found["endpointPublicAccess"] is False


def test_the_api_opens_to_named_networks_only() -> None:
    tree = platform("staging-infra")
    tree["cluster"]["public_cidrs"] = ["203.0.113.0/24"]

    found = cluster(planned(tree))["vpcConfig"]
    assert found["endpointPublicAccess"] is True
    assert found["publicAccessCidrs"] == ["203.0.113.0/24"]


def test_volumes_are_encrypted_and_outlive_their_claims(plan: Plan) -> None:
    found = inputs(named(plan, "storage-class", "StorageClass"))

    assert found["provisioner"] == "ebs.csi.eks.amazonaws.com"
    assert found["parameters"]["encrypted"] == "true"
    assert found["parameters"]["type"] == "gp3"
    assert found["reclaimPolicy"] == "Retain"


def test_a_role_of_pods_names_what_it_may_do_and_on_what(plan: Plan) -> None:
    for name in ("pod-backups", "pod-models"):
        bucket = f"arn:aws:s3:::researchflow-ai-{plan.stack.removesuffix('-infra')}-{name[4:]}-"
        for each in statements(inputs(named(plan, f"{name}-policy", "RolePolicy"))["policy"]):
            assert not any("*" in action for action in each["Action"])
            assert all(resource.startswith(bucket) for resource in each["Resource"])


def test_only_pods_of_this_account_take_their_roles(plan: Plan) -> None:
    (trusted,) = statements(inputs(named(plan, "pod-backups", "Role"))["assumeRolePolicy"])

    assert trusted["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert set(trusted["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
    assert trusted["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNTS[plan.stack]}


def test_the_backup_jobs_account_has_the_role(plan: Plan) -> None:
    (found,) = of_type(plan, "aws:eks/podIdentityAssociation:PodIdentityAssociation")

    assert inputs(found)["namespace"] == PLACES[plan.stack]
    assert inputs(found)["serviceAccount"] == "faiss-backup"


def test_buckets_answer_in_tls_only(plan: Plan) -> None:
    for name in ("backups", "models"):
        (deny,) = statements(inputs(named(plan, f"{name}-policy", "BucketPolicy"))["policy"])
        assert deny["Effect"] == "Deny"
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_locked_bucket_keeps_what_arrives() -> None:
    tree = platform("production-infra") | {"backups": {"lock": "COMPLIANCE", "lock_days": 35}}
    plan = planned(tree)

    assert inputs(named(plan, "backups", "Bucket"))["objectLockEnabled"] is True
    lock = inputs(named(plan, "backups-lock", "BucketObjectLockConfiguration"))
    assert lock["rule"]["defaultRetention"] == {"mode": "COMPLIANCE", "days": 35}


def test_the_kubeconfig_is_a_secret_and_the_only_one(plan: Plan) -> None:
    secret = [path for path, value in leaves(plan.outputs) if value is SECRET]

    assert secret == ["kubeconfig"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"account": "1234"}, "account: String should match"),
        ({"network": {"cidr": "8.8.0.0/16"}}, "must be a private range"),
        ({"network": {"cidr": "172.20.0.0/16"}}, "overlaps 172.20.0.0/16"),
        ({"network": {"zones": ["a", "b", "b"]}}, "3 different letters"),
        ({"backups": {"lock": "COMPLIANCE"}}, "lock and lock_days go together"),
        ({"identity": {"backups": ["x"], "models": ["x"]}}, "a service account has one role"),
        ({"pools": {"gpu": {"families": ["g5"], "gpus": 1}}}, "pools needs one without gpus"),
        ({"pools": {"a": {"families": ["m7i"]}}}, "needs a limit"),
        ({"pools": {"a": {"gpus": 1}}}, "needs instance_types or families"),
        ({"colour": "blue"}, "colour: unknown key; see schemas/infrastructure.schema.json"),
    ],
)
def test_a_mistake_is_told_by_its_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        planned(platform("staging-infra") | change)
