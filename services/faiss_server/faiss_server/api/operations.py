"""Operating the server: snapshots, the log for followers, the role, restores."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from .. import replication, roles
from ..errors import Busy, Gone, Invalid, Unknown
from ..remote import EPOCH, POSITION, SNAPSHOT
from ..snapshot_files import BadSnapshotError
from . import codec
from .admission import number
from .uploads import receive

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from ..engine import Engine
    from ..manifest import Manifest
    from ..restoring import Restorer
    from .admission import Bodies

LOG_BYTES = 16 * 2**20
"""About how much of the log one answer holds."""
LONGEST_WAIT = 20


@dataclass(frozen=True)
class Operations:
    """The endpoints for operators, backups and followers; no client application needs them."""

    engine: Engine
    bodies: Bodies
    restorer: Restorer

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/snapshots", self.take_snapshot, methods=["POST"]),
            Route("/snapshots", self.snapshots, methods=["GET"]),
            Route("/snapshots/{version}", self.snapshot, methods=["GET"]),
            Route("/snapshots/{version}/files/{path:path}", self.file, methods=["GET"]),
            Route("/wal", self.log, methods=["GET"]),
            Route("/role", self.role, methods=["GET"]),
            Route("/promote", self.promote, methods=["POST"]),
            Route("/handover", self.hand_over, methods=["POST"]),
            Route("/restores", self.begin_restore, methods=["POST"]),
            Route("/restores/{restore}/files/{path:path}", self.upload, methods=["PUT"]),
            Route("/restores/{restore}/commit", self.commit_restore, methods=["POST"]),
            Route("/restores/{restore}", self.abandon_restore, methods=["DELETE"]),
        ]

    async def take_snapshot(self, _request: Request) -> Response:
        """A snapshot of this moment; answers its manifest."""
        manifest = await asyncio.to_thread(self.engine.snapshot)
        self.engine.store.snapshots.lease(manifest.version)
        return Response(manifest.encode(), 201, media_type="application/json")

    async def snapshots(self, _request: Request) -> Response:
        """Versions that can be had, newest first, and those that were put aside."""
        store = self.engine.store
        found = [{"version": version} for version in store.snapshots.versions()]
        return JSONResponse({"snapshots": found, "bad": store.bad_snapshots})

    async def snapshot(self, request: Request) -> Response:
        """The manifest of one version."""
        return Response(self._manifest(request).encode(), media_type="application/json")

    async def file(self, request: Request) -> Response:
        """A file of one version, as the manifest lists it."""
        manifest, wanted = self._manifest(request), request.path_params["path"]
        if wanted not in {file.path for file in manifest.files}:
            raise Unknown(f"{manifest.version} has no file {wanted[:100]!a}")
        path: Path = self.engine.store.snapshots.directory / manifest.version / wanted
        return FileResponse(path, media_type="application/octet-stream")

    async def log(self, request: Request) -> Response:
        """Frames of the log after a position, waiting a while for the next one."""
        after, epoch = number(request, "after"), number(request, "epoch", 0) or 0
        wait = min(number(request, "wait", 0) or 0, LONGEST_WAIT)
        if after is None:
            raise Invalid("after is missing: the position of the last record that is there")
        store = self.engine.store
        log = store.log
        if not roles.shared(store.epochs, epoch, after, log.position):
            raise Gone(f"this log never held record {after} of epoch {epoch}: take a snapshot over")

        def read() -> bytes:
            log.wait_beyond(after, wait)
            frames = log.read(after, LOG_BYTES)
            if store.log is not log:
                raise Busy("the log was replaced while it was read: ask again", retry_after=1)
            return frames

        frames = await asyncio.to_thread(read)
        newest = store.snapshots.versions()
        headers = {POSITION: str(log.durable), EPOCH: str(store.epoch),
                   SNAPSHOT: newest[0] if newest else ""}  # fmt: skip
        return Response(frames, headers=headers, media_type="application/octet-stream")

    async def role(self, _request: Request) -> Response:
        """Who writes, and how far this server is."""
        store, follower = self.engine.store, self.engine.follower
        answer = {"role": store.role.role, "writer": store.role.writer,
                  "position": store.applied, "epoch": store.epoch}  # fmt: skip
        if not store.is_writer:
            lag = follower.lag_seconds
            answer |= {"lag_records": follower.lag_records, "failure": follower.failure,
                       "lag_seconds": round(lag, 3) if lag != float("inf") else None}  # fmt: skip
        return JSONResponse(answer)

    async def promote(self, request: Request) -> Response:
        """Become the writer."""
        tree = await self._tree(request, "url", "force")
        url, force = tree.get("url", ""), tree.get("force", False)
        if not isinstance(url, str) or not isinstance(force, bool):
            raise Invalid("url must be a text and force true or false")
        promoted = await asyncio.to_thread(
            lambda: replication.promote(self.engine, url=url, force=force)
        )
        return JSONResponse(promoted)

    async def hand_over(self, request: Request) -> Response:
        """Stop being the writer; what a server asks that is being promoted."""
        writer = (await self._tree(request, "writer")).get("writer", "")
        if not isinstance(writer, str):
            raise Invalid("writer must be a text")
        said = await asyncio.to_thread(lambda: replication.hand_over(self.engine, writer))
        return JSONResponse(said)

    async def begin_restore(self, request: Request) -> Response:
        """Announce a snapshot by its manifest."""

        async def begin(body: bytes) -> Response:
            restore = await asyncio.to_thread(self.restorer.begin, body)
            files = [file.path for file in restore.manifest.files]
            return JSONResponse({"restore": restore.number, "files": files}, 201)

        return await self.bodies.read(request, begin)

    async def upload(self, request: Request) -> Response:
        """One file of the snapshot that was announced."""
        restore = self.restorer.get(request.path_params["restore"])
        file, uploaded = restore.file(request.path_params["path"]), restore.upload()
        try:
            await receive(request, uploaded, file.bytes)
            await asyncio.to_thread(self.restorer.place, restore.number, file.path, uploaded)
        finally:
            uploaded.unlink(missing_ok=True)
        return Response(status_code=204)

    async def commit_restore(self, request: Request) -> Response:
        """Verify what was uploaded, and let it take the place of what is live."""
        accept = (await self._tree(request, "accept_loss")).get("accept_loss", False)
        if not isinstance(accept, bool):
            raise Invalid("accept_loss must be true or false")
        restore = request.path_params["restore"]
        restored = await asyncio.to_thread(
            lambda: self.restorer.commit(restore, accept_loss=accept)
        )
        return Response(restored.encode(), media_type="application/json")

    async def abandon_restore(self, request: Request) -> Response:
        """Forget a restore."""
        await asyncio.to_thread(self.restorer.abandon, request.path_params["restore"])
        return Response(status_code=204)

    def _manifest(self, request: Request) -> Manifest:
        snapshots, version = self.engine.store.snapshots, request.path_params["version"]
        if version not in snapshots.versions():
            raise Unknown(f"there is no snapshot {version[:60]!a}")
        snapshots.lease(version)
        try:
            return snapshots.manifest(version)
        except BadSnapshotError as error:
            raise Unknown(str(error)) from error

    async def _tree(self, request: Request, *known: str) -> dict[str, object]:
        async def read(body: bytes) -> dict[str, object]:
            return codec.tree_of(body, frozenset(known)) if body else {}

        return await self.bodies.read(request, read)
