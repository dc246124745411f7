"""Volumes that several nodes mount: who may come near their file system, and as whom."""

import copy
from typing import Any

import pytest

from components.aws.documents import mounted_over_tls
from components.aws.shared_storage import USER, provisioning
from components.aws.site import Site
from components.storage_classes import FILES
from rf.plan.model import Plan
from settings import parse
from tests.conftest import INFRASTRUCTURE, planned, platform
from tests.contract.infrastructure import inputs, named, of_type, statements

ARN = "arn:aws:elasticfilesystem:us-east-1:444455556666:file-system/fs-0123456789abcdef0"
SITE = Site(
    name="researchflow-ai-staging",
    environment="staging",
    account="444455556666",
    region="us-east-1",
)


@pytest.fixture(params=INFRASTRUCTURE)
def plan(request: pytest.FixtureRequest, plans: dict[str, Plan]) -> Plan:
    found: Plan = plans[request.param]
    return found


def made_of(plan: Plan, name: str, kind: str, key: str) -> set[str]:
    """Names of the resources that an input comes from."""
    urns = named(plan, name, kind).property_dependencies[key]
    return {urn.rpartition("::")[2] for urn in urns}


def test_the_file_system_is_encrypted_with_the_clusters_key_and_backed_up(plan: Plan) -> None:
    found = inputs(named(plan, "shared-files", "FileSystem"))

    assert found["encrypted"] is True
    assert made_of(plan, "shared-files", "FileSystem", "kmsKeyId") == {"cluster-key"}
    backups = inputs(named(plan, "shared-files-backups", "BackupPolicy"))
    assert backups["backupPolicy"] == {"status": "ENABLED"}


def test_it_has_an_address_in_every_zone(plan: Plan) -> None:
    for letter in "abc":
        subnets = made_of(plan, f"shared-files-{letter}", "MountTarget", "subnetId")
        assert subnets == {f"network-private-{letter}"}
    assert len(of_type(plan, "aws:efs/mountTarget:MountTarget")) == 3


def test_only_nodes_reach_it_and_by_nfs_only(plan: Plan) -> None:
    group = inputs(named(plan, "shared-files-group", "SecurityGroup"))
    (rule,) = group["ingress"]

    assert (rule["protocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 2049, 2049)
    assert not {"cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self"} & {*rule}
    assert made_of(plan, "shared-files-group", "SecurityGroup", "ingress") == {"cluster"}
    assert "egress" not in group
    for letter in "abc":
        groups = made_of(plan, f"shared-files-{letter}", "MountTarget", "securityGroups")
        assert groups == {"shared-files-group"}


def test_it_is_mounted_with_tls_and_never_as_root() -> None:
    mount, deny = statements(mounted_over_tls(ARN))

    assert mount["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert mount["Condition"] == {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
    assert (deny["Effect"], deny["Action"]) == ("Deny", "*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {*mount["Resource"], *deny["Resource"]} == {ARN}


def test_the_driver_comes_with_the_right_to_make_volumes_and_no_nodes_right(plan: Plan) -> None:
    """Auto Mode has the driver of disks only."""
    driver = inputs(named(plan, "shared-storage-driver", "Addon"))
    role = inputs(named(plan, "pod-shared-files", "Role"))
    (trusted,) = statements(role["assumeRolePolicy"])
    (association,) = driver["podIdentityAssociations"]

    assert driver["addonName"] == "aws-efs-csi-driver"
    assert association["serviceAccount"] == "efs-csi-controller-sa"
    assert association["roleArn"].endswith(f":role/{role['name']}")
    assert trusted["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert made_of(plan, "pod-shared-files-policy", "RolePolicy", "policy") == {"shared-files"}


def test_the_driver_makes_access_points_of_that_file_system_and_takes_back_its_own() -> None:
    points = "arn:aws:elasticfilesystem:us-east-1:444455556666:access-point/*"
    found: dict[str, Any] = {each["Sid"]: each for each in provisioning(SITE, ARN)}

    assert not any("*" in action for each in found.values() for action in each["Action"])
    assert {arn for each in found.values() for arn in each["Resource"]} == {ARN, points}
    assert found["Make"]["Resource"] == [ARN]
    for sid in ("Make", "Tag", "TakeBack"):
        assert found[sid]["Condition"]["StringEquals"]


def test_a_volume_is_a_folder_that_outlives_its_claim(plan: Plan) -> None:
    found = inputs(named(plan, "shared-storage-class", "StorageClass"))

    assert found["metadata"]["name"] == plan.outputs["sharedStorageClass"] == FILES
    assert "annotations" not in found["metadata"]
    assert found["provisioner"] == "efs.csi.aws.com"
    assert found["parameters"]["provisioningMode"] == "efs-ap"
    assert found["parameters"]["directoryPerms"] == "700"
    assert found["reclaimPolicy"] == "Retain"
    # While a claim waits for its first pod, all others that want it go to the same node.
    assert found["volumeBindingMode"] == "Immediate"


def test_its_files_belong_to_whoever_shares_a_volume(plan: Plan) -> None:
    """An access point writes as its own user, whoever asks: pods that look should see theirs."""
    specs = parse(platform("production"), "Pulumi.production.yaml").specs
    users = {(spec.user, spec.group) for spec in specs if any(each.shared for each in spec.volumes)}
    parameters = inputs(named(plan, "shared-storage-class", "StorageClass"))["parameters"]

    assert users == {(USER, USER)}
    assert (parameters["uid"], parameters["gid"]) == (str(USER), str(USER))


def test_none_of_it_is_there_unless_the_stack_says_so() -> None:
    tree = copy.deepcopy(platform("staging-infra"))
    del tree["storage"]
    plan = planned(tree)

    assert not [each for each in plan.resources if each.type.startswith("aws:efs/")]
    assert not of_type(plan, "aws:eks/addon:Addon")
    assert "sharedStorageClass" not in plan.outputs
