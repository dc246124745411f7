"""Runs rules over resources. Pure: what is found is returned, and nothing is raised."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .resource import Resource, members
from .rule import AnyRule, Level, Rule, RuleConfig, StackRule
from .settings import Setting
from .values import Finding
from .waivers import Waiver, Waivers

LIST = "List"
NOT_RUN = "this rule could not run"
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one rule says about one path of one resource.

    ``waiver`` is who answers for it; one that has ``expired`` excuses nothing.
    """

    rule: AnyRule
    level: Level
    resource: Resource
    finding: Finding
    waiver: Waiver | None = None
    expired: bool = False

    @property
    def waived(self) -> bool:
        """Whether somebody answers for it today."""
        return self.waiver is not None and not self.expired

    @property
    def undecided(self) -> bool:
        """Whether the rule could not tell."""
        return bool(self.finding.undecided) and not self.waived

    @property
    def violation(self) -> bool:
        """Whether the rule is broken and nobody answers for it."""
        return not self.finding.undecided and not self.waived

    @property
    def blocks(self) -> bool:
        """Whether this stops a deployment."""
        return self.violation and self.level is Level.MANDATORY


class Checker:
    """Rules with their settings and waivers, ready to look at many resources."""

    def __init__(
        self, rules: Iterable[AnyRule], settings: Mapping[str, Setting], waivers: Waivers
    ) -> None:
        self._settings = settings
        self._waivers = waivers
        self._by_kind: dict[str, list[Rule]] = {}
        self._together: list[StackRule] = []
        for rule in rules:
            if settings[rule.id].level is Level.DISABLED:
                continue
            if isinstance(rule, StackRule):
                self._together.append(rule)
            else:
                for kind in rule.kinds:
                    self._by_kind.setdefault(kind, []).append(rule)
        self._kinds_together = {kind for rule in self._together for kind in rule.kinds}

    def looks_at(self, kind: str) -> bool:
        """Whether any rule wants to see a resource of ``kind`` by itself."""
        return kind in self._by_kind or kind.endswith(LIST)

    def looks_together_at(self, kind: str) -> bool:
        """Whether any rule wants to see resources of ``kind`` beside others."""
        return kind in self._kinds_together or (kind.endswith(LIST) and bool(self._together))

    def check(self, resource: Resource) -> list[Result]:
        """What all rules say about ``resource`` or, if it is a list, about its members."""
        found: list[Result] = []
        for each in members(resource):
            for rule in self._by_kind.get(each.kind, ()):
                setting = self._settings[rule.id]
                findings, failure = _collected(rule.check, each, setting.config)
                if failure:
                    findings.append(Finding("", NOT_RUN, failure))
                if findings:
                    distinct = dict.fromkeys(findings)
                    found += [self._result(rule, setting, each, finding) for finding in distinct]
        return found

    def check_together(self, resources: Sequence[Resource]) -> list[Result]:
        """What the rules about several resources say."""
        everything = [each for resource in resources for each in members(resource)]
        found: list[Result] = []
        for rule in self._together:
            setting = self._settings[rule.id]
            seen = tuple(each for each in everything if each.kind in rule.kinds)
            if not seen:
                continue
            findings, failure = _collected(rule.check, seen, setting.config)
            if failure:
                findings.append((seen[0], Finding("", NOT_RUN, failure)))
            found += [self._result(rule, setting, each, finding) for each, finding in findings]
        return found

    def _result(
        self, rule: AnyRule, setting: Setting, resource: Resource, finding: Finding
    ) -> Result:
        waiver = self._waivers.covering(rule.id, resource)
        return Result(
            rule=rule,
            level=setting.level,
            resource=resource,
            finding=finding,
            waiver=waiver,
            expired=waiver is not None and self._waivers.expired(waiver),
        )


def _collected(
    check: Callable[[S, RuleConfig], Iterable[T]], subject: S, config: RuleConfig
) -> tuple[list[T], str]:
    """What ``check`` finds until it ends or fails, and a word about the exception, if one came.

    The exception's own text is left out, since it may hold a secret.
    """
    found: list[T] = []
    try:
        for each in check(subject, config):
            found.append(each)  # noqa: PERF402 what was found before the exception counts
    except Exception as error:  # noqa: BLE001 a defect in one rule must not hide the others
        return found, f"the rule failed with {type(error).__name__}"
    return found, ""
