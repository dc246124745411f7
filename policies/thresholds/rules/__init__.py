"""All rules of the pack ``thresholds``."""

from policies.framework.rule import AnyRule

from . import (
    alerts,
    availability,
    backups,
    gpus,
    memory_volumes,
    retention,
    rollout,
    schedules,
    spend,
)

RULES: tuple[AnyRule, ...] = (
    *rollout.RULES,
    *alerts.RULES,
    *retention.RULES,
    *backups.RULES,
    *availability.RULES,
    *gpus.RULES,
    *memory_volumes.RULES,
    *schedules.RULES,
    *spend.RULES,
)
