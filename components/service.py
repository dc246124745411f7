"""AIService: joins a spec and a platform into one ComponentResource."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import pulumi

from .context import Context
from .scaling.plan import scaled
from .spec import ServiceSpec
from .spec.network import Edge

ArgsT = TypeVar("ArgsT")


class Platform(Protocol):
    """Turns specs into resources, as children of ``parent``."""

    def deliver(self, spec: ServiceSpec, parent: pulumi.Resource) -> Sequence[pulumi.Resource]:
        """The live files of ``spec``: what its server watches while it runs."""

    def realise(
        self,
        spec: ServiceSpec,
        callers: tuple[Edge, ...],
        parent: pulumi.Resource,
        *,
        delivered: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Everything else. ``callers``: who may reach the service, and on which port."""


class AIService(pulumi.ComponentResource, Generic[ArgsT]):
    """One service of the platform, realised by whichever platform it is given.

    A subclass names its ``service`` and ``args_type`` and describes itself; that is all there is
    to a new service. Inputs of the component are plain values that policies may read; no secret
    is ever among them. ``delivered``: its live files, where a Rollout has registered them; left
    out, they are its own.
    """

    service: ClassVar[str]
    args_type: ClassVar[type[Any]]
    tracked: ClassVar[bool] = False
    """Whether two versions of it may run side by side, behind the gateway."""

    instance: pulumi.Output[str]
    """DNS name of the service inside the platform."""
    image: pulumi.Output[str]

    @classmethod
    @abstractmethod
    def describe(cls, args: ArgsT, context: Context) -> ServiceSpec:
        """The service as plain data."""

    @classmethod
    def spec(cls, args: ArgsT, context: Context) -> ServiceSpec:
        """The service as it describes itself, and how many copies of it run."""
        return scaled(cls.describe(args, context), context.scaling.get(cls.service))

    @classmethod
    def wanted(cls, context: Context) -> bool:  # noqa: ARG003 most exist everywhere
        """Whether this service exists in such surroundings (a GPU exporter needs GPUs)."""
        return True

    def __init__(  # noqa: PLR0913 the last five are keyword-only
        self,
        name: str,
        args: ArgsT,
        *,
        platform: Platform,
        context: Context | None = None,
        callers: tuple[Edge, ...] = (),
        delivered: Sequence[pulumi.Resource] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        spec = self.spec(args, context or Context())
        super().__init__(
            f"researchflow:index:{type(self).__name__}", name, component_inputs(spec), opts
        )
        if delivered is None:
            delivered = platform.deliver(spec, self)
        platform.realise(spec, callers, self, delivered=delivered)
        self.instance = pulumi.Output.from_input(spec.instance)
        self.image = pulumi.Output.from_input(spec.image)
        self.register_outputs({"instance": self.instance, "image": self.image})


def component_inputs(spec: ServiceSpec) -> dict[str, Any]:
    """The facts that policies judge a service by."""
    return {
        "service": spec.name,
        "track": spec.track or "",
        "category": spec.category,
        "image": spec.image,
        "replicas": spec.least,
        **({"maxReplicas": spec.most} if spec.scaling else {}),
        "cpu": spec.resources.cpu,
        "memoryGibibytes": spec.resources.memory,
        "gpus": spec.resources.gpus,
        "drainSeconds": spec.drain.seconds,
        "encrypted": any(port.tls for port in spec.ports),
        **spec.facts,
    }
