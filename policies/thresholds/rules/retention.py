"""How long measurements are kept."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Rule, RuleConfig, Severity
from policies.framework.values import Finding


class RetentionConfig(RuleConfig):
    """Fewest days, and the stacks for which that holds."""

    days: int = 30
    stacks: tuple[str, ...] = ("production",)


def metrics(resource: Resource, config: RetentionConfig) -> Iterator[Finding]:
    """Last month's figures, to compare this month's with."""
    if resource.stack in config.stacks:
        yield from resource["retentionDays"].refuse_if(
            lambda value: not isinstance(value, int | float) or value < config.days,
            f"must be {config.days} or more",
        )


RULES = (
    Rule(
        id="retention/metrics",
        severity=Severity.MEDIUM,
        protects="the answer to what was different last month; deleted samples never come back",
        fix="set services.prometheus.retention to 30d or more",
        reference="guide, Prometheus Data Retention",
        kinds=("researchflow:index:Prometheus",),
        check=metrics,
        config=RetentionConfig,
    ),
)
