"""Exceptions from rules, with someone who answers for each and a day on which it ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .resource import Resource


class WaiverError(Exception):
    """The file of waivers is wrong; the message has one line for each problem."""


class Waiver(BaseModel):
    """One rule for a few resources, for one reason.

    ``resources`` are exact, by stack, as findings name them: ``DaemonSet node/node-exporter``.
    ``owner`` is a role. ``expires`` is the last day on which it holds.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    rule: str
    resources: dict[str, tuple[str, ...]] = Field(min_length=1)
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    expires: date

    def covers(self, rule: str, resource: Resource) -> bool:
        """Whether it is about ``rule`` and ``resource``."""
        return rule == self.rule and resource.label in self.resources.get(resource.stack, ())


class _File(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    waivers: tuple[Waiver, ...]


def waivers_in(content: object, known_rules: Iterable[str]) -> tuple[Waiver, ...]:
    """The waivers of a parsed file; WaiverError names all that is wrong with it."""
    try:
        found = _File.model_validate(content).waivers
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise WaiverError("\n".join(lines)) from None
    rules = set(known_rules)
    unknown = [f"{each.rule}: unknown rule" for each in found if each.rule not in rules]
    if unknown:
        raise WaiverError("\n".join(unknown))
    return found


@dataclass(frozen=True)
class Waivers:
    """All waivers, on one day."""

    waivers: tuple[Waiver, ...] = ()
    today: date = date.max

    def covering(self, rule: str, resource: Resource) -> Waiver | None:
        """The waiver of ``rule`` for ``resource``, expired or not; of several, the longest."""
        found = [each for each in self.waivers if each.covers(rule, resource)]
        return max(found, key=lambda each: each.expires, default=None)

    def expired(self, waiver: Waiver) -> bool:
        """Whether its last day has passed."""
        return waiver.expires < self.today
