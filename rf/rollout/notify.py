"""Tells people what happened: on the terminal, in the log, and in a Slack channel."""

from __future__ import annotations

import html
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from ..errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .log import Log
    from .world import Clock

TIMEOUT = 5.0
"""Seconds that a webhook may let us wait for each part of its answer."""
PATIENCE = 5.0
"""Seconds that are waited at most before the one other try."""
NAME = "the webhook of rolloutSlackUrl"


class Everybody:
    """``webhook`` is a secret: what goes wrong with it is told without its address.

    ``stack`` goes into the channel, where messages of all stacks meet.
    """

    def __init__(
        self,
        *,
        log: Log,
        clock: Clock,
        say: Callable[[str], None],
        webhook: str = "",
        stack: str = "",
    ) -> None:
        self._log = log
        self._clock = clock
        self._say = say
        self._webhook = webhook
        self._stack = stack

    def tell(self, event: str, words: str) -> None:
        line = f"{event.replace('_', ' ')}: {words}"
        self.note(line)
        if self._webhook:
            self._post(line)

    def note(self, line: str) -> None:
        """For whoever looks: the terminal and the log."""
        self._say(line)
        try:
            self._log.write(line, self._clock.now())
        except BadInputError as error:
            self._say(str(error))

    def _post(self, line: str) -> None:
        # Slack takes <...> for a link or a mention.
        text = html.escape(f"Rollout in {self._stack}: {line}", quote=False)
        try:
            answer = self._send(text)
            if _is_busy(answer):
                self._clock.sleep(_pause(answer))
                answer = self._send(text)
        except (requests.RequestException, OSError, ValueError) as error:
            # Its words may hold the address.
            self._say(f"{NAME} gives no answer: {type(error).__name__}")
            return
        if not answer.ok:
            self._say(f"{NAME} answered {answer.status_code}")

    def _send(self, text: str) -> requests.Response:
        return requests.post(
            self._webhook, json={"text": text}, timeout=TIMEOUT, allow_redirects=False
        )


def _is_busy(answer: requests.Response) -> bool:
    """Whether it may take the same a moment later."""
    return (
        answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _pause(answer: requests.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), PATIENCE) if asked.isdecimal() else 1.0
