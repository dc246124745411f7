"""One HTTP exchange over a connection that something else has opened."""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, cast

from . import EffectError

if TYPE_CHECKING:
    import socket

OK = 200


class _Received:
    """What ``HTTPResponse`` wants of a socket: a file to read from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._content)


def request(path: str) -> bytes:
    """A GET after whose answer the server closes the connection."""
    return f"GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n".encode()


def body(received: bytes, who: str) -> str:
    """The body of the answer ``received`` from ``who``; EffectError unless it is whole and 200."""
    response = HTTPResponse(cast("socket.socket", _Received(received)))
    try:
        response.begin()
        content = response.read()
    except (HTTPException, ValueError) as error:
        raise EffectError(f"{who} gave no whole answer: {type(error).__name__}") from None
    if response.status != OK:
        raise EffectError(f"{who} answered {response.status}")
    return content.decode()
