"""Runs the packs over resources that no engine is making."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from policies.framework.evaluate import Checker, Result
from policies.framework.resource import Resource
from policies.framework.rule import AnyRule
from policies.framework.settings import settings_of
from policies.framework.waivers import Waivers
from policies.framework.wording import unused
from policies.packs import FOLDER, FileError, every_rule, read_settings, read_waivers, today

from ..errors import BadInputError


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the rules say. ``unused_waivers`` is a line for each one that excused nothing."""

    rules: int
    results: tuple[Result, ...]
    unused_waivers: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether a deployment would be stopped."""
        return any(result.blocks for result in self.results)


def judge(
    resources: Sequence[Resource],
    rules: Iterable[AnyRule],
    waivers: Waivers | None = None,
    folder: Path = FOLDER,
) -> Verdict:
    """What ``rules``, set as in ``folder``, say about ``resources``, in that order."""
    known = tuple(rules)
    with _files():
        settings = settings_of(known, read_settings(known, folder))
    checker = Checker(known, settings, waivers or Waivers())
    alone = [result for each in resources for result in checker.check(each)]
    return Verdict(rules=len(known), results=(*alone, *checker.check_together(resources)))


def judge_stack(stack: str, resources: Sequence[Resource], folder: Path = FOLDER) -> Verdict:
    """What both packs say about a stack, with the settings and waivers in ``folder``."""
    with _files():
        waivers = Waivers(read_waivers(folder), today())
    found = judge(resources, every_rule(), waivers, folder)
    lines = tuple(unused(waivers.waivers, stack, found.results))
    return replace(found, unused_waivers=lines)


@contextmanager
def _files() -> Iterator[None]:
    """Mistakes in the packs' own files are the user's to mend."""
    try:
        yield
    except FileError as error:
        raise BadInputError(str(error)) from None
