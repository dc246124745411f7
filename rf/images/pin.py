"""Pins the images of one stack: asks, writes, and says what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..stack_edit import rewrite
from .credentials import read_logins
from .registry import Registries
from .resolve import resolve
from .stack_images import stack_images

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..stacks import CheckedStack
    from .resolve import Resolved


def resolve_stack(checked: CheckedStack, environment: Mapping[str, str]) -> tuple[Resolved, ...]:
    """The images of ``checked`` as their registries know them; BadInputError unless all answer."""
    registries = Registries(logins=read_logins(environment))
    return resolve(stack_images(checked.stack), registries, checked.path.name)


def write(checked: CheckedStack, changed: Sequence[Resolved]) -> None:
    """Write ``changed`` into the stack file."""
    rewrite(checked.path, checked.key, {each.found.path: each.image for each in changed})


def report(checked: CheckedStack, resolved: Sequence[Resolved], *, written: bool) -> Iterator[str]:
    """A line for each image, one for the file, and one for the waiver where there is any."""
    for each in resolved:
        yield f"{each.found.setting}: {each.image} ({_state(each)})"
    file = checked.path.name
    changed = sum(each.changed for each in resolved)
    images = "1 image" if changed == 1 else f"{changed} images"
    if not changed:
        yield f"{file} is up to date"
    elif written:
        yield f"{file}: wrote {images}"
    else:
        yield f"{file}: {images} to change, nothing was written"
    if "tag_waiver" in checked.platform.get("images", {}):
        yield _about_waiver(file, [each.image for each in resolved if "@" not in each.image])


def _state(resolved: Resolved) -> str:
    if resolved.changed:
        return f"was {resolved.found.image}"
    return resolved.skipped or "unchanged"


def _about_waiver(file: str, tagged: Sequence[str]) -> str:
    if tagged:
        return f"images.tag_waiver is still needed, for {', '.join(tagged)}"
    return f"every image has a digest: remove images.tag_waiver from {file}"
