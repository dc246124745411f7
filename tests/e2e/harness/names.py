"""A stand-in for Docker's name server: the addresses of every running copy of a service.

It answers A questions over UDP, the only ones that servers here ask in earnest; it knows no name
outside the platform, and says so.
"""

from __future__ import annotations

import random
import socket
import socketserver
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Lookup = Callable[[str], Sequence[str]]

A, IN = 1, 1
ANSWER = 0x8580  # an authoritative answer, recursion asked for and there
NO_SUCH_NAME = 3
NAME_OF_QUESTION = 0xC00C
HEADER = struct.Struct("!6H")


class NameServer(socketserver.UDPServer):
    """Answers what ``lookup`` says (addresses by name) on UDP port 53 of ``host``."""

    def __init__(self, host: str, lookup: Lookup) -> None:
        super().__init__((host, 53), _Handler)
        self.lookup = lookup
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self.shutdown()
        self.server_close()


class _Handler(socketserver.BaseRequestHandler):
    server: NameServer

    def handle(self) -> None:
        question, client = self.request
        client.sendto(answer(question, self.server.lookup), self.client_address)


def answer(question: bytes, lookup: Lookup) -> bytes:
    """The DNS message that answers the first question of ``question`` (RFC 1035 §4)."""
    number, *_ = HEADER.unpack_from(question)
    labels, end = [], HEADER.size
    while length := question[end]:
        labels.append(question[end + 1 : end + 1 + length].decode().lower())
        end += 1 + length
    (kind,) = struct.unpack_from("!H", question, end + 1)
    asked = question[HEADER.size : end + 5]
    found = lookup(".".join(labels))
    records = _records(found) if kind == A else []
    flags = ANSWER if found else ANSWER | NO_SUCH_NAME
    return HEADER.pack(number, flags, 1, len(records), 0, 0) + asked + b"".join(records)


def _records(addresses: Sequence[str]) -> list[bytes]:
    # In any order, as Docker does, for those who take the first.
    shuffled = random.sample(addresses, len(addresses))
    return [
        struct.pack("!3HLH", NAME_OF_QUESTION, A, IN, 1, 4) + socket.inet_aton(address)
        for address in shuffled
    ]
