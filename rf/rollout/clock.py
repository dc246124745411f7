"""The time, and an end that may be asked for while somebody waits."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class SystemClock:
    """Real time; waiting ends early when SIGINT or SIGTERM came."""

    def __init__(self) -> None:
        self._ended = Event()

    @property
    def ended(self) -> bool:
        """Whether the process was asked to end."""
        return self._ended.is_set()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        self._ended.wait(seconds)

    @contextmanager
    def until_signalled(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as the wish to end; a rollback under way is finished first."""

        def end(_number: int, _frame: FrameType | None) -> None:
            self._ended.set()

        former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
