"""Tells people what happened: on the terminal, in the log, and in a Slack channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from ..errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .log import Log
    from .world import Clock

TIMEOUT = 5.0
"""Seconds that a webhook may take."""


class Everybody:
    """``webhook`` is a secret: what goes wrong with it is told without its address."""

    def __init__(
        self, *, log: Log, clock: Clock, say: Callable[[str], None], webhook: str = ""
    ) -> None:
        self._log = log
        self._clock = clock
        self._say = say
        self._webhook = webhook

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
        try:
            answer = requests.post(self._webhook, json={"text": f"Rollout {line}"}, timeout=TIMEOUT)
        except requests.RequestException as error:
            self._say(f"the webhook of rolloutSlackUrl gives no answer: {type(error).__name__}")
            return
        if not answer.ok:
            self._say(f"the webhook of rolloutSlackUrl answered {answer.status_code}")
