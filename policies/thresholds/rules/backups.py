"""Backups that are made, and restores that prove them, without anybody having to think of it."""

from collections.abc import Callable, Iterator
from zoneinfo import available_timezones

from components.weekly import longest_gap
from policies.framework.resource import Resource
from policies.framework.rule import Rule, RuleConfig, Severity
from policies.framework.together import in_doubt
from policies.framework.values import Finding

MINUTES = 60


class BackupsConfig(RuleConfig):
    """Most hours between two runs, and the stacks for which that holds."""

    backup_hours: int = 24
    drill_hours: int = 7 * 24
    stacks: tuple[str, ...] = ("staging", "production")


def scheduled(resource: Resource, config: BackupsConfig) -> Iterator[Finding]:
    """A canary follows the writer and has nothing of its own to keep."""
    track = resource["track"]
    if resource.stack not in config.stacks or track.value == "canary":
        return
    backup = resource["backup"]
    for key, hours in (("schedule", config.backup_hours), ("drillSchedule", config.drill_hours)):
        rarely = _rarer_than(hours)
        message = f"must be a weekly cron expression that strikes at least every {hours} hours"
        yield from in_doubt(backup[key].refuse_if(rarely, message), track)
    zones = backup["timezone"].refuse_if(
        lambda zone: zone not in available_timezones(),
        "must be a time zone of the IANA database",
    )
    yield from in_doubt(zones, track)


def _rarer_than(hours: int) -> Callable[[object], bool]:
    def is_rare(cron: object) -> bool:
        try:
            return longest_gap(str(cron)) > hours * MINUTES
        except ValueError:
            return True

    return is_rare


RULES = (
    Rule(
        id="backups/scheduled",
        severity=Severity.HIGH,
        protects="the vector indexes, which nothing else holds a copy of",
        fix="set services.faiss.backup.schedule to every day or more often, and drill_schedule to "
        "every week; both run on Kubernetes",
        reference="guide, Backup FAISS Indices",
        kinds=("researchflow:index:Faiss",),
        check=scheduled,
        config=BackupsConfig,
    ),
)
