"""Findings as people read them. No text from a resource's properties gets in here."""

from collections.abc import Iterable, Iterator

from .evaluate import Result
from .waivers import Waiver


def place(result: Result) -> str:
    """``Deployment ns/name spec.replicas``: what a finding is about."""
    return " ".join(filter(None, [result.resource.label, result.finding.path]))


def sentence(result: Result) -> str:
    """``[id] place: what is wrong``, in one line."""
    return f"[{result.rule.id}] {place(result)}: {result.finding.message}"


def explanation(result: Result) -> str:
    """A violation with what it puts at risk, what to do and where the rule comes from."""
    lines = [sentence(result), f"at risk: {result.rule.protects}", f"to do: {result.rule.fix}"]
    if result.waiver:
        lines.append(
            f"its waiver by {result.waiver.owner} ended on {result.waiver.expires.isoformat()}"
        )
    return "\n".join([*lines, f"see: {result.rule.reference}"])


def open_question(result: Result) -> str:
    """An undecided rule and why, in one line."""
    return f"{sentence(result)}; undecided: {result.finding.undecided}"


def unused(waivers: Iterable[Waiver], stack: str, results: Iterable[Result]) -> Iterator[str]:
    """A line for each resource of ``stack`` that is excused from what ``results`` do not hold."""
    used = {(result.rule.id, result.resource.label) for result in results if result.waiver}
    for waiver in waivers:
        for label in waiver.resources.get(stack, ()):
            if (waiver.rule, label) not in used:
                yield f"{label} needs no waiver of {waiver.rule}: remove it from waivers.yaml"
