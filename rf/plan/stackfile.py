"""Reads ``Pulumi.<stack>.yaml`` the way the Pulumi CLI does, and never decrypts anything."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import BadInputError
from ..project import Project
from ..strict_yaml import read_mapping

TOP_LEVEL = ("config", "encryptedkey", "encryptionsalt", "secretsprovider")
PROVIDERS = ("aws", "docker", "kubernetes", "pulumi")
"""Namespaces of config that belong to the engine and to the providers this project uses."""


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """Config of one stack by full key (``project:key``); ``secrets`` have a ``secure:`` value."""

    file: str
    plain: Mapping[str, str]
    secrets: tuple[str, ...]

    def refuse_plain_text(self, secrets: Collection[str]) -> None:
        """BadInputError, without the value, when a key of ``secrets`` holds plain text."""
        for key in secrets:
            if key in self.plain:
                name = key.partition(":")[2]
                stack = self.file.removeprefix("Pulumi.").removesuffix(".yaml")
                raise BadInputError(
                    f"{self.file}: {key} is a secret in plain text; change that secret, then run\n"
                    f"pulumi config set --secret {name} -s {stack}"
                )

    def refuse_unread(self, asked: Collection[str], secrets: Collection[str], project: str) -> None:
        """BadInputError for a key of the project's own that the program never looks at: a typo."""
        known = sorted({key for key in (*asked, *secrets) if key.startswith(f"{project}:")})
        for key in (*self.plain, *self.secrets):
            if key.startswith(f"{project}:") and key not in known:
                raise BadInputError(_unknown(self.file, key, known))


def read_stack(project: Project, stack: str) -> StackConfig:
    """The config of ``stack``; BadInputError names the file, the key and what is valid."""
    path = project.root / f"Pulumi.{stack}.yaml"
    if not path.exists():
        have = ", ".join(project.stacks) or "none"
        raise BadInputError(
            f"{path.name} does not exist: there is no stack {stack!r}; stacks: {have}"
        )
    data = read_mapping(path)
    for key in data:
        if key == "environment":
            raise BadInputError(
                f"{path.name}: environment: rf cannot read Pulumi ESC; use config instead"
            )
        if key not in TOP_LEVEL:
            raise BadInputError(_unknown(path.name, key, TOP_LEVEL))
    config = data.get("config")
    if not isinstance(config, dict) or not config:
        raise BadInputError(
            f"{path.name}: config is missing or empty; it holds the stack's settings"
        )
    return _split(path, project.name, {**project.config, **config})


def _split(path: Path, project: str, config: Mapping[str, Any]) -> StackConfig:
    plain: dict[str, str] = {}
    secrets: list[str] = []
    for key, value in config.items():
        _check_key(path.name, project, key)
        if _is_secure(value):
            secrets.append(key)
            continue
        _refuse_nested_secure(path.name, key, value)
        if value is not None:
            plain[key] = _as_text(value)
    return StackConfig(file=path.name, plain=plain, secrets=tuple(secrets))


def _check_key(file: str, project: str, key: object) -> None:
    text = str(key)
    namespace, colon, name = text.partition(":")
    if not colon or not name:
        raise BadInputError(f"{file}: config key {text!r} has no namespace; write {project}:{text}")
    if namespace not in (project, *PROVIDERS):
        found = _unknown(file, namespace, (project, *PROVIDERS))
        raise BadInputError(f"{found} (the namespace of {text})")


def secure_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``config`` is encrypted, by full key."""
    return {key: value for key, value in config.items() if _is_secure(value)}


def _is_secure(value: object) -> bool:
    return isinstance(value, dict) and list(value) == ["secure"]


def _refuse_nested_secure(file: str, path: str, value: object) -> None:
    if _is_secure(value):
        raise BadInputError(
            f"{file}: {path} is a secret inside an object, and such a secret ends up in clear in "
            "the state;\nmake it a top-level key: pulumi config set --secret NAME"
        )
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_nested_secure(file, f"{path}.{key}", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_nested_secure(file, f"{path}[{index}]", item)


def _as_text(value: object) -> str:
    """What the engine hands to a program: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _unknown(file: str, key: object, known: Collection[str]) -> str:
    close = get_close_matches(str(key), known, n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
    return f"{file}: unknown key {key}{hint}"
