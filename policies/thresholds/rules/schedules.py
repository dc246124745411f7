"""Scaling, by load and by the clock, and jobs by the clock."""

from collections.abc import Iterator
from zoneinfo import available_timezones

from policies.framework.resource import Resource
from policies.framework.rule import NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import in_doubt, refuse_when
from policies.framework.values import Finding

SCALED = ("keda.sh/ScaledObject",)
CRON = ("batch/CronJob",)
ALLOWED = "researchflow.ai/allow-zero"
UNKNOWN_ZONE = "must be a time zone of the IANA database"
NO_CEILING = "must be set; unset, KEDA goes up to 100"
NOT_KNOWING = "must be 'false': without data, KEDA would take the load for 0"
NO_FALLBACK = "must be set, for the time in which nobody knows the load"
MAY_STOP = "must be 1 or more, unless the annotation says that nobody may be served"


class ZeroConfig(RuleConfig):
    """Stacks in which somebody is always served."""

    stacks: tuple[str, ...] = ("production",)


def zones(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A time zone that nobody knows: KEDA then scales by no clock at all."""
    if resource.kind in CRON:
        zone = resource["spec"]["timeZone"]
        if not zone.absent:
            yield from zone.refuse_if(_is_no_zone, UNKNOWN_ZONE)
        return
    for trigger in resource["spec"]["triggers"].items():
        kind = trigger["type"]
        if kind.hidden or kind.value == "cron":
            found = trigger["metadata"]["timezone"].refuse_if(_is_no_zone, UNKNOWN_ZONE)
            yield from in_doubt(found, kind)


def zero(resource: Resource, config: ZeroConfig) -> Iterator[Finding]:
    """No replicas outside the windows. Unset is 0 with KEDA."""
    allowed = resource["metadata"]["annotations"][ALLOWED]
    if resource.stack not in config.stacks or allowed.value == "true":
        return
    spec = resource["spec"]
    yield from refuse_when(
        (spec["minReplicaCount"], allowed), lambda least, _said: least in (None, 0), MAY_STOP
    )
    yield from refuse_when(
        (spec["idleReplicaCount"], allowed), lambda idle, _said: idle == 0, MAY_STOP
    )


def ceiling(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """No limit to what a load may cost."""
    yield from resource["spec"]["maxReplicaCount"].require(NO_CEILING)


def metrics(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """A scaler that takes missing metrics for idleness, in the middle of the rush."""
    fallback = resource["spec"]["fallback"]["replicas"]
    for trigger in resource["spec"]["triggers"].items():
        kind = trigger["type"]
        if kind.hidden or kind.value == "prometheus":
            found = (
                *trigger["metadata"]["ignoreNullValues"].refuse_if(_is_not_off, NOT_KNOWING),
                *fallback.require(NO_FALLBACK),
            )
            yield from in_doubt(found, kind)


def _is_not_off(value: object) -> bool:
    return value != "false"


def _is_no_zone(value: object) -> bool:
    return value not in available_timezones()


RULES = (
    Rule(
        id="schedules/zones",
        severity=Severity.MEDIUM,
        protects="the schedule, which an unknown time zone switches off",
        fix="use a name such as Europe/Berlin or UTC",
        reference="KEDA documentation, Cron scaler; guide, Schedule-based Scaling",
        kinds=(*SCALED, *CRON),
        check=zones,
    ),
    Rule(
        id="schedules/zero",
        severity=Severity.HIGH,
        protects="users of production, who would find nobody there",
        fix=f"set minReplicaCount to 1 or more, or annotate the object with {ALLOWED}: 'true'",
        reference="KEDA documentation, ScaledObject; guide, Schedule-based Scaling",
        kinds=SCALED,
        check=zero,
        config=ZeroConfig,
    ),
    Rule(
        id="scaling/ceiling",
        severity=Severity.HIGH,
        protects="the budget, which a scaler without a limit can spend in an hour",
        fix="set maxReplicaCount to what the capacity and the GPU pool hold",
        reference="KEDA documentation, ScaledObject",
        kinds=SCALED,
        check=ceiling,
    ),
    Rule(
        id="scaling/metrics",
        severity=Severity.HIGH,
        protects="users, whose servers would go while nobody knows the load",
        fix="set ignoreNullValues: 'false' on prometheus triggers, and fallback.replicas",
        reference="KEDA documentation, Prometheus scaler and fallback",
        kinds=SCALED,
        check=metrics,
    ),
)
