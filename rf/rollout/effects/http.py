"""One HTTP exchange over a connection that something else has opened."""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, cast

from components.internal_tls.names import LOCAL

from . import EffectError

if TYPE_CHECKING:
    import socket

TAKEN = (200, 202)


class _Received:
    """What ``HTTPResponse`` wants of a socket: a file to read from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._content)


def request(path: str, content: str | None = None) -> bytes:
    """A GET, or a PUT of ``content``, after whose answer the server closes the connection."""
    head = f"Host: {LOCAL}\r\nConnection: close\r\n"
    if content is None:
        return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    sent = content.encode()
    head += f"Content-Type: text/plain; version=0.0.4\r\nContent-Length: {len(sent)}\r\n"
    return f"PUT {path} HTTP/1.1\r\n{head}\r\n".encode() + sent


def body(received: bytes, who: str) -> str:
    """The body of what ``who`` answered; EffectError unless it is whole and a success."""
    response = HTTPResponse(cast("socket.socket", _Received(received)))
    try:
        response.begin()
        content = response.read()
    except (HTTPException, ValueError) as error:
        raise EffectError(f"{who} gave no whole answer: {type(error).__name__}") from None
    if response.status not in TAKEN:
        raise EffectError(f"{who} answered {response.status}")
    return content.decode()
