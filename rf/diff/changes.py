"""What happens to each resource between two plans of a stack. Pure."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from . import replacing
from .holding import loss
from .properties import differences
from .replacing import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..plan.model import Plan, Resource
    from .properties import Difference

Action = Literal["delete", "replace", "update", "create"]
ACTIONS: tuple[Action, ...] = ("delete", "replace", "update", "create")
"""The worst first."""
PROVIDER = "pulumi:providers:"


@dataclass(frozen=True, kw_only=True)
class Property:
    """A changed property, and what that does to its resource."""

    difference: Difference
    effect: Effect


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one resource; ``before`` and ``after`` are its registrations.

    ``component`` is what it is a part of (``Faiss faiss``), ``loss`` what goes with it when it is
    deleted or replaced. ``collides``: it is deleted and created under the name it has already,
    because the program moved it and gave no alias.
    """

    action: Action
    before: Resource | None
    after: Resource | None
    component: str
    properties: tuple[Property, ...] = ()
    loss: str | None = None
    collides: bool = False

    @property
    def resource(self) -> Resource:
        """The newer registration."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 a change has a side
        return found

    @property
    def label(self) -> str:
        """``PersistentVolumeClaim faiss-volume-data``."""
        return f"{self.resource.kind} {self.resource.name}"

    @property
    def may_replace(self) -> bool:
        """Whether an update may turn out to be a replacement."""
        return self.action == "update" and self._has(Effect.MAYBE)

    @property
    def refused(self) -> bool:
        """Whether the deployment will stop here, because engine or API refuse it."""
        going = self.action in ("delete", "replace")
        protected = self.before is not None and self.before.options.protect
        return self._has(Effect.REFUSED) or self.collides or (going and protected)

    @property
    def forgotten(self) -> bool:
        """Whether the engine only forgets it, and the thing itself stays."""
        going = self.action in ("delete", "replace")
        return going and self.before is not None and self.before.options.retain_on_delete

    @property
    def dangerous(self) -> bool:
        """Whether something is lost that the program cannot make again, or may be."""
        going = self.action in ("delete", "replace") or self.may_replace
        return self.loss is not None and going and not self.forgotten

    def _has(self, effect: Effect) -> bool:
        return any(each.effect is effect for each in self.properties)


def changes(base: Plan | None, head: Plan | None) -> tuple[Change, ...]:
    """Everything that differs, the worst first. None is a stack that is not there.

    Components are no things of their own, and what is only read is not changed by the engine.
    """
    old = {each.urn: each for each in (base.resources if base else ())}
    new = {each.urn: each for each in (head.resources if head else ())}
    former = _former(old, new)
    kept = set(former.values())
    created = [_made(each, new) for urn, each in new.items() if urn not in former]
    deleted = [_gone(each, old) for urn, each in old.items() if urn not in kept]
    pairs = [_of_pair(old[was], new[urn], new) for urn, was in former.items()]
    found = (*filter(None, pairs), *_collided(filter(None, (*created, *deleted))))
    return tuple(sorted(found, key=_place))


def _place(change: Change) -> tuple[bool, bool, int, str, str]:
    resource = change.resource
    rank = ACTIONS.index(change.action)
    return (not change.dangerous, not change.refused, rank, resource.kind, resource.urn)


def _former(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> dict[str, str]:
    """The URN that each resource had, for those that were there; parents come before children."""
    found: dict[str, str] = {}
    for urn, resource in new.items():
        names = [urn, *resource.options.aliases, *_inherited(resource, found)]
        was = next((name for name in names if name in old and name not in found.values()), None)
        if was is not None:
            found[urn] = was
    return found


def _inherited(resource: Resource, former: Mapping[str, str]) -> Iterator[str]:
    """The URNs that it had while its parent had another, as the engine works them out."""
    parent = former.get(resource.parent)
    if parent is None or parent == resource.parent:
        return
    stack, project, parent_types, parent_name = parent.split("::", 3)
    prefix = resource.parent.split("::", 3)[3]
    for urn in (resource.urn, *resource.options.aliases):
        types, name = urn.split("::", 3)[2:]
        if name.startswith(prefix):
            name = parent_name + name.removeprefix(prefix)
        yield f"{stack}::{project}::{parent_types}${types.rpartition('$')[2]}::{name}"


def _made(resource: Resource, new: Mapping[str, Resource]) -> Change | None:
    if not resource.custom or resource.read:
        return None
    component = _component(resource, new)
    return Change(action="create", before=None, after=resource, component=component)


def _gone(resource: Resource, old: Mapping[str, Resource]) -> Change | None:
    if not resource.custom or resource.read:
        return None
    return Change(
        action="delete",
        before=resource,
        after=None,
        component=_component(resource, old),
        # A provider that nothing needs any more takes nothing with it.
        loss=None if resource.type.startswith(PROVIDER) else loss(resource),
    )


def _of_pair(before: Resource, after: Resource, new: Mapping[str, Resource]) -> Change | None:
    if not after.custom or after.read or before.read:
        return None
    provider = new.get((after.provider or "").rpartition("::")[0])
    properties = tuple(
        Property(difference=each, effect=replacing.effect(each, after, provider))
        for each in differences(before.inputs, after.inputs)
        if not replacing.ignored(each, after)
    )
    if not properties:
        return None
    replaced = any(each.effect is Effect.REPLACE for each in properties)
    return Change(
        action="replace" if replaced else "update",
        before=before,
        after=after,
        component=_component(after, new),
        properties=properties,
        loss=loss(before),
    )


def _collided(found: Iterable[Change]) -> Iterator[Change]:
    """Creations and deletions; those of one and the same thing are marked."""
    each = list(found)
    times = Counter(name for change in each if (name := _real_name(change.resource)))
    for change in each:
        yield replace(change, collides=times[_real_name(change.resource)] > 1)


def _real_name(resource: Resource) -> str:
    """What cluster or machine knows the thing by; empty where only the provider can say."""
    metadata = resource.inputs.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
        where = [metadata.get("namespace"), metadata["name"]]
        return json.dumps([resource.type, *map(str, where)])
    name = resource.inputs.get("name")
    named = resource.type.startswith("docker:") and not resource.kind.endswith("Image")
    return json.dumps([resource.type, name]) if named and isinstance(name, str) else ""


def _component(resource: Resource, around: Mapping[str, Resource]) -> str:
    parent = around.get(resource.parent)
    return f"{parent.kind} {parent.name}" if parent else ""
