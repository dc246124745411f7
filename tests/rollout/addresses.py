"""Gateways at known addresses, and files in folders: what tests and the demo run on."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import requests

from rf.errors import BadInputError
from rf.replace_file import replace_file
from rf.rollout.effects import EffectError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from components.spec import ServiceSpec

TIMEOUT = 5.0
"""Seconds."""
FILE_MODE = 0o644


class AddressGateways:
    """Gateways by the URL of their statistics listener."""

    def __init__(self, urls: Mapping[str, str], path: str) -> None:
        self._urls = urls
        self._path = path

    def scrape(self) -> Mapping[str, str]:
        return {name: self._ask(name, url) for name, url in self._urls.items()}

    def _ask(self, name: str, url: str) -> str:
        try:
            answer = requests.get(url + self._path, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise EffectError(f"{name} at {url} gives no answer: {type(error).__name__}") from None
        if not answer.ok:
            raise EffectError(f"{name} at {url} answered {answer.status_code}")
        return answer.text


class AddressInside:
    """Services by the URL of each instance; its further copies as ``<instance>-2`` and so on."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls

    def exchange(self, spec: ServiceSpec, path: str, content: str | None = None) -> str:
        return self._ask(spec.instance, path, content)

    def from_each(self, spec: ServiceSpec, path: str) -> Sequence[str]:
        copies = [spec.instance, *(f"{spec.instance}-{n}" for n in range(2, len(self._urls) + 1))]
        return [self._ask(name, path, None) for name in copies if name in self._urls]

    def _ask(self, name: str, path: str, content: str | None) -> str:
        url = self._urls[name]
        try:
            with requests.Session() as session:
                # A proxy or a .netrc of the user's is for other hosts than these.
                session.trust_env = False
                method = "GET" if content is None else "PUT"
                answer = session.request(method, url + path, data=content, timeout=TIMEOUT)
        except requests.RequestException as error:
            said = type(error).__name__
            raise EffectError(f"{name} at {url} gives no answer: {said}") from None
        if not answer.ok:
            raise EffectError(f"{name} at {url} answered {answer.status_code}")
        return answer.text


class FolderDelivery:
    """Files below a folder for each instance: ``root/<instance>/etc/envoy/routes/ollama.yaml``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, specs: Sequence[ServiceSpec]) -> None:
        for spec in specs:
            for file in spec.live_files:
                path = self._root / spec.instance / PurePosixPath(file.path).relative_to("/")
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    # By rename: servers see the old file or the new one, and notice only that.
                    replace_file(path, file.content, mode=FILE_MODE)
                except OSError as error:
                    raise EffectError(f"{path} cannot be written: {error.strerror}") from None
                except BadInputError as error:
                    raise EffectError(str(error)) from None
