"""The time, and an end that may be asked for while somebody waits."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SLICE_SECONDS = 0.1
"""How soon a wish to end is noticed."""


class SystemClock:
    """Real time; waiting ends early when SIGINT or SIGTERM came."""

    def __init__(self) -> None:
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the process was asked to end."""
        return self._ended

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        # Not an Event: its lock may be held here when the handler wants it.
        deadline = time.monotonic() + seconds
        while not self._ended and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_SECONDS))

    @contextmanager
    def until_signalled(self, said: str = "") -> Iterator[None]:
        """Take SIGINT and SIGTERM as the wish to end; what is under way is finished first.

        ``said`` goes to stderr at the first of them. Further ones change nothing.
        """

        def end(_number: int, _frame: FrameType | None) -> None:
            if said and not self._ended:
                # Whatever it interrupts may be writing: streams would not take it.
                with suppress(OSError):
                    os.write(sys.stderr.fileno(), f"\n{said}\n".encode())
            self._ended = True

        former = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
