"""Verdicts as people and tools read them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.text import Text

from policies.framework.evaluate import Result
from policies.framework.wording import place

from .judge import Verdict

STYLES = {"mandatory": "bold red", "advisory": "yellow", "undecided": "cyan"}


def outcome(result: Result) -> str:
    """One of violation, undecided, waived."""
    if result.waived:
        return "waived"
    return "undecided" if result.undecided else "violation"


def to_data(result: Result) -> dict[str, Any]:
    """One result for JSON. ``level`` is mandatory or advisory, ``outcome`` as above."""
    rule, finding, waiver = result.rule, result.finding, result.waiver
    return {
        "rule": rule.id,
        "level": result.level.value,
        "severity": rule.severity.value,
        "outcome": outcome(result),
        "object": result.resource.label,
        "path": finding.path,
        "message": finding.message,
        "undecided_because": finding.undecided or None,
        "protects": rule.protects,
        "fix": rule.fix,
        "reference": rule.reference,
        "waiver": waiver and {"owner": waiver.owner, "expires": waiver.expires.isoformat()},
    }


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """A verdict for JSON: ``{"blocks", "rules", "results": […], "unused_waivers"}``."""
    return {
        "blocks": verdict.blocks,
        "rules": verdict.rules,
        "results": [to_data(result) for result in verdict.results],
        "unused_waivers": list(verdict.unused_waivers),
    }


def lines(verdict: Verdict) -> Iterator[Text]:
    """The summary, violations, advice, what was undecided, and waivers without use."""
    yield summary(verdict)
    yield from told(verdict.results)
    for line in verdict.unused_waivers:
        yield Text(f"  {line}", style="yellow")


def told(results: Iterable[Result]) -> Iterator[Text]:
    """What is not waived, the worst first. The first of a rule says what is at risk and to do."""
    ordered = sorted(results, key=lambda each: (bool(each.finding.undecided), not each.blocks))
    explained = set()
    for result in ordered:
        if not result.waived:
            yield from _lines_of(result)
            if result.violation and result.rule.id not in explained:
                yield Text(f"    {result.rule.severity.value}: {result.rule.protects}", style="dim")
                yield Text(f"    to do: {result.rule.fix}", style="dim")
                explained.add(result.rule.id)


def _lines_of(result: Result) -> Iterator[Text]:
    word = "undecided" if result.undecided else result.level.value
    line = Text("  ").append(f"{word:<9}", style=STYLES[word])
    reason = f" ({result.finding.undecided})" if result.undecided else ""
    yield line.append(f"  {result.rule.id}  {place(result)}: {result.finding.message}{reason}")
    if result.expired and result.waiver:
        ended = result.waiver.expires.isoformat()
        yield Text(f"    its waiver by {result.waiver.owner} ended on {ended}", style="yellow")


def summary(verdict: Verdict) -> Text:
    """``Policies: 2 mandatory, 1 advisory, 3 undecided, 4 waived (40 rules)``."""
    counts = Counter(
        result.level.value if result.violation else outcome(result) for result in verdict.results
    )
    words = [
        f"{counts[word]} {word}"
        for word in ("mandatory", "advisory", "undecided", "waived")
        if counts[word]
    ]
    text = Text("Policies: ", style="bold")
    return text.append(f"{', '.join(words) or 'clean'} ({verdict.rules} rules)", style="not bold")
