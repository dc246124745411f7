"""Finds the digest of every image of a stack, all or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..errors import BadInputError
from .reference import Reference, parse, with_digest
from .registry import RegistryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .stack_images import StackImage


class Digests(Protocol):
    """Whoever knows the content of tags."""

    def digest(self, reference: Reference) -> str:
        """The digest that the tag of ``reference`` names; RegistryError otherwise."""
        ...


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What became of one image: the reference to use, or a reason why it stays as it is."""

    found: StackImage
    image: str
    skipped: str | None = None

    @property
    def changed(self) -> bool:
        """Whether the stack file says something else."""
        return self.image != self.found.image


def resolve(images: Sequence[StackImage], registries: Digests, file: str) -> tuple[Resolved, ...]:
    """Each image with the digest of its tag; BadInputError with a line for every one that has none.

    Every registry is asked before the first failure is reported, and an image used twice once.
    """
    digests: dict[str, str] = {}
    failures: dict[str, str] = {}
    for each in images:
        if each.reason_to_skip or each.pulled in digests or each.pulled in failures:
            continue
        reference = parse(each.pulled)
        try:
            digests[each.pulled] = registries.digest(reference)
        except RegistryError as error:
            failures[each.pulled] = f"{each.pulled}: the registry {reference.registry} {error}"
    if failures:
        raise BadInputError("\n".join([*failures.values(), f"nothing was written to {file}"]))
    return tuple(
        Resolved(found=each, image=each.image, skipped=each.reason_to_skip)
        if each.reason_to_skip
        else Resolved(found=each, image=with_digest(each.image, digests[each.pulled]))
        for each in images
    )
