"""The clients of a stack: what its file says of them, and how that is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import settings

from ..errors import BadInputError
from ..stack_edit import REMOVED, edited, rewrite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.gateway.access import AccessArgs, ClientAccessArgs

    from ..stacks import CheckedStack
    from .token import Issued

SECTION = ("services", "gateway", "access", "clients")
OVERLAP = 2
"""How many keys a client has at most: the one it uses, and the one that follows it."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """The clients of ``checked``."""

    checked: CheckedStack

    @property
    def access(self) -> AccessArgs:
        """What the stack file says."""
        found: AccessArgs = self.checked.stack.settings.services.gateway.access
        return found

    def client(self, name: str) -> ClientAccessArgs:
        """The client called ``name``; BadInputError lists those there are."""
        found = self.access.clients.get(name)
        if found is None:
            known = ", ".join(sorted(self.access.clients)) or "none"
            raise BadInputError(
                f"{self.checked.path.name}: there is no client {name!r}; clients: {known}"
            )
        return found

    def first_key(self, name: str) -> str:
        """What the key of a client without one is called; BadInputError where it has one."""
        client = self.access.clients.get(name)
        if client is not None and client.keys:
            raise BadInputError(
                f"{self.checked.path.name}: the client {name} has a key already; for another token "
                f"run rf clients rotate {name}"
            )
        return name

    def next_key(self, name: str) -> str:
        """What the key that follows is called; BadInputError where two are in use."""
        keys = by_age(self.client(name))
        if not keys:
            raise BadInputError(
                f"{self.checked.path.name}: the client {name} has no key; run rf clients issue "
                f"{name}"
            )
        if len(keys) >= OVERLAP:
            raise BadInputError(
                f"{self.checked.path.name}: the client {name} has the keys {' and '.join(keys)}; "
                f"when it uses {keys[-1]}, run rf clients revoke {name} --old, then repeat"
            )
        return f"{name}.{number(keys[-1]) + 1}"

    def keys_to_revoke(self, name: str, *, old: bool) -> tuple[str, ...]:
        """All keys of a client, or all but its last; BadInputError where there is none."""
        keys = by_age(self.client(name))
        found = keys[:-1] if old else keys
        if not found:
            what = "only one key" if keys else "no key"
            raise BadInputError(
                f"{self.checked.path.name}: the client {name} has {what}; nothing was changed"
            )
        return found

    def add(self, name: str, issued: Issued) -> None:
        """Write a key into the stack file."""
        entry = {"public": issued.public, "expires": issued.expires.isoformat()}
        self.write({(*SECTION, name, "keys", issued.key): entry})

    def remove(self, name: str, keys: tuple[str, ...]) -> None:
        """Take keys out of the stack file; the client stays, with its rate."""
        client = self.client(name)
        if client.rate is None and len(keys) == len(client.keys):
            self.write({(*SECTION, name): REMOVED})
            return
        self.write({(*SECTION, name, "keys", key): REMOVED for key in keys})

    def write(self, values: Mapping[tuple[str, ...], Any]) -> None:
        """Change the stack file, if what comes of it is a stack; BadInputError otherwise."""
        path = self.checked.path
        try:
            settings.parse(edited(self.checked.platform, values), path.name)
        except settings.SettingsError as error:
            raise BadInputError(str(error)) from None
        rewrite(path, self.checked.key, values)


def by_age(client: ClientAccessArgs) -> tuple[str, ...]:
    """The names of a client's keys, the oldest first."""
    return tuple(sorted(client.keys, key=number))


def number(key: str) -> int:
    """Which one it is of its client's keys, from 1."""
    return int(key.partition(".")[2] or 1)
