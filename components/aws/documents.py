"""Policy documents of AWS. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pulumi import Input

    from .site import Site

VERSION = "2012-10-17"
"""The newest version of the policy language."""
Statement = dict[str, Any]


def document(*statements: Statement) -> str:
    """The policy that holds ``statements``."""
    return json.dumps({"Version": VERSION, "Statement": list(statements)})


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[Input[str]] = (),
    *,
    principal: Mapping[str, Any] | None = None,
    conditions: Mapping[str, Mapping[str, Any]] | None = None,
) -> Statement:
    """A statement. A trust policy names no resources, a role's own policy no principal."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        **({"Principal": dict(principal)} if principal else {}),
        "Action": list(actions),
        **({"Resource": list(resources)} if resources else {}),
        **({"Condition": {**conditions}} if conditions else {}),
    }


def trust(service: str, *more_actions: str, account: str | None = None) -> str:
    """Who may take a role: ``service``, and only on behalf of ``account`` where it says for whom.

    EC2 does not say it, and for a control plane AWS asks for no condition.
    """
    condition = {"StringEquals": {"aws:SourceAccount": account}} if account else None
    return document(
        allow(
            "Service",
            ["sts:AssumeRole", *more_actions],
            principal={"Service": service},
            conditions=condition,
        )
    )


def tls_only(bucket: str) -> str:
    """The policy of a bucket that is not spoken to in the clear."""
    arn = f"arn:aws:s3:::{bucket}"
    return document(_deny_without_tls("s3:*", [arn, f"{arn}/*"]))


def mounted_over_tls(file_system: str) -> str:
    """The policy of the file system with that ARN: mounted with TLS only, and never as root.

    A policy takes the place of EFS's own, so it has to allow mounting too. The driver mounts
    without saying who it is: the security group decides who comes near.
    """
    mounting = allow(
        "Mount",
        ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        [file_system],
        principal={"AWS": "*"},
        conditions={"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
    )
    return document(mounting, _deny_without_tls("*", [file_system]))


def _deny_without_tls(action: str, resources: Sequence[str]) -> Statement:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def key_policy(site: Site, statements: Iterable[Statement]) -> str:
    """The policy of a KMS key, in which ``*`` is the key itself."""
    account = allow("Account", ["kms:*"], ["*"], principal={"AWS": site.root})
    return document(account, *statements)


def use_key(sid: str, *, roles: Sequence[str]) -> Statement:
    """``roles`` may encrypt and decrypt."""
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    return allow(sid, actions, ["*"], principal={"AWS": list(roles)})


def use_key_for_disks(role: str) -> tuple[Statement, Statement]:
    """``role`` may make encrypted disks, and let EC2 attach them."""
    actions = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
    ]
    principal = {"AWS": [role]}
    return (
        allow("Disks", actions, ["*"], principal=principal),
        allow(
            "DisksOfInstances",
            ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
            ["*"],
            principal=principal,
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    )


def use_key_for_logs(site: Site) -> Statement:
    """CloudWatch may encrypt the log groups of this account."""
    arn = f"arn:aws:logs:{site.region}:{site.account}:log-group:*"
    return allow(
        "Logs",
        ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        ["*"],
        principal={"Service": f"logs.{site.region}.amazonaws.com"},
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}},
    )


def use_key_for_budgets(site: Site) -> Statement:
    """AWS Budgets may write to an encrypted topic."""
    return allow(
        "Budgets",
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        ["*"],
        principal={"Service": "budgets.amazonaws.com"},
        conditions={"StringEquals": {"aws:SourceAccount": site.account}},
    )
