"""Refusals: what the server will not do, with the status and the reason that the caller sees."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """An answer with an HTTP ``status`` and one sentence that says what to do."""

    status = 400

    def __init__(self, reason: str, *, retry_after: int | None = None) -> None:
        """``retry_after``: seconds after which the same request may succeed."""
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Invalid(Refused):
    """The request can never succeed as it is."""


class Unknown(Refused):
    """There is nothing of this name."""

    status = 404


class Conflict(Refused):
    """The request contradicts what is there."""

    status = 409


class Gone(Refused):
    """The log does not reach back to where the follower is, or never held what it holds."""

    status = 410


class TooLarge(Refused):
    """The body exceeds the limit."""

    status = 413


class UnknownFormat(Refused):
    """A content type that the server does not read."""

    status = 415


class NotTheWriter(Refused):
    """A change was sent to a follower (RFC 9110, 421 Misdirected Request)."""

    status = 421


class Busy(Refused):
    """Not at this moment: a queue is full, or the server is loading."""

    status = 503


class NoRoom(Refused):
    """The memory ceiling or the disk is reached (RFC 4918, 507 Insufficient Storage)."""

    status = 507
