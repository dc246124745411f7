"""The settings of an infrastructure stack: one typed tree, frozen, unknown keys refused.

It stands below the same key as the services' settings, and says ``layer: infrastructure``.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from components.aws.args import (
    Account,
    BackupsArgs,
    ClusterArgs,
    IdentityArgs,
    InfrastructureCostArgs,
    NetworkArgs,
    PoolArgs,
    PoolName,
    RepositoryName,
    SpendArgs,
    StorageArgs,
)
from components.findings import findings
from components.matching import Matching
from components.types import STRICT, Name
from settings import KEY, SettingsError, read

LAYER = "infrastructure"
SCHEMA = "schemas/infrastructure.schema.json"
AwsRegion = Annotated[
    str, Matching(r"^[a-z]{2}(-[a-z]+)+-[0-9]$", "a region of AWS", example="eu-central-1")
]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Infrastructure:
    """What a stack file with ``layer: infrastructure`` may say below ``researchflow-ai:platform``.

    Its services are in another stack, so that moving a weight needs no rights in AWS, and no
    change of the cluster rewrites what runs on it.
    """

    layer: Literal["infrastructure"]
    environment: Literal["staging", "production"]
    account: Account
    """The only AWS account that this stack may touch."""
    region: AwsRegion
    name: Name = "researchflow-ai"
    """What names in the account begin with, before the environment."""
    tags: Mapping[str, str] = Field(default_factory=dict)
    """Tags of every resource in AWS, beside our own."""
    network: NetworkArgs = Field(default_factory=NetworkArgs)
    cluster: ClusterArgs
    pools: Annotated[Mapping[PoolName, PoolArgs], Field(min_length=1)]
    """Node pools by name. Services with GPUs go to the one that ``gpu.pool`` of their stack names,
    all others to those without GPUs."""

    storage: StorageArgs = Field(default_factory=StorageArgs)
    backups: BackupsArgs = Field(default_factory=BackupsArgs)
    repositories: tuple[RepositoryName, ...] = ("faiss-server", "ollama-exporter")
    """Registries of our own images."""
    identity: IdentityArgs = Field(default_factory=IdentityArgs)
    spend: SpendArgs | None = None
    """The budget, for the account's alarm and for the policies; without it there is neither."""
    cost: InfrastructureCostArgs = Field(default_factory=InfrastructureCostArgs)
    """What the monthly estimate is made with."""

    @property
    def full_name(self) -> str:
        """Prefix of every name, and the name of the cluster."""
        return f"{self.name}-{self.environment}"


def chosen() -> bool:
    """Whether this stack is one of infrastructure."""
    return is_infrastructure(read()[0])


def is_infrastructure(platform: Any) -> bool:
    """Whether settings are those of an infrastructure stack."""
    return isinstance(platform, dict) and platform.get("layer") == LAYER


def deploy() -> None:
    """Register the infrastructure that the stack file describes."""
    # pulumi-aws takes a moment to load, which stacks of services need not wait for.
    from components.aws.build import build  # noqa: PLC0415

    build(parse(*read()))


def parse(platform: Any, file: str) -> Infrastructure:
    """Check what stands below ``researchflow-ai:platform`` of ``file``; SettingsError otherwise."""
    root = f"researchflow-ai:{KEY}"
    tree = TypeAdapter(Infrastructure)
    try:
        settings = tree.validate_python(platform)
    except ValidationError as error:
        lines = findings(error, root, SCHEMA, tree)
        raise SettingsError("\n".join(f"{file}: {line}" for line in lines)) from None
    if all(pool.gpus for pool in settings.pools.values()):
        message = f"{file}: {root}.pools needs one without gpus, for all that asks for none"
        raise SettingsError(message)
    return settings
