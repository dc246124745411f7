"""A stand-in for Docker's name server: the addresses of every running copy of a service.

It answers A questions over UDP, the only ones that servers here ask in earnest; it knows no name
outside the platform, and says so.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

A, IN = 1, 1
ANSWER = 0x8580  # an authoritative answer, recursion asked and available
NO_SUCH_NAME = 3
HEADER = struct.Struct("!6H")


@dataclass
class Names:
    """Names and their addresses, which may change while it serves."""

    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def serve(self, host: str) -> None:
        """Answer on UDP port 53 of ``host``, in a thread that ends with the test run."""
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((host, 53))
        threading.Thread(target=self._serve, args=(server,), daemon=True).start()

    def _serve(self, server: socket.socket) -> None:
        while True:
            question, client = server.recvfrom(4096)
            server.sendto(answer(question, self.addresses), client)


def answer(question: bytes, addresses: dict[str, tuple[str, ...]]) -> bytes:
    """The DNS message that answers ``question`` (RFC 1035 §4); its first question only."""
    number, *_ = HEADER.unpack_from(question)
    labels, end = [], HEADER.size
    while length := question[end]:
        labels.append(question[end + 1 : end + 1 + length].decode().lower())
        end += 1 + length
    kind, _ = struct.unpack_from("!2H", question, end + 1)
    asked = question[HEADER.size : end + 5]
    found = addresses.get(".".join(labels))
    records = _records(found if kind == A and found else ())
    flags = ANSWER if found else ANSWER | NO_SUCH_NAME
    return HEADER.pack(number, flags, 1, len(records), 0, 0) + asked + b"".join(records)


def _records(addresses: Sequence[str]) -> list[bytes]:
    shuffled = random.sample(addresses, len(addresses))  # as Docker does, for those who take one
    name_of_question = 0xC00C
    return [
        struct.pack("!3HLH", name_of_question, A, IN, 1, 4) + socket.inet_aton(address)
        for address in shuffled
    ]
