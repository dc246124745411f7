"""Whole HTTP/1.1 requests as bytes, spelled as a test likes, and many of them at once."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a client got: a status, or 0 where the connection broke."""

    status: int
    body: str = ""
    headers: str = ""


def get(path: str = "/api/tags", **headers: str) -> bytes:
    """A GET request; ``x_researchflow_user`` becomes that header."""
    return request("GET", path, b"", **headers)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP/1.1 request."""
    fields = {"host": "gateway", **{k.replace("_", "-"): v for k, v in headers.items()}}
    if body or method in ("POST", "PUT"):
        fields["content-length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def send_all(port: int, requests: Sequence[bytes], connections: int) -> list[Reply]:
    """Send them over so many connections to a port of loopback; the replies, in order."""
    replies: list[Reply] = [Reply(status=0)] * len(requests)
    turn = itertools.count()

    async def client() -> None:
        connection = None
        while (number := next(turn)) < len(requests):
            try:
                if connection is None:
                    connection = await asyncio.open_connection("127.0.0.1", port)
                replies[number] = await _exchange(*connection, requests[number])
            except (OSError, asyncio.IncompleteReadError):
                replies[number] = Reply(status=0)
            if replies[number].status == 0 or "connection: close" in replies[number].headers:
                if connection is not None:
                    connection[1].close()
                connection = None
        if connection is not None:
            connection[1].close()

    await asyncio.gather(*(client() for _ in range(min(connections, len(requests)))))
    return replies


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> Reply:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    status = int(head.split(" ", 2)[1])
    body = b""
    if "transfer-encoding: chunked" in head:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
    elif "content-length: " in head and not request.startswith(b"HEAD"):
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
    return Reply(status=status, body=body.decode(), headers=head)
