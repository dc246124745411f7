"""AWS rights and buckets as pulumi-aws 7 describes them."""

import json
from typing import Any

from tests.policy.cases.case import Case

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"
EVERY_SWITCH = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"policy": document(*statements)}


def public(**more: Any) -> dict[str, Any]:
    """A policy that allows everybody to read."""
    return policy({"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*", **more})


def trust(principal: Any, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    conditions = {"Condition": condition} if condition else {}
    return {"assumeRolePolicy": document(statement | conditions)}


def association(policy_name: str, **scope: Any) -> dict[str, Any]:
    return {
        "policyArn": f"arn:aws:eks::aws:cluster-access-policy/{policy_name}",
        "principalArn": "arn:aws:iam::123456789012:role/operators",
        "accessScope": scope,
    }


def case(rule: str, token: str, red: tuple[Any, ...], green: tuple[Any, ...], **more: Any) -> Case:
    return Case(rule=f"aws-{rule}", token=token, red=red, green=green, **more)


IAM = (
    case(
        "iam/wildcards",
        POLICY,
        red=(
            policy(allow("*")),
            policy(allow(["s3:GetObject", "s3:*"])),
            policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
            {"policy": json.loads(document(allow("*")))},
        ),
        green=(
            policy(allow("s3:*", "arn:aws:s3:::backups/*")),
            policy(allow(["ec2:DescribeInstances"])),
            policy({"Effect": "Deny", "Action": "*", "Resource": "*"}),
        ),
    ),
    case(
        "iam/wildcards",
        ROLE,
        red=({"inlinePolicies": [{"name": "a", "policy": document(allow("*"))}]},),
        green=({"inlinePolicies": [{"name": "a", "policy": document(allow("s3:Get*"))}]}, {}),
    ),
    case(
        "iam/passes-rights",
        POLICY,
        red=(
            policy(allow("iam:PassRole")),
            policy(allow(["s3:GetObject", "sts:AssumeRole"], "arn:aws:iam::123456789012:role/*")),
        ),
        green=(
            policy(allow("iam:PassRole", "arn:aws:iam::123456789012:role/node")),
            policy(
                allow(
                    "iam:PassRole",
                    Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
                )
            ),
        ),
    ),
    case(
        "iam/trust",
        ROLE,
        red=(trust("*"), trust({"AWS": "*"}), trust({"AWS": ["arn:aws:iam::1:root", "*"]})),
        green=(
            trust({"Service": "eks.amazonaws.com"}),
            trust("*", StringEquals={"aws:PrincipalOrgID": "o-1"}),
        ),
    ),
    case(
        "iam/federation",
        ROLE,
        red=(
            trust({"Federated": f"arn:aws:iam::1:oidc-provider/{ISSUER}"}),
            trust(
                {"Federated": f"arn:aws:iam::1:oidc-provider/{ISSUER}"},
                StringEquals={f"{ISSUER}:aud": "sts.amazonaws.com"},
            ),
            trust(
                {"Federated": f"arn:aws:iam::1:oidc-provider/{ISSUER}"},
                StringLike={f"{ISSUER}:sub": "*", f"{ISSUER}:aud": "sts.amazonaws.com"},
            ),
        ),
        green=(
            trust(
                {"Federated": f"arn:aws:iam::1:oidc-provider/{ISSUER}"},
                StringEquals={
                    f"{ISSUER}:aud": "sts.amazonaws.com",
                    f"{ISSUER}:sub": "system:serviceaccount:ai:backup",
                },
            ),
            trust({"Service": "pods.eks.amazonaws.com"}),
        ),
    ),
    case(
        "iam/full-access",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        red=({"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},),
        green=({"policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},),
    ),
    case(
        "iam/full-access",
        ROLE,
        red=({"managedPolicyArns": ["arn:aws:iam::aws:policy/IAMFullAccess"]},),
        green=({"managedPolicyArns": []}, {}),
    ),
)

S3 = (
    *(
        case("s3/public-acl", token, red=({"acl": "public-read"},), green=({"acl": "private"}, {}))
        for token in (BUCKET, "aws:s3/bucketAcl:BucketAcl")
    ),
    case(
        "s3/public-policy",
        "aws:s3/bucketPolicy:BucketPolicy",
        red=(public(), public(Principal={"AWS": "*"})),
        green=(
            public(Condition={"Bool": {"aws:SecureTransport": "true"}}),
            public(Effect="Deny"),
            public(Principal={"AWS": "arn:aws:iam::123456789012:role/backup"}),
        ),
    ),
    case(
        "s3/public-access-block",
        BLOCK,
        red=({}, EVERY_SWITCH | {"ignorePublicAcls": False}),
        green=(EVERY_SWITCH,),
    ),
    case(
        "s3/versioning",
        VERSIONING,
        red=({"versioningConfiguration": {"status": "Suspended"}},),
        green=({"versioningConfiguration": {"status": "Enabled"}},),
    ),
    case(
        "s3/own-key",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        red=({"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},),
        green=({"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]},),
    ),
    case("s3/force-destroy", BUCKET, red=({"forceDestroy": True},), green=({},)),
    case(
        "s3/incomplete",
        BUCKET,
        red=({"bucket": "models"},),
        green=({"bucket": "backups"}, {}),
        beside=(
            (VERSIONING, {"bucket": "backups"}),
            (BLOCK, {"bucket": "backups"} | EVERY_SWITCH),
        ),
    ),
)

CASES = (*IAM, *S3)
