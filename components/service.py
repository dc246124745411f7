"""AIService: joins a spec and a platform into one ComponentResource."""

from abc import abstractmethod
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import pulumi

from .context import Context
from .spec import Edge, ServiceSpec

ArgsT = TypeVar("ArgsT")


class Platform(Protocol):
    """Turns specs into resources. ``callers``: who may reach the service, and on which port."""

    def realise(
        self, spec: ServiceSpec, callers: tuple[Edge, ...], parent: pulumi.Resource
    ) -> None: ...


class AIService(pulumi.ComponentResource, Generic[ArgsT]):
    """One service of the platform, realised by whichever platform it is given.

    A subclass names its ``service`` and ``args_type`` and describes itself; that is all there is
    to a new service. Inputs of the component are plain values that policies may read; no secret
    is ever among them.
    """

    service: ClassVar[str]
    args_type: ClassVar[type[Any]]

    instance: pulumi.Output[str]
    """DNS name of the service inside the platform."""
    image: pulumi.Output[str]

    @classmethod
    @abstractmethod
    def describe(cls, args: ArgsT, context: Context) -> ServiceSpec:
        """The service as plain data."""

    @classmethod
    def wanted(cls, context: Context) -> bool:  # noqa: ARG003 most exist everywhere
        """Whether this service exists in such surroundings (a GPU exporter needs GPUs)."""
        return True

    def __init__(  # noqa: PLR0913 the last four are keyword-only
        self,
        name: str,
        args: ArgsT,
        *,
        platform: Platform,
        context: Context | None = None,
        callers: tuple[Edge, ...] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        spec = self.describe(args, context or Context())
        super().__init__(
            f"researchflow:index:{type(self).__name__}", name, component_inputs(spec), opts
        )
        platform.realise(spec, callers, self)
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
        "replicas": spec.replicas,
        "cpu": spec.resources.cpu,
        "memoryGibibytes": spec.resources.memory,
        "gpus": spec.resources.gpus,
        "drainSeconds": spec.drain.seconds,
    }
