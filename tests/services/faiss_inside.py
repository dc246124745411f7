"""A FAISS server without HTTP, in this process: others ask it as they would ask a remote one."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np

from services.faiss_server.faiss_server import follower, replication, roles
from services.faiss_server.faiss_server.committer import Change, Committer
from services.faiss_server.faiss_server.errors import Gone
from services.faiss_server.faiss_server.follower import Follower
from services.faiss_server.faiss_server.record import Add, Create, Record, Spec
from services.faiss_server.faiss_server.remote import LogAnswer, RemoteError
from services.faiss_server.faiss_server.settings import Settings
from services.faiss_server.faiss_server.snapshotting import Snapshotter
from services.faiss_server.faiss_server.store import Store
from tests.services.faiss_client import vectors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    import pytest

    from services.faiss_server.faiss_server.manifest import Manifest
    from services.faiss_server.faiss_server.restoring import Restore, Restorer

PAPERS = "papers"
DIMENSION = 4
COMMON = list(range(10))
"""Ids that every server of a test begins with."""


def settings_of(data: Path, role: str = "writer", writer: str = "") -> Settings:
    data.mkdir(exist_ok=True)
    return Settings(
        index_type="Flat", cache_bytes=10**9, workers=1, role=role, writer=writer,
        data_directory=data, log_level="error", host="127.0.0.1", port=0,
    )  # fmt: skip


class Inside:
    """A server, with the attributes of an engine and the methods of a remote."""

    damage = None

    def __init__(self, data: Path, *, follows: str = "") -> None:
        self.url = data.name
        self.data = data
        self.settings = settings_of(data, "follower" if follows else "writer", follows)
        self.store = Store(self.settings)
        self.committer = Committer(self.store.commit, self.store.idle, 64)
        self.snapshotter = Snapshotter(self.store, self.committer)
        self.follower = Follower(self.store, self.committer)

    def commit(self, record: Record) -> None:
        self.committer.submit(Change(record)).result()

    def create(self) -> None:
        self.commit(Create(Spec(name=PAPERS, dimension=DIMENSION, metric="l2", type="Flat")))

    def add(self, *ids: int) -> None:
        for number in ids:
            self.commit(Add(PAPERS, np.array([number]), vectors(1, DIMENSION, number)))

    @property
    def ids(self) -> list[int]:
        return ids_of(self.store)

    @property
    def position(self) -> int:
        return self.store.log.position

    def promote(self, *, force: bool = False) -> None:
        replication.promote(self, url=self.url, force=force)  # type: ignore[arg-type]

    def close(self) -> None:
        self.committer.stop()
        self.store.close()

    # What others ask.

    def log_after(self, position: int, epoch: int, _wait: int) -> LogAnswer | None:
        log = self.store.log
        if not roles.shared(self.store.epochs, epoch, position, log.position):
            return None
        newest = self.store.snapshots.versions()
        try:
            frames = log.read(position, 10**9)
        except Gone:
            return None
        return LogAnswer(frames, log.durable, newest[0] if newest else "")

    def role(self) -> str:
        return self.store.role.role

    def manifest(self, version: str) -> Manifest:
        return self.store.snapshots.manifest(version)

    def newest_snapshot(self) -> Manifest:
        newest = self.store.snapshots.versions()
        return self.manifest(newest[0]) if newest else self.snapshotter.take()

    def fetch(self, version: str, path: str, to: Path) -> None:
        shutil.copyfile(self.store.snapshots.directory / version / path, to)

    def hand_over(self, url: str) -> tuple[int, int]:
        try:
            said = replication.hand_over(self, url)  # type: ignore[arg-type]
        except Exception as error:
            raise RemoteError(str(error)) from error
        return said["position"], said["epoch"]


class Servers:
    """Servers that find each other by the name of their directory."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._all: dict[str, Inside] = {}
        monkeypatch.setattr(follower, "Remote", self._all.__getitem__)
        monkeypatch.setattr(replication, "Remote", self._all.__getitem__)

    def start(self, name: str, *, follows: str = "") -> Inside:
        self._all[name] = Inside(self._root / name, follows=follows)
        return self._all[name]

    def named(self, name: str) -> Inside:
        """The server of this name that was started last."""
        return self._all[name]

    def writer(self, name: str, ids: list[int]) -> Inside:
        """A writer that holds ``ids``."""
        server = self.start(name)
        server.create()
        server.add(*ids)
        return server

    def level_with(self, writer: Inside, name: str) -> Inside:
        """A follower that holds what its writer holds."""
        server = self.start(name, follows=writer.url)
        step(server)
        assert server.position == writer.position
        return server

    def close(self) -> None:
        for server in self._all.values():
            server.close()


def step(server: Inside) -> None:
    """Let a follower ask its writer once."""
    stopping = threading.Event()
    stopping.set()
    server.follower.step(stopping)


def ids_of(store: Store) -> list[int]:
    """The ids that a store serves."""
    index = store.catalogue.find(PAPERS)
    if index is None:
        return []
    contents = index.contents
    rows = contents.living(contents.rows.count)
    return sorted(contents.ids(contents.rows.count)[rows].tolist())


def after_a_kill(data: Path, to: Path) -> list[int]:
    """The ids that a start would serve, were the process killed at this moment."""
    shutil.copytree(data, to)
    store = Store(settings_of(to))
    try:
        return ids_of(store)
    finally:
        store.close()


def uploaded(restorer: Restorer, server: Inside) -> Restore:
    """A restore of the newest snapshot of a server, begun and uploaded."""
    manifest = server.newest_snapshot()
    restore = restorer.begin(manifest.encode())
    for file in manifest.files:
        part = restore.upload()
        server.fetch(manifest.version, file.path, part)
        restorer.place(restore.number, file.path, part)
    return restore


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, do: Callable[[], None]
) -> None:
    """Let something happen once, right before a function is called."""
    true = getattr(owner, name)

    def called(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(owner, name, true)
        do()
        return true(*args, **kwargs)

    monkeypatch.setattr(owner, name, called)
