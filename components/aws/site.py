"""Where in AWS a stack's resources are, and how they are called."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class Site:
    """One environment's place. Names and ARNs are worked out, not asked for: a plan shows them."""

    name: str
    """The prefix of every name, as researchflow-ai-staging."""
    environment: str
    account: str
    region: str

    @property
    def production(self) -> bool:
        """Whether what holds state is protected."""
        return self.environment == "production"

    @property
    def root(self) -> str:
        """The account itself, which decides by its roles' policies who may do what."""
        return f"arn:aws:iam::{self.account}:root"

    def role(self, name: str) -> str:
        """ARN of the role called ``name``."""
        return f"arn:aws:iam::{self.account}:role/{self.named(name)}"

    def named(self, name: str) -> str:
        """``name`` as it is called in the account."""
        return f"{self.name}-{name}"

    def bucket(self, name: str) -> str:
        """A bucket's name; the account's number in it, as all buckets of AWS share their names."""
        return f"{self.name}-{name}-{self.account}"

    def tags(self, name: str) -> dict[str, str]:
        """The tag that consoles show as a resource's name."""
        return {"Name": self.named(name)}


def aws_provider(site: Site, tags: dict[str, str] | None = None) -> aws.Provider:
    """The connection to AWS. It refuses credentials of any other account, on destroy as well."""
    return aws.Provider(
        "aws",
        region=site.region,
        allowed_account_ids=[site.account],
        default_tags=aws.ProviderDefaultTagsArgs(
            tags={
                "researchflow.ai/environment": site.environment,
                "researchflow.ai/managed-by": "pulumi",
                **(tags or {}),
            }
        ),
    )


def child(
    parent: pulumi.Resource, *after: pulumi.Resource, protect: bool = False
) -> pulumi.ResourceOptions:
    """Options of a resource of a component. A protected one is not deleted or replaced."""
    return pulumi.ResourceOptions(
        parent=parent, depends_on=list(after) or None, protect=protect or None
    )
