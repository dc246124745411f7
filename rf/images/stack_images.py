"""Every image that the settings of a stack name, and where in the settings it is named."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from components.audience import mirrored
from components.catalogue import setting_key
from components.types import ImageReference

from ..own_images import is_own
from .reference import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from settings import Stack

Path = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StackImage:
    """The image at ``path`` below the platform's settings. ``pulled``: as the stack pulls it."""

    path: Path
    image: str
    pulled: str

    @property
    def setting(self) -> str:
        """The path as messages write it: ``services.redis.image``."""
        return ".".join(self.path)

    @property
    def reason_to_skip(self) -> str | None:
        """Why no registry is asked about this image; None when one is."""
        if is_own(self.image):
            return "built by this project"
        if parse(self.image).tag is None:
            return "has a digest and no tag to look up"
        return None


def stack_images(stack: Stack) -> tuple[StackImage, ...]:
    """The images of a stack: its platform's, its sidecars', and its services'."""
    mirror = stack.settings.images.mirror
    found = [*_images(stack.settings.target, ("target",))]
    if stack.settings.internal_tls is not None:
        found += _images(stack.settings.internal_tls, ("internal_tls",))
    for entry in stack.entries:
        key = setting_key(entry.component.service)
        found += _images(entry.args, ("services", key))
    return tuple(
        StackImage(path=path, image=image, pulled=mirrored(image, mirror)) for path, image in found
    )


def _images(section: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Settings of the type ``ImageReference``, whatever they are called."""
    types = get_type_hints(type(section), include_extras=True)
    for each in fields(section):
        value = getattr(section, each.name)
        if types[each.name] == ImageReference:
            yield (*path, each.name), value
        elif is_dataclass(value):
            yield from _images(value, (*path, each.name))
