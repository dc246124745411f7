"""The packs by name, with the settings and waivers of this repository."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from .framework.clock import now
from .framework.rule import AnyRule
from .framework.settings import RULES, ConfigError, settings_of
from .framework.waivers import Waiver, WaiverError, waivers_in
from .security.rules import RULES as SECURITY
from .thresholds.rules import RULES as THRESHOLDS

PACKS: dict[str, tuple[AnyRule, ...]] = {"security": SECURITY, "thresholds": THRESHOLDS}
FOLDER = Path(__file__).parent
SETTINGS = "rules.yaml"
WAIVERS = "waivers.yaml"


class FileError(Exception):
    """A file of the packs is wrong; the message names it and all that is wrong with it."""


def every_rule() -> tuple[AnyRule, ...]:
    """The rules of all packs."""
    return tuple(rule for rules in PACKS.values() for rule in rules)


def read_settings(rules: tuple[AnyRule, ...], folder: Path = FOLDER) -> dict[str, Any]:
    """What ``rules.yaml`` says of ``rules``, in the form of a pack's config; FileError."""
    content = _read(folder / SETTINGS)
    if not isinstance(content, Mapping):
        raise FileError(f"policies/{SETTINGS}: must be a mapping with the one key {RULES}")
    try:
        settings_of(every_rule(), content)
    except ConfigError as error:
        raise FileError(f"policies/{SETTINGS}: {error}") from None
    own = {rule.id for rule in rules}
    return {RULES: {id_: value for id_, value in content.get(RULES, {}).items() if id_ in own}}


def read_waivers(folder: Path = FOLDER) -> tuple[Waiver, ...]:
    """All waivers; FileError."""
    try:
        return waivers_in(_read(folder / WAIVERS), [rule.id for rule in every_rule()])
    except WaiverError as error:
        raise FileError(f"policies/{WAIVERS}: {error}") from None


def today() -> date:
    """The day that waivers are measured by, the same for everybody."""
    return now().date()


def _read(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise FileError(f"policies/{file.name}: {error}") from None
