"""What ``rf policy check`` prints.

The JSON is ``{"version": 1, "objects", "rules", "blocks", "findings": [{"file", …}], "unreadable":
[{"path", "reason"}]}``; ``report.to_data`` says what else a finding has.
"""

from itertools import groupby
from typing import Any

from rich.console import Console

from policies.framework.evaluate import Result

from .files import Objects
from .judge import Verdict
from .report import summary, to_data, told

VERSION = 1


def document(verdict: Verdict, objects: Objects) -> dict[str, Any]:
    """Everything, for tools."""
    return {
        "version": VERSION,
        "objects": len(objects.resources),
        "rules": verdict.rules,
        "blocks": verdict.blocks,
        "findings": [{"file": _file(each), **to_data(each)} for each in verdict.results],
        "unreadable": [
            {"path": path, "reason": reason} for path, reason in objects.unreadable.items()
        ],
    }


def show(verdict: Verdict, objects: Objects) -> None:
    """The findings file by file, and the sum, for people."""
    console = Console(highlight=False, markup=False, emoji=False)
    for file, results in groupby(sorted(verdict.results, key=_file), key=_file):
        console.print(file, soft_wrap=True)
        for line in told(results):
            console.print(line, soft_wrap=True)
    if not objects.resources:
        console.print("0 objects: nothing was checked.")
        return
    console.print(f"{len(objects.resources)} objects. ", end="")
    console.print(summary(verdict))


def _file(result: Result) -> str:
    return result.resource.urn
