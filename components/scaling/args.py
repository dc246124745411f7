"""What a stack file may say about scaling."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from ..schedules import Replicas, ScheduleArgs
from ..types import STRICT, Count, Switch

SCALABLE = ("ollama", "triton", "gateway")
"""Services whose copies are alike and keep nothing, by setting key."""
NOT_SCALABLE: Mapping[str, str] = MappingProxyType(
    {
        "faiss": "has one writer, which no copy can stand in for",
        "redis": "keeps its keys in one server",
        "prometheus": "keeps its samples in one server, and tells the others' load",
    }
)


def _scalable(service: str) -> str:
    if service not in SCALABLE:
        reason = NOT_SCALABLE.get(service, "is no service that can be scaled")
        message = f"{reason}; scaling is for {', '.join(SCALABLE)}"
        raise ValueError(message)
    return service


Scalable = Annotated[str, AfterValidator(_scalable), Field(json_schema_extra={"enum": [*SCALABLE]})]
PerReplica = Annotated[float, Field(ge=0.001, allow_inf_nan=False)]
"""KEDA counts in thousandths: of less it makes a target of 0, which Kubernetes refuses."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LoadArgs:
    """As many replicas as the requests at the gateway need, of all versions together."""

    in_flight: PerReplica | None = None
    """Requests that one replica answers at the same time. For answers that take long."""
    per_second: PerReplica | None = None
    """Requests a second that one replica answers. For answers that are short and alike."""
    max: Count
    """The most that run. A ceiling on spend: it has to fit into the capacity and the GPU pool."""
    min: Replicas | None = None
    """The fewest that run, 1 unless said. Where there is a schedule, the schedule says."""
    allow_zero: Switch = False
    """Production may have no replica while nobody asks: the first to ask is refused, and waits."""

    @model_validator(mode="after")
    def _one_measure_and_sane_bounds(self) -> "LoadArgs":
        if (self.in_flight is None) == (self.per_second is None):
            message = "needs one of in_flight and per_second, and not both"
            raise ValueError(message)
        if self.min is not None and self.min > self.max:
            raise ValueError(f"min is {self.min} and max is {self.max}; lower min or raise max")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OverrideArgs:
    """So many replicas whatever load and clock say, in an incident."""

    replicas: Count
    until: date
    """The last day. After it nothing is deployed before somebody has removed the override."""
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    """Who looks at it later wants to know; the number of the incident, say."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ScalingArgs:
    """How many replicas of one service run. Kubernetes with KEDA only.

    Load and schedule together: whichever wants more. ``replicas`` in the service's own section is
    what it starts with, and the fewest that run while the load is not known.
    """

    load: LoadArgs | None = None
    schedule: ScheduleArgs | None = None
    override: OverrideArgs | None = None

    @model_validator(mode="after")
    def _something_scales(self) -> "ScalingArgs":
        if self.load is None and self.schedule is None:
            message = "needs load, schedule or both; for a fixed number set replicas of the service"
            raise ValueError(message)
        if self.load and self.schedule:
            if self.load.min is not None or self.load.allow_zero:
                message = (
                    "has a schedule, which says how few may run; remove min and allow_zero from "
                    "load, and set outside and allow_zero of the schedule"
                )
                raise ValueError(message)
            if self.schedule.peak > self.load.max:
                raise ValueError(
                    f"load.max is {self.load.max}, but a window of the schedule has "
                    f"{self.schedule.peak} replicas; raise max or lower the window"
                )
        return self

    @property
    def least(self) -> int:
        """The fewest that run, an override aside."""
        if self.schedule is not None:
            return self.schedule.outside
        return 1 if self.load is None or self.load.min is None else self.load.min

    @property
    def most(self) -> int:
        """The most that load or clock ask for."""
        return max(
            self.load.max if self.load else 0,
            self.schedule.peak if self.schedule else 0,
        )

    @property
    def allow_zero(self) -> bool:
        """Whether somebody has said that production may have none."""
        said = self.schedule if self.schedule is not None else self.load
        return said is not None and said.allow_zero
