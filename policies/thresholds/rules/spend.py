"""What a stack costs a month, against what it may."""

from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, RuleConfig, Severity
from policies.framework.together import refuse_when
from policies.framework.values import Finding

BUDGET = ("researchflow:index:Budget",)


class NeededConfig(RuleConfig):
    """Stacks that must have a budget."""

    stacks: tuple[str, ...] = ("production",)


def expected(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The estimate at the usual load."""
    yield from _over(resource, "expected", "must not be above monthlyUsd")


def highest(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """The estimate with everything that may run running all month."""
    yield from _over(resource, "high", "may come to more than monthlyUsd")


def needed(resource: Resource, config: NeededConfig) -> Iterator[Finding]:
    """Without a budget nothing is too expensive."""
    if resource.stack in config.stacks and not resource["estimateUsd"].absent:
        yield from resource["monthlyUsd"].require("must be set")


def _over(resource: Resource, which: str, message: str) -> Iterator[Finding]:
    limit, estimate = resource["monthlyUsd"], resource["estimateUsd"][which]
    if not limit.absent and not estimate.absent:
        amounts = (estimate.value, limit.value)
        if all(isinstance(each, int | float) for each in amounts):
            message += " ({:,.2f} against {:,.2f})".format(*amounts)
        yield from refuse_when((estimate, limit), _is_more, message)


def _is_more(estimate: object, limit: object) -> bool:
    if not isinstance(estimate, int | float) or not isinstance(limit, int | float):
        return True
    return estimate > limit


RULES = (
    Rule(
        id="spend/expected",
        severity=Severity.HIGH,
        protects="the budget of the stack",
        fix="use fewer or smaller GPUs, add a schedule, or raise cost.budget; see rf cost",
        reference="guide, Cost Optimization",
        kinds=BUDGET,
        check=expected,
    ),
    Rule(
        id="spend/highest",
        severity=Severity.MEDIUM,
        protects="the budget of the stack in a month of full load",
        fix="lower the ceiling of the GPU pool, or raise cost.budget; see rf cost",
        reference="guide, Cost Optimization",
        kinds=BUDGET,
        check=highest,
        level=Level.ADVISORY,
    ),
    Rule(
        id="spend/budget",
        severity=Severity.LOW,
        protects="the account: without a budget no estimate is too high",
        fix="set cost.budget to what a month may cost in US dollars",
        reference="guide, Cost Optimization",
        kinds=BUDGET,
        check=needed,
        config=NeededConfig,
        level=Level.ADVISORY,
    ),
)
