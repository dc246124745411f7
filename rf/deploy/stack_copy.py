"""The stack file that the CLI works on: the committed one, plus secrets that stay on this machine.

The CLI rewrites values of a stack file and appends a salt, so it never gets the committed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ..plan.stackfile import secure_values
from ..replace_file import replace_file
from ..strict_yaml import read_mapping
from .folder import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")
"""Keys of a stack file that say how its secrets are encrypted."""


def merged(committed: Mapping[str, Any], former: Mapping[str, Any]) -> dict[str, Any]:
    """``committed``, overlaid with the encryption and the secrets of the ``former`` copy.

    What the committed file says wins. Where it has an encryption of its own, a former copy with
    another one is dropped: its secrets could not be decrypted any more.
    """
    own, kept = _encryption(committed), _encryption(former)
    if own and own != kept:
        return dict(committed)
    config = {**secure_values(former.get("config") or {}), **(committed.get("config") or {})}
    return {**committed, "config": config, **kept}


def write_copy(committed: Path, copy: Path, *, keep_secrets: bool) -> None:
    """Write ``copy`` anew from ``committed``.

    ``keep_secrets``: overlaid with what ``copy`` holds so far. The secrets of a stack that a team
    shares are in the committed file, or else one machine would have them and the next would not.
    """
    former = read_mapping(copy) if keep_secrets and copy.exists() else {}
    content = merged(read_mapping(committed), former)
    replace_file(copy, rendered(content), mode=PRIVATE)


def secrets_in(file: Path) -> frozenset[str]:
    """Full keys of the encrypted values in a stack file."""
    return frozenset(secure_values(read_mapping(file).get("config") or {}))


def _encryption(stack_file: Mapping[str, Any]) -> dict[str, Any]:
    return {key: stack_file[key] for key in ENCRYPTION if key in stack_file}


class _Dumper(yaml.SafeDumper):
    """Text in double quotes, no anchors: ``1e3`` is text to one YAML reader and 1000 to another."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Dumper.add_representer(str, _quoted)


def rendered(content: Mapping[str, Any]) -> str:
    """``content`` as YAML that every reader takes for the same values."""
    return yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, width=10**9)
