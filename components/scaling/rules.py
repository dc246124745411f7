"""What must hold between scaling and the rest of a stack. Each rule answers in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from ..catalogue import Entry
from ..context import Context
from ..gateway import GatewayArgs
from ..schedules import problems as schedule_problems
from .args import ScalingArgs

Problem = tuple[str, str]
MUST_SERVE = "production"


def scaling_makes_sense(
    entries: Sequence[Entry], context: Context, *, keda: bool, today: date
) -> Iterator[Problem]:
    """Everything about ``scaling``; capacity and GPUs are judged by the most that may run."""
    for service, args in context.scaling.items():
        key = f"scaling.{service}"
        if not context.kubernetes:
            yield (
                key,
                f"needs KEDA, which needs Kubernetes; remove it and set services.{service}.replicas"
                " instead",
            )
            continue
        if not keda:
            yield (
                key,
                "needs KEDA, and the stack does not say that the cluster has it; install it "
                "(docs/scaling.md) and set target.keda: {}, or remove the section",
            )
        yield from _clock(key, args, context, today)
        yield from _override(key, args, today)
    yield from _copies(entries, context.scaling)


def _clock(key: str, args: ScalingArgs, context: Context, today: date) -> Iterator[Problem]:
    production = context.environment == MUST_SERVE
    if args.schedule is not None:
        for problem in schedule_problems(args.schedule, production=production, today=today):
            yield f"{key}.schedule", problem
    elif production and args.least == 0 and not args.allow_zero:
        yield (
            f"{key}.load.min",
            "is 0, which leaves production without a replica while nobody asks; set it to 1 or "
            "more, or allow_zero: true",
        )


def _override(key: str, args: ScalingArgs, today: date) -> Iterator[Problem]:
    override = args.override
    if override is not None and override.until < today:
        yield (
            f"{key}.override",
            f"ended on {override.until}, and the service is still held at {override.replicas}; "
            "remove it, or set a later day",
        )


def _copies(entries: Sequence[Entry], scaling: Mapping[str, ScalingArgs]) -> Iterator[Problem]:
    for entry in entries:
        spec, args = entry.spec, scaling.get(entry.spec.name)
        if args is None:
            continue
        key = f"scaling.{spec.name}"
        if entry.is_canary and args.least == 0:
            yield (
                entry.section,
                f"is set, but {key} lets the service sleep, and a version that nobody runs cannot "
                "be judged; keep 1 or more while it is rolled out",
            )
        if args.load and not args.least <= spec.replicas <= args.most:
            yield (
                f"{entry.section}.replicas",
                f"is {spec.replicas}, but {key} runs {args.least} to {args.most}; it is what the "
                "service starts with, and the fewest that run while the load is not known",
            )
        unshared = [volume.name for volume in spec.volumes if not volume.shared]
        if spec.most > 1 and unshared:
            yield (
                key,
                f"may run {spec.most} replicas, but one models volume serves one node unless it is "
                f"shared: set services.{spec.name}.shared_models: true and a storage class that "
                "offers ReadWriteMany",
            )
        if isinstance(entry.args, GatewayArgs):
            yield from _rates(key, entry.args)


def _rates(key: str, gateway: GatewayArgs) -> Iterator[Problem]:
    limited = [name for name, client in gateway.access.clients.items() if client.rate is not None]
    if limited:
        yield (
            key,
            f"changes the number of gateways, but the rate of {', '.join(sorted(limited))} is "
            "divided by it; remove the section, or rate in services.gateway.access.clients",
        )
