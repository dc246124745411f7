"""Takes an index that faiss wrote into a server, through the server's API."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ..api import codec
from . import raw
from .errors import BackupError

if TYPE_CHECKING:
    from pathlib import Path

    from .raw import Raw
    from .server import Server


def adopt(
    path: Path, name: str, ids: Path | None, *, accept_approximate: bool, server: Server | None
) -> str:
    """Check all of ``path`` and then put it into ``server`` as index ``name``; says what was done.

    Without a server nothing is changed. What fails half-way takes what it has made away again.
    Raises BackupError, also for an index that the server has already.
    """
    found = raw.read(path, ids)
    if not found.exact and not accept_approximate:
        raise BackupError(
            f"{path} is an {found.kind}: it holds codes, and the vectors made of them are only "
            "near to those that were added. Index the originals anew, or say --accept-approximate"
        )
    # A bad number is found before anything is made, even if that means decoding twice.
    for _ in found.batches():
        pass
    if server is None:
        return f"nothing was changed: {_described(name, found)}"
    if name in server.counts():
        raise BackupError(f"the server has an index {name} already; nothing was changed")
    server.create_index(name, found.dimension, found.metric)
    try:
        _fill(server, name, found)
    except BaseException:
        with suppress(BackupError):
            server.drop_index(name)
        raise
    return f"adopted {_described(name, found)}"


def _fill(server: Server, name: str, found: Raw) -> None:
    for ids, vectors in found.batches():
        server.add(name, codec.BINARY, codec.pack(ids, vectors))
    count = server.counts().get(name, 0)
    if count != len(found.ids):
        raise BackupError(f"the server has {count} of {len(found.ids)} vectors: is it in use?")


def _described(name: str, found: Raw) -> str:
    vectors = "as they were added" if found.exact else "decoded"
    return (
        f"{name}: {len(found.ids)} vectors of {found.dimension} numbers, {vectors}; metric "
        f"{found.metric}; ids {found.ids.min()} to {found.ids.max()}; from an {found.kind}"
    )
