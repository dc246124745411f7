"""What a stack file of the infrastructure may say: one section a component."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from ..budget.args import PriceArgs, PriceName
from ..faiss_jobs import ACCOUNT
from ..matching import Matching
from ..platforms.kubernetes.args import Cidr
from ..types import STRICT, Count, CpuQuantity, Gibibytes, Name, Switch
from .cidr import ZONES, checked

Account = Annotated[
    str,
    Matching(r"^[0-9]{12}$", "the 12 digits of an AWS account, in quotes", example="012345678901"),
]
"""Number of an AWS account, in quotes: YAML takes a leading zero away."""
RoleArn = Annotated[
    str,
    Matching(
        r"^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$",
        "the ARN of an IAM role",
        example="arn:aws:iam::012345678901:role/admin",
    ),
]
Email = Annotated[
    str,
    Field(max_length=254),
    Matching(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "a mail address", example="platform@example.com"),
]
KubernetesVersion = Annotated[
    str, Matching(r"^1\.[0-9]{2}$", "a minor version of Kubernetes, in quotes", example="1.35")
]
RetentionDays = Literal[30, 60, 90, 120, 150, 180, 365, 400, 545, 731]
"""Days that CloudWatch can keep logs for, from a month to two years."""
VpcCidr = Annotated[str, AfterValidator(checked)]
ZoneLetter = Annotated[
    str, Matching(r"^[a-z]$", "the small letter at the end of a zone's name", example="a")
]
RepositoryName = Annotated[
    str,
    Field(max_length=100),
    Matching(
        r"^[a-z0-9]+([._/-][a-z0-9]+)*$",
        "small letters and digits, with single dots, hyphens, _ and / between",
        example="faiss-server",
    ),
]


RESERVED_NAMES = ("default", "general-purpose", "system")
"""EKS's own pools and classes: it takes back what somebody makes under these names."""


def _not_reserved(name: str) -> str:
    if name in RESERVED_NAMES:
        raise ValueError(f"is a name of EKS's own; take none of {', '.join(RESERVED_NAMES)}")
    return name


PoolName = Annotated[Name, AfterValidator(_not_reserved)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NetworkArgs:
    """The VPC."""

    cidr: VpcCidr = "10.0.0.0/16"
    """Its addresses; they must not overlap those of networks that it is to be joined to."""
    zones: Annotated[tuple[ZoneLetter, ...], Field(min_length=ZONES, max_length=ZONES)] = (
        "a",
        "b",
        "c",
    )
    """Letters of three zones. Which have the GPUs, and which EKS refuses, differs by account."""
    nat_gateways: Literal["one", "each_zone"] = "each_zone"
    """``one`` costs a third, and takes the way out of all zones along when its own zone fails."""
    flow_log_days: RetentionDays = 90

    @model_validator(mode="after")
    def _zones_differ(self) -> "NetworkArgs":
        if len(set(self.zones)) < ZONES:
            raise ValueError(f"zones must be {ZONES} different letters")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ClusterArgs:
    """The control plane, and who may use its API."""

    version: KubernetesVersion
    """Minor version of Kubernetes. EKS goes up one at a time and never down."""
    administrators: Annotated[tuple[RoleArn, ...], Field(min_length=1)]
    """Roles that may change everything: those of whoever runs ``pulumi up``, here and for the
    services. ``policies/rules.yaml`` lists them too, so that a second pair of eyes sees it.
    """
    readers: tuple[RoleArn, ...] = ()
    """Roles that may look at everything but Secrets."""
    public_cidrs: tuple[Cidr, ...] = ()
    """Networks that reach the API over the internet. None: only the VPC, and what is joined to it,
    from where ``pulumi up`` then has to run.
    """
    log_days: RetentionDays = 90
    keda: Switch = False
    """Installs KEDA, which ``scaling`` of the services' stack needs; say ``target.keda: {}`` there.
    """


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StorageArgs:
    """The storage classes of the cluster. That of encrypted disks is always there."""

    shared: Switch = False
    """Makes a file system of EFS, and a class for volumes that several nodes mount at once."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BackupsArgs:
    """The bucket of backups."""

    lock: Literal["GOVERNANCE", "COMPLIANCE"] | None = None
    """Object lock of everything that arrives. It is a property of the bucket from its birth: to
    change it replaces the bucket.
    """
    lock_days: Annotated[int, Field(strict=True, ge=0, le=3650)] = 0
    """Days for which nobody can delete what arrived."""
    keep_days: Annotated[int, Field(strict=True, ge=30, le=3650)] = 90
    """Days for which a deleted or overwritten object can be had back."""

    @model_validator(mode="after")
    def _belong_together(self) -> "BackupsArgs":
        if (self.lock is not None) != (self.lock_days > 0):
            raise ValueError("lock and lock_days go together: set both, or neither")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class IdentityArgs:
    """Which pods get a role in the AWS account, by their service accounts."""

    namespace: Name = "researchflow-ai"
    """``target.namespace`` of the services' stack."""
    backups: tuple[Name, ...] = (ACCOUNT,)
    """Service accounts that read and write backups."""
    models: tuple[Name, ...] = ()
    """Service accounts that read the model repository: those of jobs that fill a volume from it."""

    @model_validator(mode="after")
    def _one_role_each(self) -> "IdentityArgs":
        both = sorted({*self.backups} & {*self.models})
        if both:
            raise ValueError(
                f"{', '.join(both)}: a service account has one role; take two accounts"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SpendArgs:
    """The alarm on the account's bill."""

    monthly: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """US dollars a month for all that the account runs."""
    emails: tuple[Email, ...] = ()
    """Who is told, beside whatever subscribes to the topic."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PoolArgs:
    """Nodes that come when pods wait and go when they are empty, up to a limit.

    With ``gpus`` they are for pods that ask for GPUs, and no others.
    """

    instance_types: tuple[
        Annotated[
            str,
            Matching(
                r"^[a-z0-9-]+\.[a-z0-9-]+$",
                "an EC2 type, its family and size",
                example="g5.2xlarge",
            ),
        ],
        ...,
    ] = ()
    """EC2 types, as g5.2xlarge; EKS takes the cheapest one that is to be had."""
    families: tuple[
        Annotated[str, Matching(r"^[a-z0-9-]+$", "a family of EC2 types", example="g5")], ...
    ] = ()
    """Whole families instead, as g5."""
    capacity: Annotated[tuple[Literal["spot", "on-demand"], ...], Field(min_length=1)] = (
        "on-demand",
    )
    """With both, spot nodes are taken where there are any."""
    reservations: tuple[
        Annotated[
            str,
            Matching(
                r"^cr-[0-9a-f]{8,17}$",
                "the ID of a capacity reservation",
                example="cr-0123456789abcdef0",
            ),
        ],
        ...,
    ] = ()
    """Capacity reservations that are used before anything else."""
    gpus: Count | None = None
    """The most GPUs of all nodes together; a ceiling on spend."""
    cpus: CpuQuantity | None = None
    """The most CPU cores of all nodes together."""
    memory: Gibibytes | None = None
    """The most RAM of all nodes together, in GiB."""
    disk: Annotated[int, Field(strict=True, ge=20, le=16384)] = 100
    """GiB of a node's disk, where images and the pods' scratch space are."""
    lifetime_days: Annotated[int, Field(strict=True, ge=1, le=20)] = 14
    """After so many days a node is replaced. EKS ends every node after 21 days, the day that pods
    are given to leave included, whatever a disruption budget says.
    """
    usual_nodes: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    """Nodes that are expected to run on average; for the estimate of the cost only."""

    @model_validator(mode="after")
    def _hang_together(self) -> "PoolArgs":
        if bool(self.instance_types) == bool(self.families):
            raise ValueError("needs instance_types or families, and not both")
        if self.gpus is None and (self.cpus is None or self.memory is None):
            raise ValueError("needs a limit: gpus, or cpus and memory")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class InfrastructureCostArgs:
    """What the estimate is made with; it changes nothing that runs."""

    prices: Mapping[PriceName, PriceArgs] = Field(default_factory=dict)
    """Prices that the table does not have, such as ``control-plane`` or ``auto-mode/g5.xlarge``."""
