"""Rights in an AWS account. Key policies are no matter of these: their ``*`` is the key itself."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, Severity
from policies.framework.values import Finding, Node

from .aws_documents import Statement, allows_everybody, refuse_statement

ROLE = "aws:iam/role:Role"
POLICIES = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)
ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
)
FULL = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
CHANGES_RIGHTS = ("iam:*", "iam:PassRole", "sts:AssumeRole", "organizations:*")
OIDC = "oidc"


def wildcards(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``*`` as action, a whole service on everything, or all but a few actions."""
    for document in documents(resource):
        yield from refuse_statement(
            document, _too_wide, "must name the actions and resources that are used"
        )


def passes_rights(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Taking or giving any role is to have the rights of all of them."""
    for document in documents(resource):
        yield from refuse_statement(
            document, _passes_any_role, "must name the roles that it may pass or take"
        )


def trust(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A role that anybody may take."""
    yield from refuse_statement(
        resource["assumeRolePolicy"],
        allows_everybody,
        "must name the principals that may take the role",
    )


def federation(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """An identity provider speaks for many; conditions say for whom the role is."""
    yield from refuse_statement(
        resource["assumeRolePolicy"],
        _trusts_whole_provider,
        "must compare the token's sub and aud in a condition",
    )


def full_access(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """AWS' own policies that allow everything."""
    arns = [resource["policyArn"], *resource["managedPolicyArns"].items()]
    for arn in arns:
        yield from arn.refuse_if(
            lambda value: isinstance(value, str) and value.rpartition("/")[2] in FULL,
            f"must not be one of {', '.join(FULL)}",
        )


def documents(resource: Resource) -> Iterator[Node]:
    """The documents that give rights, wherever they stand."""
    if resource.type == ROLE:
        for inline in resource["inlinePolicies"].items():
            yield inline["policy"]
    else:
        yield resource["policy"]


def _too_wide(statement: Statement) -> bool:
    everywhere = "*" in statement.resources
    whole_service = any(action.endswith(":*") for action in statement.actions)
    return (
        "*" in statement.actions
        or "*:*" in statement.actions
        or (everywhere and whole_service)
        or (everywhere and statement.everything_but)
    )


def _passes_any_role(statement: Statement) -> bool:
    everywhere = any(
        resource == "*" or resource.endswith(":role/*") for resource in statement.resources
    )
    return (
        everywhere
        and not statement.conditions
        and any(action in CHANGES_RIGHTS for action in statement.actions)
    )


def _trusts_whole_provider(statement: Statement) -> bool:
    if not any(OIDC in principal for principal in statement.principals):
        return False
    keys = {
        key.rpartition(":")[2]
        for operator in statement.conditions.values()
        if isinstance(operator, dict)
        for key, value in operator.items()
        if value not in ("*", ["*"])
    }
    return not {"sub", "aud"} <= keys


RULES = (
    Rule(
        id="aws-iam/wildcards",
        severity=Severity.HIGH,
        protects="the account: whoever gets these credentials gets all that the wildcard means",
        fix="list the actions, and the ARNs of the resources",
        reference="CKV_AWS_62, 63, 290, 355; AWS-0057; CIS AWS 1.16",
        kinds=(*POLICIES, ROLE),
        check=wildcards,
    ),
    Rule(
        id="aws-iam/passes-rights",
        severity=Severity.HIGH,
        protects="the account: a role that may pass or take any role is an administrator",
        fix="list the ARNs of the roles, and set iam:PassedToService as condition",
        reference="AWS-0342; CKV_AWS_286",
        kinds=(*POLICIES, ROLE),
        check=passes_rights,
    ),
    Rule(
        id="aws-iam/trust",
        severity=Severity.CRITICAL,
        protects="the account from everybody who has one",
        fix="name accounts, roles or services in Principal",
        reference="CKV_AWS_60, 61",
        kinds=(ROLE,),
        check=trust,
    ),
    Rule(
        id="aws-iam/federation",
        severity=Severity.HIGH,
        protects="the role from every pod or repository that the identity provider speaks for",
        fix="add StringEquals on the provider's :sub and :aud",
        reference="CKV_AWS_358; EKS best practices, Scope the IAM role trust policy for IRSA",
        kinds=(ROLE,),
        check=federation,
    ),
    Rule(
        id="aws-iam/full-access",
        severity=Severity.HIGH,
        protects="the account: these policies allow everything",
        fix="attach a policy with the actions that are used",
        reference="CKV_AWS_274; AWS-0057; CIS AWS 1.16",
        kinds=(*ATTACHMENTS, ROLE),
        check=full_access,
    ),
)
