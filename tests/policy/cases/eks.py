"""EKS clusters as pulumi-aws 7 describes them."""

from typing import Any

from tests.policy.cases.aws import association, case
from tests.policy.cases.case import Case

CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"
LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
ENCRYPTED = {"provider": {"keyArn": "arn:aws:kms:eu:1:key/a"}, "resources": ["secrets"]}
ADMIN = "AmazonEKSClusterAdminPolicy"


def endpoint(**vpc: Any) -> dict[str, Any]:
    return {"vpcConfig": {"subnetIds": ["subnet-1"], **vpc}}


CASES: tuple[Case, ...] = (
    case(
        "eks/public-endpoint",
        CLUSTER,
        red=(
            endpoint(),
            endpoint(endpointPublicAccess=True),
            endpoint(endpointPublicAccess=True, publicAccessCidrs=["10.0.0.0/8", "0.0.0.0/0"]),
        ),
        green=(
            endpoint(endpointPublicAccess=False),
            endpoint(endpointPublicAccess=True, publicAccessCidrs=["203.0.113.0/24"]),
        ),
    ),
    case(
        "eks/logs",
        CLUSTER,
        red=({}, {"enabledClusterLogTypes": ["api", "audit"]}),
        green=({"enabledClusterLogTypes": LOGS},),
    ),
    case(
        "eks/logs",
        CLUSTER,
        red=({"enabledClusterLogTypes": ["api"]},),
        green=({"enabledClusterLogTypes": ["audit"]},),
        config={"required": ["audit"]},
    ),
    case(
        "eks/secrets-encryption",
        CLUSTER,
        red=({}, {"encryptionConfig": ENCRYPTED | {"resources": []}}),
        green=({"encryptionConfig": ENCRYPTED},),
    ),
    case(
        "eks/authentication",
        CLUSTER,
        red=({}, {"accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"}}),
        green=({"accessConfig": {"authenticationMode": "API"}},),
    ),
    case(
        "eks/creator",
        CLUSTER,
        red=({}, {"accessConfig": {"bootstrapClusterCreatorAdminPermissions": True}}),
        green=({"accessConfig": {"bootstrapClusterCreatorAdminPermissions": False}},),
    ),
    case(
        "eks/masters",
        "aws:eks/accessEntry:AccessEntry",
        red=({"kubernetesGroups": ["viewers", "system:masters"]},),
        green=({"kubernetesGroups": ["viewers"]}, {}),
    ),
    case(
        "eks/administrators",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        red=(association(ADMIN, type="cluster"),),
        green=(
            association(ADMIN, type="namespace", namespaces=["ai"]),
            association("AmazonEKSViewPolicy", type="cluster"),
        ),
    ),
    case(
        "eks/administrators",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        red=(association(ADMIN, type="cluster") | {"principalArn": "arn:aws:iam::1:role/other"},),
        green=(association(ADMIN, type="cluster"),),
        config={"principals": ["arn:aws:iam::123456789012:role/operators"]},
    ),
    case(
        "eks/pod-identity",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        red=({"namespace": "ai", "serviceAccount": "default"},),
        green=({"namespace": "ai", "serviceAccount": "backup"},),
    ),
    case(
        "eks/remote-access",
        NODES,
        red=({"remoteAccess": {"ec2SshKey": "ops"}},),
        green=(
            {"remoteAccess": {"ec2SshKey": "ops", "sourceSecurityGroupIds": ["sg-1"]}},
            {},
        ),
    ),
)
