"""A policy pack for the engine: few policy objects, many rules.

The SDK decodes a resource's properties once a policy object, before any of them can look at the
type, so a pack has two for all its rules: what is mandatory and what is advice. A third runs when
everything has been registered and lists what could not be decided. It can only advise: a stack
policy runs after ``pulumi up`` has made everything.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from .evaluate import Checker, Result
from .resource import Resource, kind_of, stack_of
from .rule import AnyRule
from .sdk_values import plain
from .settings import RULES, merged, settings_of
from .waivers import Waiver, Waivers
from .wording import explanation, open_question, unused

STACK = "pulumi:pulumi:Stack"
"""The type of the first resource that the engine asks about."""
SCHEMA = PolicyConfigSchema(properties={RULES: {"type": "object"}})


class Run:
    """One run of the engine, a preview or an update, seen by the pack ``name``.

    The engine starts a process for each, so what was undecided is remembered here until the end.
    """

    def __init__(
        self,
        name: str,
        rules: Iterable[AnyRule],
        waivers: Waivers,
        settings: Mapping[str, Any] | None = None,
        ahead: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """``ahead`` tells what is refused of the whole program, before anything is made."""
        self._name = name
        self._rules = tuple(rules)
        self._waivers = waivers
        self._settings = settings or {}
        self._ahead = ahead
        self._checker: tuple[Mapping[str, Any], Checker] | None = None
        self._resources: list[Resource] = []
        self._results: list[Result] = []
        self._advice = threading.local()

    def policies(self) -> list[Policy]:
        """The objects that the SDK serves."""
        return [
            ResourceValidationPolicy(
                name=self._name,
                description=f"Mandatory rules of the pack {self._name}.",
                validate=self._mandatory,
                enforcement_level=EnforcementLevel.MANDATORY,
                config_schema=SCHEMA,
            ),
            ResourceValidationPolicy(
                name=f"{self._name}-advice",
                description=f"Advice of the pack {self._name}.",
                validate=self._advise,
                enforcement_level=EnforcementLevel.ADVISORY,
            ),
            StackValidationPolicy(
                name=f"{self._name}-summary",
                description=f"What the pack {self._name} could not decide, and unused waivers.",
                validate=self._summarise,
                enforcement_level=EnforcementLevel.ADVISORY,
            ),
        ]

    def _mandatory(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type == STACK:
            for message in self._ahead():
                report(message, None)
        found = self._check(args)
        for result in found:
            if result.blocks:
                report(explanation(result), None)
        # The SDK asks the policies of a pack one after the other, in one thread.
        self._advice.due = [each for each in found if each.violation and not each.blocks]

    def _advise(self, _args: ResourceValidationArgs, report: ReportViolation) -> None:
        for result in getattr(self._advice, "due", ()):
            report(explanation(result), None)
        self._advice.due = []

    def _summarise(self, args: StackValidationArgs, report: ReportViolation) -> None:
        together = self._checker[1].check_together(self._resources) if self._checker else []
        for result in together:
            if result.violation:
                report(explanation(result), result.resource.urn)
        everything = [*self._results, *together]
        for result in everything:
            if result.undecided:
                report(open_question(result), result.resource.urn)
        for stack in {stack_of(each.urn) for each in args.resources}:
            for line in unused(self._own_waivers(), stack, everything):
                report(line, None)

    def _own_waivers(self) -> list[Waiver]:
        ids = {rule.id for rule in self._rules}
        return [each for each in self._waivers.waivers if each.rule in ids]

    def _check(self, args: ResourceValidationArgs) -> list[Result]:
        checker = self._checker_for(args.get_config())
        kind = kind_of(args.resource_type)
        alone, together = checker.looks_at(kind), checker.looks_together_at(kind)
        if not alone and not together:
            return []
        resource = Resource(
            type=args.resource_type,
            name=args.name,
            properties=plain(args.props),
            urn=args.urn,
            stack=stack_of(args.urn),
            parent=args.opts.parent,
        )
        if together:
            self._resources.append(resource)
        found = checker.check(resource)
        # What the summary speaks of; violations have been told by then, and would only take room.
        self._results += [each for each in found if each.undecided or each.waiver]
        return found

    def _checker_for(self, config: Mapping[str, Any]) -> Checker:
        """The checker; ConfigError, which ends the run, where the config is wrong."""
        if self._checker is None or self._checker[0] != config:
            settings = settings_of(self._rules, merged(self._settings, plain(config)))
            self._checker = (config, Checker(self._rules, settings, self._waivers))
        return self._checker[1]
