"""What the README shows of ``rf plan`` is what it says, numbers included (``make golden``)."""

import io
import re
from pathlib import Path

from rich.console import Console

from rf.plan import tree
from rf.plan.manifests import Written, render
from rf.plan.model import Plan
from rf.policy.planned import judge_plan
from rf.policy.report import lines
from tests.golden.accepted import compare

README = Path("README.md")
SAMPLE = re.compile(r"(?m)^    staging  researchflow-ai, .*\n(?:    .*\n)+")


def said(plan: Plan) -> list[str]:
    """The lines of ``rf plan STACK --verbose``."""
    text = io.StringIO()
    console = Console(file=text, width=tree.PLAIN_WIDTH)
    written = Written(folder=Path(".rf/manifests", plan.stack), files=len(render(plan)))
    console.print(tree.render(plan, manifests=written, verbose=True, width=tree.PLAIN_WIDTH))
    for line in lines(judge_plan(plan)):
        console.print(line)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def renewed(line: str, output: list[str]) -> str:
    """The line that ``rf`` says now: the one with the same words up to the first number."""
    words = re.split(r"\d", line.strip())[0]
    return next((f"    {each}" for each in output if each.startswith(words)), "    (gone)")


def test_the_sample_in_the_readme_is_what_is_said(plans: dict[str, Plan]) -> None:
    output = said(plans["staging"])
    page = README.read_text(encoding="utf-8")

    sample = SAMPLE.search(page)

    assert sample
    shown = [
        line if line == "    ..." else renewed(line, output) for line in sample[0].splitlines()
    ]
    compare(README, page.replace(sample[0], "\n".join(shown) + "\n"))
