"""Facts of AWS and EKS that an infrastructure stack has to keep to, and what guards it."""

from typing import Any

import pytest

from components.aws.cluster_roles import CONTROL_PLANE_POLICIES
from components.aws.price import priced
from components.platforms.kubernetes.pod import GPU
from infrastructure import parse
from rf.plan.model import SECRET, Plan, leaves
from settings import SettingsError
from tests.conftest import INFRASTRUCTURE, planned, platform
from tests.contract.infrastructure import ACCOUNTS, cluster, inputs, named, of_type, statements

PLACES = {"staging-infra": "researchflow-ai-staging", "production-infra": "researchflow-ai"}


@pytest.fixture(params=INFRASTRUCTURE)
def plan(request: pytest.FixtureRequest, plans: dict[str, Plan]) -> Plan:
    found: Plan = plans[request.param]
    return found


def test_every_key_is_paid_for(plan: Plan) -> None:
    made = of_type(plan, "aws:kms/key:Key")

    settings = parse(platform(plan.stack), f"Pulumi.{plan.stack}.yaml")
    assert priced(settings).keys == len(made)


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


def test_network_policies_are_enforced(plan: Plan) -> None:
    """Without the switch every NetworkPolicy of the services is decoration."""
    switch = inputs(named(plan, "network-policies-switch", "ConfigMap"))

    assert switch["metadata"]["name"] == "amazon-vpc-cni"
    assert switch["metadata"]["namespace"] == "kube-system"
    assert switch["data"] == {"enable-network-policy-controller": "true"}


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
        ({"account": "1234"}, "account: must be the 12 digits of an AWS account"),
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
