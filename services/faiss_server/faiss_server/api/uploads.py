"""A large body straight to a file."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from ..errors import Invalid, NoRoom

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request


async def receive(request: Request, path: Path, size: int) -> None:
    """Write the body to ``path``; raises Invalid unless it has ``size`` bytes, and NoRoom."""
    taken = 0
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                taken += len(chunk)
                if taken > size:
                    break
                await asyncio.to_thread(file.write, chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
    except OSError as error:
        raise NoRoom(f"the file cannot be written: {error.strerror}") from error
    if taken != size:
        said = f"more than {size}" if taken > size else str(taken)
        raise Invalid(f"the body has {said} bytes, and the manifest says {size}")
