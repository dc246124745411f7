"""The component that owns whatever changes while the platform runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pulumi

from ..catalogue import Entry
from ..context import Context
from ..service import Platform
from ..spec import ServiceSpec
from .args import EVERYBODY, RolloutArgs
from .version import version


class Rollout(pulumi.ComponentResource):
    """Route files of the gateway and flag file of flagd, written from one source.

    Its children are all files that servers watch, so a change of a weight or a percentage is a
    change of this component and of nothing else. Its inputs are plain values: policies see weights,
    the last pass on record and freezes.
    """

    weights: pulumi.Output[dict[str, dict[str, int]]]
    """Per cent of users by service and track."""

    def __init__(  # noqa: PLR0913 all but the first two are keyword-only
        self,
        name: str,
        args: RolloutArgs,
        *,
        entries: Sequence[Entry],
        platform: Platform,
        context: Context,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        specs = [entry.spec for entry in entries]
        features = dict(context.features)
        super().__init__(
            "researchflow:index:Rollout", name, component_inputs(args, specs, features), opts
        )
        self._delivered = {
            spec.instance: platform.deliver(spec, self) for spec in specs if spec.live_files
        }
        self.weights = pulumi.Output.from_input(args.weights)
        self.register_outputs({"weights": self.weights, "features": features})

    def delivered(self, spec: ServiceSpec) -> Sequence[pulumi.Resource]:
        """What the live files of ``spec`` are made of; nothing when it has none."""
        return self._delivered.get(spec.instance, ())


def component_inputs(
    args: RolloutArgs, specs: Sequence[ServiceSpec], features: dict[str, int]
) -> dict[str, Any]:
    """The facts that policies judge a rollout by."""
    return {
        "services": {
            spec.name: _service_inputs(args, spec, specs)
            for spec in specs
            if spec.track == "stable"
        },
        "features": features,
        "steps": list(args.steps),
        "pace": _plain(args.pace),
        "featureServices": _plain(args.feature_services),
        "store": _plain(args.store),
        "notify": args.notify,
        "freeze": [
            {
                "start": freeze.start.isoformat(),
                "end": freeze.end.isoformat(),
                "reason": freeze.reason,
            }
            for freeze in args.freeze
        ],
    }


def _service_inputs(
    args: RolloutArgs, stable: ServiceSpec, specs: Sequence[ServiceSpec]
) -> dict[str, Any]:
    weights = args.weights.get(stable.name, {"stable": EVERYBODY, "canary": 0})
    found: dict[str, Any] = {"weights": weights, "stableVersion": version(stable)}
    for spec in specs:
        if (spec.name, spec.track) == (stable.name, "canary"):
            found["canaryVersion"] = version(spec)
    found["gates"] = _plain(args.service(stable.name).gates)
    passed = args.service(stable.name).passed
    if passed:
        found["passed"] = {
            "version": passed.version,
            "weight": passed.weight,
            "verdict": passed.verdict,
            **({"forced": True} if passed.forced else {}),
        }
    return found


def _plain(args: Any) -> dict[str, Any]:
    """``args`` as inputs, those that are not set left out."""
    fields = json.loads(json.dumps(asdict(args)))
    return {camel(name): value for name, value in fields.items() if value is not None}


def camel(name: str) -> str:
    """``max_hold`` as ``maxHold``: component inputs are spelt as other resources' are."""
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
