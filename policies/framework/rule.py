"""A rule: a small pure function, and what people need to know about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict

from .resource import Resource
from .values import Finding


class Level(Enum):
    """What a violation does."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    DISABLED = "disabled"


class Severity(Enum):
    """How bad a violation is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class RuleConfig(BaseModel):
    """Base of a rule's config. Keys are snake_case, and every one has a default."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True)


class NoConfig(RuleConfig):
    """For rules without anything to configure."""


Check: TypeAlias = Callable[[Resource, Any], Iterable[Finding]]
StackCheck: TypeAlias = Callable[[tuple[Resource, ...], Any], Iterable[tuple[Resource, Finding]]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``check`` looks at one resource of a kind in ``kinds`` and yields what it finds.

    ``id`` is ``family/name``; ``protects`` says what a violation puts at risk and ``fix`` what to
    do, each in a sentence. ``reference`` is where the requirement comes from. ``kinds`` are as
    ``resource.kind_of`` gives them.
    """

    id: str
    severity: Severity
    protects: str
    fix: str
    reference: str
    kinds: tuple[str, ...]
    check: Check
    config: type[RuleConfig] = NoConfig
    level: Level = Level.MANDATORY


@dataclass(frozen=True, kw_only=True)
class StackRule:
    """A rule about several resources together: ``check`` sees all of a stack, or all of the files.

    It can only advise. The engine runs such rules after everything was made, so a mandatory rule
    has to be a ``Rule``. A finding is (the resource it is about, what is wrong).
    """

    id: str
    severity: Severity
    protects: str
    fix: str
    reference: str
    kinds: tuple[str, ...]
    check: StackCheck
    config: type[RuleConfig] = NoConfig
    level: Level = Level.ADVISORY


AnyRule: TypeAlias = Rule | StackRule
