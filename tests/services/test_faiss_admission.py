"""Where the FAISS server does its work: in the loop's own thread, or in threads beside it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from services.faiss_server.faiss_server.api.admission import BRIEF_SECONDS, QUIET_SECONDS, Gate
from services.faiss_server.faiss_server.errors import Busy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BRIEF = BRIEF_SECONDS / 2


def beside_the_loop() -> bool:
    """Whether this is a thread of its own, in which work keeps nobody waiting."""
    return threading.current_thread() is not threading.main_thread()


async def after_a_pause() -> None:
    await asyncio.sleep(2 * QUIET_SECONDS)


@asynccontextmanager
async def other_work(gate: Gate) -> AsyncIterator[None]:
    """Something else is on meanwhile."""
    go = threading.Event()
    other = asyncio.create_task(gate.run(go.wait))
    await after_a_pause()
    try:
        yield
    finally:
        go.set()
        await other


@pytest.mark.parametrize(
    ("expected", "beside"), [(BRIEF, False), (BRIEF_SECONDS, True), (float("inf"), True)]
)
def test_only_work_that_is_known_to_be_brief_keeps_the_loop(
    expected: float, *, beside: bool
) -> None:
    gate = Gate("search", 1, 2)

    assert asyncio.run(gate.run(beside_the_loop, expected)) is beside


def test_brief_work_leaves_the_loop_free_while_other_work_runs() -> None:
    gate = Gate("search", 2, 2)

    async def both() -> bool:
        async with other_work(gate):
            return await gate.run(beside_the_loop, BRIEF)

    assert asyncio.run(both())


def test_work_that_follows_at_once_is_one_of_many_and_work_after_a_pause_is_not() -> None:
    gate = Gate("search", 1, 2)

    async def three() -> list[bool]:
        found = [await gate.run(beside_the_loop, BRIEF) for _ in range(2)]
        await after_a_pause()
        return [*found, await gate.run(beside_the_loop, BRIEF)]

    assert asyncio.run(three()) == [False, True, False]


def test_brief_work_is_refused_like_any_other_when_the_queue_is_full() -> None:
    gate = Gate("search", 1, 1)

    async def full() -> None:
        async with other_work(gate):
            with pytest.raises(Busy, match="1 requests wait in the queue of search"):
                await gate.run(beside_the_loop, BRIEF)

    asyncio.run(full())


def test_work_that_fails_in_the_loop_leaves_its_place() -> None:
    gate = Gate("search", 1, 1)

    def fail() -> None:
        raise ValueError("not a query")

    async def twice() -> None:
        for _ in range(2):
            with pytest.raises(ValueError, match="not a query"):
                await gate.run(fail, BRIEF)
            await after_a_pause()

    asyncio.run(twice())
    assert gate.depth == 0
