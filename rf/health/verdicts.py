"""What answers come to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from .reach import Command
from .rows import Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .questions import Question
    from .reach import Answer

MOST_SHOWN = 3
"""Copies of a service that are named one by one."""


def verdict(question: Question, answers: Sequence[Answer], *, seconds: float, runbooks: str) -> Row:
    """One row: all copies well, or which are not and the page that helps.

    ``runbooks``: where the pages are.
    """
    if _asleep(question, answers):
        return Row(
            subject=question.subject,
            asked=question.words,
            answer="asleep: no copy runs, as scaling allows",
            verdict=Verdict.OK,
            seconds=seconds,
        )
    bad = [answer for answer in answers if not _good(question, answer)]
    failed = bool(bad) or not answers
    return Row(
        subject=question.subject,
        asked=question.words,
        answer=_failures(question, bad, of=len(answers)) if failed else _success(question, answers),
        verdict=Verdict.FAILED if failed else Verdict.OK,
        seconds=seconds,
        advice=f"see {page(runbooks, question.runbook)}" if failed else "",
    )


def page(runbooks: str, name: str) -> str:
    """Where the runbook ``name`` is."""
    return f"{runbooks.rstrip('/')}/{name}.md"


def _asleep(question: Question, answers: Sequence[Answer]) -> bool:
    """Whether a service has no copy and may have none, or every gateway says so in its place."""
    if not answers:
        return question.spec.least == 0
    return all(
        answer.status == HTTPStatus.SERVICE_UNAVAILABLE and b"asleep" in answer.body
        for answer in answers
    )


def _good(question: Question, answer: Answer) -> bool:
    if answer.status is None:
        return False
    if isinstance(question.ask, Command):
        return answer.status == 0
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def _success(question: Question, answers: Sequence[Answer]) -> str:
    said = "passed" if isinstance(question.ask, Command) else str(answers[0].status)
    return said if len(answers) == 1 else f"{said}, {len(answers)} copies"


def _failures(question: Question, bad: Sequence[Answer], *, of: int) -> str:
    if not bad:
        return "no copy runs"
    if of == 1:
        return _said(question, bad[0])
    shown = [f"{answer.copy}: {_said(question, answer)}" for answer in bad[:MOST_SHOWN]]
    more = len(bad) - MOST_SHOWN
    return "; ".join([*shown, f"and {more} more"] if more > 0 else shown)


def _said(question: Question, answer: Answer) -> str:
    if answer.status is None:
        return answer.fault
    return f"exit {answer.status}" if isinstance(question.ask, Command) else f"{answer.status}"
