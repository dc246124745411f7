"""Destroying goes backwards along dependencies: what waits for nothing is gone too early.

A cluster that goes before its pools leaves nodes that nobody ends; one without its way out cannot
drain them; a claim that goes before its pod hangs (report A, P9).
"""

import pytest

from rf.plan.model import Plan, Resource
from tests.conftest import INFRASTRUCTURE, STACKS
from tests.contract.infrastructure import named, of_type, outlived_by

CLUSTER_OBJECTS = ("NodePool", "NodeClass", "StorageClass", "ConfigMap")
WAYS_OUT = ("NatGateway", "Route", "RouteTableAssociation", "VpcEndpoint", "InternetGateway")
STATEFUL = {
    "aws:eks/cluster:Cluster": "cluster",
    "aws:kms/key:Key": "all that it has encrypted",
    "aws:s3/bucket:Bucket": "backups and models",
    "aws:ecr/repository:Repository": "images",
    "aws:efs/fileSystem:FileSystem": "models that several nodes share",
}


def of_kind(plan: Plan, *kinds: str) -> list[Resource]:
    found = [each for each in plan.resources if each.kind in kinds and each.custom]
    assert found
    return found


@pytest.fixture(params=INFRASTRUCTURE)
def plan(request: pytest.FixtureRequest, plans: dict[str, Plan]) -> Plan:
    found: Plan = plans[request.param]
    return found


def test_pools_go_before_their_classes(plan: Plan) -> None:
    for pool in of_kind(plan, "NodePool"):
        assert outlived_by(plan, pool, [named(plan, f"{pool.name}-class", "NodeClass")])


@pytest.mark.parametrize("kind", CLUSTER_OBJECTS)
def test_what_is_in_the_cluster_goes_before_it_and_before_the_right_to_change_it(
    plan: Plan, kind: str
) -> None:
    needed = [
        *of_type(plan, "aws:eks/cluster:Cluster"),
        *of_kind(plan, "AccessEntry", "AccessPolicyAssociation"),
    ]

    for each in of_kind(plan, kind):
        assert outlived_by(plan, each, needed)


def test_the_cluster_goes_before_its_rights_its_key_and_every_way_out(plan: Plan) -> None:
    (cluster,) = of_type(plan, "aws:eks/cluster:Cluster")
    rights = [
        each for each in plan.resources if each.custom and each.name.startswith("cluster-roles-")
    ]
    key = named(plan, "cluster-key", "Key")

    assert len(rights) == 9
    assert outlived_by(plan, cluster, [*rights, key, *of_kind(plan, *WAYS_OUT)])


def test_volumes_of_several_nodes_go_before_their_driver_and_it_before_its_nodes(
    plan: Plan,
) -> None:
    shared = named(plan, "shared-storage-class", "StorageClass")
    driver = named(plan, "shared-storage-driver", "Addon")
    files = named(plan, "shared-files", "FileSystem")
    ways = [*of_kind(plan, "MountTarget"), named(plan, "shared-files-group", "SecurityGroup")]
    rights = [named(plan, "pod-shared-files-policy", "RolePolicy")]

    assert outlived_by(plan, shared, [driver, files, *ways])
    assert outlived_by(plan, driver, [*rights, *of_kind(plan, "NodePool")])
    for each in of_kind(plan, "MountTarget"):
        assert outlived_by(plan, each, [files, *of_type(plan, "aws:eks/cluster:Cluster")])
    assert outlived_by(plan, files, [named(plan, "cluster-key", "Key")])


def test_what_holds_state_is_protected_in_production_only(plans: dict[str, Plan]) -> None:
    for stack in INFRASTRUCTURE:
        for type_ in STATEFUL:
            for each in of_type(plans[stack], type_):
                assert each.options.protect is (stack == "production-infra"), each.urn


def test_eks_itself_refuses_to_delete_the_cluster_of_production(plans: dict[str, Plan]) -> None:
    for stack in INFRASTRUCTURE:
        (cluster,) = of_type(plans[stack], "aws:eks/cluster:Cluster")
        assert cluster.inputs["deletionProtection"] is (stack == "production-infra")


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack != "local"])
def test_servers_go_before_their_claims_and_all_before_the_namespace(
    stack: str, plans: dict[str, Plan]
) -> None:
    plan = plans[stack]
    claims = of_kind(plan, "PersistentVolumeClaim")
    namespaces = of_kind(plan, "Namespace")

    for server in of_kind(plan, "Deployment", "DaemonSet"):
        own = [claim for claim in claims if claim.parent == server.parent]
        assert outlived_by(plan, server, [*own, *namespaces]), server.urn
    for claim in claims:
        assert outlived_by(plan, claim, namespaces), claim.urn
