"""Settings of rollouts: a canary is what differs from the service's own section, and a weight."""

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from pydantic import (
    AwareDatetime,
    BaseModel,
    Field,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic.dataclasses import dataclass

from ..catalogue import CATALOGUE, setting_key
from ..matching import Matching
from ..types import STRICT, Percentage, Switch
from .gates import STEPS, GateArgs, PaceArgs, PatienceArgs
from .store import StoreArgs

EVERYBODY = 100
LATENCY: Mapping[str, Literal["relative"]] = MappingProxyType({"ollama": "relative"})
"""Services whose requests last as long as their answer is: no limit in ms suits all of them."""

Version = Annotated[
    str,
    Matching(
        r"^[0-9a-f]{12}$",
        "the 12 hexadecimal digits of a version, as the controller wrote them",
        example="0123456789ab",
    ),
]
"""What ``components.rollout.version`` calls a spec."""
Verdict = Annotated[
    str,
    Matching(
        r"^[0-9a-f]{64}$",
        "the 64 hexadecimal digits of a verdict, as the controller wrote them",
        example="0123456789abcdef" * 4,
    ),
]
"""SHA-256 of a verdict on record."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WeightsArgs:
    """Per cent of users that each version of a service gets; 100 in all."""

    stable: Percentage = EVERYBODY
    canary: Percentage = 0

    @model_validator(mode="after")
    def _they_are_everybody(self) -> "WeightsArgs":
        if self.stable + self.canary != EVERYBODY:
            raise ValueError(
                f"stable {self.stable} and canary {self.canary} are {self.stable + self.canary} "
                "per cent together; they must be 100"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PassArgs:
    """The last step that a canary passed, as the rollout controller recorded it."""

    version: Version
    weight: Percentage
    verdict: Verdict
    forced: Switch = False
    """A person let it go on without a pass (``rf rollout promote``): ``verdict`` is the one that
    there was."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FreezeArgs:
    """A time in which no weight may grow. Going back is always allowed."""

    start: AwareDatetime
    end: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _it_ends_after_it_starts(self) -> "FreezeArgs":
        if self.end <= self.start:
            raise ValueError(f"ends {self.end.isoformat()}, before it starts")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ServiceRolloutArgs:
    """The second version of one service, if there is one, and who gets it."""

    canary: Any = None
    weights: WeightsArgs = Field(default_factory=WeightsArgs)
    passed: PassArgs | None = None
    gates: GateArgs = Field(default_factory=GateArgs)
    """What a new version has to show before it gets more users."""

    @model_validator(mode="after")
    def _a_weight_needs_a_version(self) -> "ServiceRolloutArgs":
        if self.weights.canary and self.canary is None:
            raise ValueError(
                f"weights.canary is {self.weights.canary}, but there is no canary; say in canary "
                "what differs from the service's own section, or set weights.canary: 0"
            )
        return self


def changes(args_type: type[Any]) -> type[BaseModel]:
    """``args_type`` with every field optional: what is not set stays as the service has it."""
    hints = get_type_hints(args_type, include_extras=True)
    described = {
        name: (
            hints[name],
            Field(default=None, description=info.description, json_schema_extra=_without_default),
        )
        for name, info in args_type.__pydantic_fields__.items()
    }
    found: type[BaseModel] = create_model(  # type: ignore[call-overload]
        f"{args_type.__name__}Changes", __config__=STRICT, **described
    )
    found.__doc__ = f"What differs from the service's own section; see {args_type.__name__}."
    return found


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _service_rollout(service: str, args_type: type[Any]) -> type[Any]:
    """``ServiceRolloutArgs`` whose canary is checked like the service's own settings."""
    annotations = {"canary": changes(args_type) | None, "gates": GateArgs}
    gates = GateArgs(latency=LATENCY.get(service, "absolute"))
    name = args_type.__name__.replace("Args", "RolloutArgs")
    made = type(
        name,
        (ServiceRolloutArgs,),
        {
            "__annotations__": annotations,
            "canary": None,
            "gates": Field(default=gates, description="See GateArgs."),
            "__doc__": ServiceRolloutArgs.__doc__,
            "__module__": __name__,
        },
    )
    return dataclass(frozen=True, kw_only=True, config=STRICT)(made)


TRACKED: Sequence[Any] = tuple(component for component in CATALOGUE if component.tracked)
"""The services that clients reach through the gateway."""

if TYPE_CHECKING:
    ServiceRollouts = Any
else:
    ServiceRollouts = create_model(
        "ServiceRollouts",
        __config__=STRICT,
        **{
            setting_key(component.service): (made, Field(default_factory=made))
            for component in TRACKED
            for made in [_service_rollout(component.service, component.args_type)]
        },
    )


Service = Literal["ollama", "triton", "faiss"]
"""What clients reach through the gateway, which counts their requests."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FeatureServicesArgs:
    """The services that serve each feature: their requests say whether it does well."""

    ai_inference: Annotated[tuple[Service, ...], Field(min_length=1)] = ("ollama", "triton")
    vector_search: Annotated[tuple[Service, ...], Field(min_length=1)] = ("faiss",)
    semantic_cache: Annotated[tuple[Service, ...], Field(min_length=1)] = ("ollama", "triton")
    """Those that are asked where the cache has no answer."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RolloutArgs:
    """Versions that run side by side, how they reach users, and when nothing may change."""

    services: ServiceRollouts = Field(default_factory=ServiceRollouts)
    steps: Annotated[tuple[Percentage, ...], Field(min_length=1)] = STEPS
    """Per cent of users at each step of a rollout."""
    pace: PatienceArgs = Field(default_factory=PatienceArgs)
    feature_services: FeatureServicesArgs = Field(default_factory=FeatureServicesArgs)
    store: StoreArgs = Field(default_factory=StoreArgs)
    notify: Switch = False
    """Whether each step is told to the Slack-compatible webhook of the secret
    ``rolloutSlackUrl``."""
    freeze: tuple[FreezeArgs, ...] = ()

    @model_validator(mode="after")
    def _steps_lead_to_everybody(self) -> "RolloutArgs":
        if list(self.steps) != sorted(set(self.steps)) or self.steps[-1] != EVERYBODY:
            raise ValueError(f"steps {list(self.steps)} must grow, and end with 100")
        if self.steps[0] == 0:
            raise ValueError("steps begin with 0, where there is nothing to judge")
        return self

    @property
    def paces(self) -> PaceArgs:
        """Steps and patience together, as a plan wants them."""
        return PaceArgs(steps=self.steps, **dataclasses.asdict(self.pace))

    def service(self, name: str) -> ServiceRolloutArgs:
        """The rollout of the service called ``name``; AttributeError when it has no tracks."""
        found: ServiceRolloutArgs = getattr(self.services, setting_key(name))
        return found

    @property
    def weights(self) -> dict[str, dict[str, int]]:
        """Per cent of users by service and track."""
        return {
            component.service: dataclasses.asdict(self.service(component.service).weights)
            for component in TRACKED
        }

    @property
    def passed(self) -> dict[str, str]:
        """The version whose last pass is on record, by setting key of the service."""
        keys = [setting_key(component.service) for component in TRACKED]
        records = {key: self.service(key).passed for key in keys}
        return {key: record.version for key, record in records.items() if record is not None}

    def canaries(self, services: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of every canary: those of ``services`` (by setting key) with its changes.

        ValueError, with the key below ``rollout``, when the two do not go together.
        """
        found = {}
        for component in TRACKED:
            key = setting_key(component.service)
            changed = self.service(component.service).canary
            if changed is not None:
                values = {name: getattr(changed, name) for name in changed.model_fields_set}
                try:
                    found[key] = dataclasses.replace(services[key], **values)
                except ValidationError as error:
                    said = error.errors()[0]["msg"].removeprefix("Value error, ")
                    raise ValueError(f"services.{key}.canary: {said}") from None
        return found
