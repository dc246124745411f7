"""How strict each rule is and what it is told.

Its defaults hold unless the repository's file says otherwise, and that unless the config that the
engine is given does. Both are ``{"rules": {"family/name": {"level": "advisory", "key": …}}}``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from .rule import AnyRule, Level, RuleConfig, StackRule

RULES = "rules"
LEVEL = "level"


class ConfigError(Exception):
    """The config of a pack is wrong; the message has one line for each problem."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What holds for one rule."""

    level: Level
    config: RuleConfig


def merged(base: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` over ``base``, property by property. Only ``base`` must be right."""
    given = config.get(RULES, {})
    if not isinstance(given, Mapping):
        return dict(config)
    rules = dict(base.get(RULES, {}))
    for id_, value in given.items():
        rules[id_] = {**rules.get(id_, {}), **value} if isinstance(value, Mapping) else value
    return {**config, RULES: rules}


def settings_of(rules: Iterable[AnyRule], config: Mapping[str, Any]) -> dict[str, Setting]:
    """The setting of every rule, by id; ConfigError names all that is wrong with ``config``."""
    by_id = {rule.id: rule for rule in rules}
    found = {id_: Setting(level=rule.level, config=rule.config()) for id_, rule in by_id.items()}
    problems = [f"{key}: unknown key; the one key is {RULES}" for key in config if key != RULES]
    given = config.get(RULES, {})
    if not isinstance(given, Mapping):
        problems.append(f"{RULES}: must be a mapping of rule ids")
        given = {}
    for id_, value in given.items():
        if id_ not in by_id:
            problems.append(f"{RULES}.{id_}: unknown rule; {_nearest(id_, by_id)}")
            continue
        try:
            found[id_] = _changed(by_id[id_], value)
        except ConfigError as error:
            problems.extend(str(error).splitlines())
    if problems:
        raise ConfigError("\n".join(problems))
    return found


def _changed(rule: AnyRule, value: Any) -> Setting:
    where = f"{RULES}.{rule.id}"
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: must be a mapping of properties")
    properties = dict(value)
    level = properties.pop(LEVEL, rule.level.value)
    levels = [each.value for each in _levels(rule)]
    if level not in levels:
        raise ConfigError(f"{where}.{LEVEL}: must be one of {', '.join(levels)}")
    try:
        config = rule.config.model_validate_json(json.dumps(properties))
    except ValidationError as error:
        raise ConfigError("\n".join(_lines(where, rule, error))) from None
    return Setting(level=Level(level), config=config)


def _levels(rule: AnyRule) -> tuple[Level, ...]:
    if isinstance(rule, StackRule):
        return (Level.ADVISORY, Level.DISABLED)
    return tuple(Level)


def _lines(where: str, rule: AnyRule, error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False):
        path = ".".join([where, *map(str, problem["loc"])])
        if problem["type"] == "extra_forbidden":
            known = ", ".join([LEVEL, *rule.config.model_fields])
            yield f"{path}: unknown property; the known ones are {known}"
        else:
            yield f"{path}: {problem['msg']}"


def _nearest(id_: str, known: Iterable[str]) -> str:
    ids = list(known)
    near = get_close_matches(id_, ids, n=3)
    return f"did you mean {', '.join(near)}?" if near else f"the known ones are {', '.join(ids)}"
