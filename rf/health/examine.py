"""Asks everything once, in order."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from components.monitoring.prometheus import Prometheus

from . import monitoring
from .questions import questions
from .reach import Command, ReachError, Request
from .rows import Row, Verdict
from .verdicts import page, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from components.spec import ServiceSpec

    from .reach import Answer, Reach


@dataclass(frozen=True, kw_only=True)
class Examination:
    """Everything that is asked about ``specs``.

    ``runbooks``: where the runbooks are. ``clock``: seconds that only grow.
    """

    specs: Sequence[ServiceSpec]
    reach: Reach
    runbooks: str
    clock: Callable[[], float] = monotonic

    def rows(self) -> list[Row]:
        """Every row; where the platform itself cannot be asked, the last one says so."""
        found: list[Row] = []
        try:
            found.extend(self._platform())
            found.extend(self._services())
            found.extend(self._monitoring())
        except ReachError as error:
            found.append(not_reached(error))
        return found

    def _platform(self) -> Iterator[Row]:
        for problem in self.reach.lacking(self.specs):
            yield Row(
                subject="cluster",
                asked="whether it serves what services need",
                answer="it does not, or does not say",
                verdict=Verdict.FAILED,
                advice=problem,
            )

    def _services(self) -> Iterator[Row]:
        for question in questions(self.specs, any_port=self.reach.any_port):
            answers, seconds = self._timed(question.spec, question.ask)
            yield verdict(question, answers, seconds=seconds, runbooks=self.runbooks)

    def _monitoring(self) -> Iterator[Row]:
        prometheus = [spec for spec in self.specs if spec.name == Prometheus.service]
        for spec in prometheus:
            told = self._told(spec, monitoring.TARGETS)
            yield from monitoring.targets(told, self.specs) if told else self._unknown("targets")
            told = self._told(spec, monitoring.ALERTS)
            yield from monitoring.alerts(told) if told else self._unknown("alerts")

    def _told(self, spec: ServiceSpec, path: str) -> monitoring.Told | None:
        """What Prometheus says; None where it says nothing that makes sense."""
        answers, seconds = self._timed(spec, Request(port=spec.port("http"), path=path))
        try:
            data = monitoring.data(answers[0].body if answers else b"")
        except ValueError:
            return None
        return monitoring.Told(data=data, seconds=seconds, runbooks=self.runbooks)

    def _timed(self, spec: ServiceSpec, ask: Request | Command) -> tuple[tuple[Answer, ...], float]:
        began = self.clock()
        if isinstance(ask, Command):
            answers = self.reach.run(spec, ask)
        else:
            answers = self.reach.send(spec, ask)
        return answers, self.clock() - began

    def _unknown(self, what: str) -> Iterator[Row]:
        yield Row(
            subject=what,
            asked="Prometheus",
            answer="unknown: it gives no answer",
            verdict=Verdict.FAILED,
            advice=f"see {page(self.runbooks, 'ServiceDown')}",
        )


def not_reached(error: ReachError) -> Row:
    """The platform itself cannot be asked."""
    return Row(
        subject="platform",
        asked="whether it can be asked",
        answer=str(error),
        verdict=Verdict.FAILED,
        advice="nothing more is known until it answers",
    )
