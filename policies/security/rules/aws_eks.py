"""EKS clusters: who reaches the API, who may do what, what is logged and encrypted."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import refuse_when, require_item
from policies.framework.values import Finding

from .network import is_everywhere

CLUSTER = ("aws:eks/cluster:Cluster",)
ENTRY = ("aws:eks/accessEntry:AccessEntry",)
ASSOCIATION = ("aws:eks/accessPolicyAssociation:AccessPolicyAssociation",)
IDENTITY = ("aws:eks/podIdentityAssociation:PodIdentityAssociation",)
NODE_GROUP = ("aws:eks/nodeGroup:NodeGroup",)
LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
ADMIN = ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy")


class LogsConfig(RuleConfig):
    """Which logs of the control plane have to be kept."""

    required: tuple[str, ...] = LOGS


class AdministratorsConfig(RuleConfig):
    """ARNs of the roles that may administer clusters."""

    principals: tuple[str, ...] = ()


def public_endpoint(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The API on the internet, for everybody. Unset is public, and open."""
    vpc = resource["vpcConfig"]
    public, ranges = vpc["endpointPublicAccess"], vpc["publicAccessCidrs"]
    message = "must not be public for every address"
    if public.value is False:
        return
    if public.hidden and not ranges.value:
        yield public.undecided(message)
    elif ranges.hidden or not ranges.value:
        yield from ranges.refuse_if(lambda _value: True, message)
    for each in ranges.items():
        yield from each.refuse_if(is_everywhere, message)


def logs(resource: Resource, config: LogsConfig) -> Iterator[Finding]:
    """All that the control plane can write down."""
    kept = resource["enabledClusterLogTypes"]
    items = list(kept.items())
    known = [item.value for item in items if not item.hidden]
    missing = [name for name in config.required if name not in known]
    if not missing:
        return
    hidden = next((item for item in items if item.hidden), None)
    message = f"must hold {', '.join(missing)}"
    yield hidden.undecided(message) if hidden else kept.violation(message)


def secrets_encryption(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Secrets in etcd under a key of the account's own."""
    encryption = resource["encryptionConfig"]
    yield from encryption["provider"]["keyArn"].require("must name a KMS key")
    if not encryption.absent:
        yield from require_item(
            encryption["resources"], lambda value: value == "secrets", "must hold secrets"
        )


def authentication(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Access entries are in the plan and in CloudTrail; the aws-auth ConfigMap is in neither."""
    yield from resource["accessConfig"]["authenticationMode"].refuse_if(
        lambda value: value != "API", "must be API"
    )


def creator(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Whoever ran the first update stays administrator, and no list says so."""
    yield from resource["accessConfig"]["bootstrapClusterCreatorAdminPermissions"].refuse_if(
        lambda value: value is not False, "must be false"
    )


def masters(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The group that no rule of the cluster holds for."""
    for group in resource["kubernetesGroups"].items():
        yield from group.refuse_if(
            lambda value: value == "system:masters", "must not be system:masters"
        )


def administrators(resource: Resource, config: AdministratorsConfig) -> Iterator[Finding]:
    """The whole cluster for one principal that nobody listed."""
    principal = resource["principalArn"]
    if principal.value in config.principals:
        return
    listed = (principal,) if config.principals else ()
    yield from refuse_when(
        (resource["policyArn"], resource["accessScope"]["type"], *listed),
        lambda policy, scope, *_listed: (
            str(policy).rpartition("/")[2] in ADMIN and scope != "namespace"
        ),
        "must not administer the whole cluster",
    )


def pod_identity(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A cloud role for an account that every pod of the namespace has."""
    yield from resource["serviceAccount"].refuse_if(
        lambda value: value == "default", "must not be the default service account"
    )


def remote_access(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Without source groups, EKS opens port 22 of every node to the internet."""
    access = resource["remoteAccess"]
    if not access.absent:
        yield from refuse_when(
            (access["sourceSecurityGroupIds"], access["ec2SshKey"]),
            lambda groups, key: bool(key) and not groups,
            "must be set where there is an SSH key",
        )


RULES = (
    Rule(
        id="aws-eks/public-endpoint",
        severity=Severity.HIGH,
        protects="the cluster's API from the whole internet",
        fix="set endpointPublicAccess: false, or list the networks in publicAccessCidrs",
        reference="CIS EKS 5.4.1, 5.4.2; AWS-0040; CKV_AWS_39",
        kinds=CLUSTER,
        check=public_endpoint,
    ),
    Rule(
        id="aws-eks/logs",
        severity=Severity.MEDIUM,
        protects="the answer to who did what, which nobody can give later",
        fix="list all of them in enabledClusterLogTypes",
        reference="CIS EKS 2.1.1; AWS-0038; CKV_AWS_37",
        kinds=CLUSTER,
        check=logs,
        config=LogsConfig,
    ),
    Rule(
        id="aws-eks/secrets-encryption",
        severity=Severity.HIGH,
        protects="Kubernetes Secrets in copies of etcd",
        fix="set encryptionConfig with a KMS key of the account's and resources: [secrets]",
        reference="CIS EKS 5.3.1; AWS-0039; CKV_AWS_58",
        kinds=CLUSTER,
        check=secrets_encryption,
    ),
    Rule(
        id="aws-eks/authentication",
        severity=Severity.MEDIUM,
        protects="the list of who may enter, which a ConfigMap keeps out of sight",
        fix="set accessConfig.authenticationMode: API and make access entries",
        reference="CIS EKS 4.1.7; EKS best practices, Cluster access manager",
        kinds=CLUSTER,
        check=authentication,
    ),
    Rule(
        id="aws-eks/creator",
        severity=Severity.MEDIUM,
        protects="the cluster from an administrator that no list names",
        fix="set accessConfig.bootstrapClusterCreatorAdminPermissions: false",
        reference="EKS best practices, Remove the cluster-admin permissions from the creator",
        kinds=CLUSTER,
        check=creator,
        level=Level.ADVISORY,
    ),
    Rule(
        id="aws-eks/masters",
        severity=Severity.CRITICAL,
        protects="the cluster: system:masters is above all rules",
        fix="use a group with a role of its own, or an access policy",
        reference="CIS EKS 4.1.7; EKS best practices, Identity and access management",
        kinds=ENTRY,
        check=masters,
    ),
    Rule(
        id="aws-eks/administrators",
        severity=Severity.HIGH,
        protects="the cluster from principals that administer it unnoticed",
        fix="narrow accessScope to namespaces, or list the principal in this rule's config",
        reference="CIS EKS 4.1.1; EKS best practices, Cluster access manager",
        kinds=ASSOCIATION,
        check=administrators,
        config=AdministratorsConfig,
    ),
    Rule(
        id="aws-eks/pod-identity",
        severity=Severity.HIGH,
        protects="the cloud account from every pod that names no service account",
        fix="make a service account for the workload and give the role to it",
        reference="CIS EKS 5.2.1; EKS best practices, EKS Pod Identities",
        kinds=IDENTITY,
        check=pod_identity,
    ),
    Rule(
        id="aws-eks/remote-access",
        severity=Severity.HIGH,
        protects="nodes from password and key guessing on port 22",
        fix="remove remoteAccess (Session Manager needs none), or set sourceSecurityGroupIds",
        reference="CIS EKS 5.4.3; CKV_AWS_100",
        kinds=NODE_GROUP,
        check=remote_access,
    ),
)
