"""flagd: the feature-flag service (OpenFeature remote evaluation, OFREP, over HTTP)."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic.dataclasses import dataclass

from .context import Context
from .service import AIService
from .spec import ServiceSpec
from .spec.health import Health, HttpCheck, NoTool
from .spec.mounts import File
from .spec.network import Port, Scrape
from .spec.runs import Drain, Resources
from .types import STRICT, Count, CpuQuantity, Gibibytes, ImageReference

OFREP_PORT = 8080
MANAGEMENT_PORT = 8014
FLAG_FILE = "/etc/flagd/flags/flags.json"
SCHEMA = "https://flagd.dev/schema/v0/flags.json"
EVERYBODY = 100


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FlagsArgs:
    """Settings of flagd. The percentages themselves are the setting ``features``."""

    image: ImageReference = "ghcr.io/open-feature/flagd:v0.16.0"
    replicas: Count = 1
    cpu: CpuQuantity = 0.25
    memory: Gibibytes = 0.125


class Flags(AIService[FlagsArgs]):
    """FEATURE_FLAG_SERVICE: says which users see a feature."""

    service = "flags"
    args_type = FlagsArgs

    @classmethod
    def describe(cls, args: FlagsArgs, context: Context) -> ServiceSpec:
        no_shell = NoTool(reason="flagd's image holds nothing but flagd")
        return ServiceSpec(
            name=cls.service,
            category="delivery",
            image=args.image,
            user=65532,
            group=65532,
            replicas=args.replicas,
            args=(
                "start",
                f"--uri=file:{FLAG_FILE}",
                f"--ofrep-port={OFREP_PORT}",
                f"--management-port={MANAGEMENT_PORT}",
                "--log-format=json",
                # Every level above it is one to flagd.
                *(("--debug",) if context.log_level == "debug" else ()),
            ),
            ports=(
                Port(name="ofrep", number=OFREP_PORT, published=OFREP_PORT),
                Port(name="management", number=MANAGEMENT_PORT),
            ),
            health=Health(
                ready=HttpCheck(port=MANAGEMENT_PORT, path="/readyz", tool=no_shell),
                live=HttpCheck(port=MANAGEMENT_PORT, path="/healthz", tool=no_shell),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(File(path=FLAG_FILE, content=flag_file(context.features), live=True),),
            scrape=Scrape(port=MANAGEMENT_PORT),
            serves_clients=True,
            edge=True,
            drain=Drain(seconds=10),
        )


def flag_file(features: Mapping[str, int]) -> str:
    """The flagd flag file for ``features`` (name: per cent of users), sorted and newline-ended.

    0 and 100 are static variants and the weights are integers: flagd turns a rule with any other
    weight into "off for everybody" without a word (report B §2.6).
    """
    flags = {name: flag(percentage) for name, percentage in sorted(features.items())}
    return json.dumps({"$schema": SCHEMA, "flags": flags}, indent=2) + "\n"


def flag(percentage: int) -> dict[str, Any]:
    """One boolean flag that is on for ``percentage`` of the users."""
    definition: dict[str, Any] = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "on" if percentage == EVERYBODY else "off",
    }
    if 0 < percentage < EVERYBODY:
        split = [["on", percentage], ["off", EVERYBODY - percentage]]
        definition["targeting"] = {"fractional": split}
    return definition
