"""Which versions one stack has that another is to get. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.catalogue import setting_key
from components.rollout.args import TRACKED

from ..own_images import is_own

if TYPE_CHECKING:
    from settings import Settings


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A service, and the image that its next version has."""

    service: str
    image: str


def candidates(proven: Settings, current: Settings) -> tuple[Candidate, ...]:
    """The images that ``proven`` has and ``current`` has not, not even on their way as a canary.

    Images that are built on the machine itself come from no registry, and are left out.
    """
    found = []
    for component in TRACKED:
        key = setting_key(component.service)
        image = getattr(proven.services, key).image
        canary = current.rollout.service(component.service).canary
        known = (getattr(current.services, key).image, getattr(canary, "image", None))
        if image not in known and not is_own(image):
            found.append(Candidate(service=component.service, image=image))
    return tuple(found)
