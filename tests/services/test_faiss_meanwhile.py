"""What comes between two steps of a request to the FAISS server changes nothing of it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from services.faiss_server.faiss_server import app, incoming, segments
from services.faiss_server.faiss_server.api import indexes as indexes_api
from services.faiss_server.faiss_server.errors import Unknown
from services.faiss_server.faiss_server.restoring import Restorer
from tests.services.faiss_inside import (
    COMMON,
    Inside,
    after_a_kill,
    meanwhile,
    settings_of,
    uploaded,
)

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "/indexes/papers"


def test_vectors_that_were_prepared_for_an_index_do_not_enter_another_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_add_while_the_index_is_made_anew(tmp_path / "data", monkeypatch))


async def _add_while_the_index_is_made_anew(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, loop = app.build(settings_of(data)), asyncio.get_running_loop()
    transport = httpx.ASGITransport(server)
    body = {"ids": [1], "vectors": [[3.0, 4.0]]}
    async with (
        server.router.lifespan_context(server),
        httpx.AsyncClient(transport=transport, base_url="http://faiss") as client,
    ):

        async def create(metric: str) -> None:
            made = await client.put(INDEX, json={"dimension": 2, "metric": metric})
            assert made.is_success, made.text

        async def make_anew() -> None:
            await client.delete(INDEX)
            await create("cosine")

        while not (await client.get("/health")).is_success:
            await asyncio.sleep(0.01)
        await create("l2")
        meanwhile(
            monkeypatch,
            indexes_api,
            "_prepared",
            lambda: asyncio.run_coroutine_threadsafe(make_anew(), loop).result(),
        )
        refused = await client.post(f"{INDEX}/vectors", json=body)
        again = await client.post(f"{INDEX}/vectors", json=body)
        query = {"vectors": body["vectors"], "k": 1}
        found = (await client.post(f"{INDEX}/search", json=query)).json()

    assert refused.status_code == 409
    assert "papers was made anew meanwhile: add again" in refused.text
    assert again.is_success
    assert found["distances"][0] == pytest.approx([1.0])


def test_a_file_that_comes_while_a_restore_is_verified_is_not_in_it(
    old: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restorer = Restorer(old)  # type: ignore[arg-type]
    restore = uploaded(restorer, old)
    late = restore.upload()
    late.write_bytes(b"another content")
    said: list[str] = []

    def place() -> None:
        try:
            restorer.place(restore.number, restore.manifest.files[0].path, late)
        except Unknown as error:
            said.append(str(error))

    def begin() -> None:
        thread.start()
        thread.join(0.2)

    thread = threading.Thread(target=place)
    meanwhile(monkeypatch, incoming, "replace", begin)
    restorer.commit(restore.number, accept_loss=True)
    thread.join()

    assert said == [f"there is no restore {restore.number!a}"]
    assert old.ids == COMMON
    assert after_a_kill(old.data, tmp_path / "killed") == COMMON


def test_a_segment_that_is_pruned_while_the_log_is_measured_counts_as_nothing(
    old: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = old.store.log_directory
    size = segments.total_bytes(directory)
    pruned = segments.path_of(directory, 10**9)
    monkeypatch.setattr(
        segments, "all_segments", lambda _: [pruned, *sorted(directory.glob("*.log"))]
    )

    assert segments.total_bytes(directory) == size > 0
