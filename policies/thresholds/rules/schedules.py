"""Scaling and jobs by the clock."""

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
)
