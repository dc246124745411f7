"""All that a controller reaches outside itself, as protocols of one or two methods each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .effects.models import NoModels
from .effects.pushgateway import Nowhere

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from settings import Stack

    from .effects import Delivery, Gateways, Metrics, Models
    from .store import Store
    from .subject import Edits


class DeployError(Exception):
    """A deployment failed or did not end in time; says which and the engine's first reason."""


class Desired(Protocol):
    """The stack file: what is wanted."""

    def current(self) -> Mapping[str, Any]:
        """What it says below the platform's key; BadInputError when it cannot be read."""

    def with_edits(self, edits: Edits) -> Stack:
        """What the settings would come to; BadInputError when they would be refused."""

    def write(self, edits: Edits) -> Stack:
        """Change the file, comments kept, in one step. BadInputError when it cannot be."""


class Deployer(Protocol):
    """The slow lane: makes the engine's state equal to what is wanted."""

    def up(self, message: str, *, only_weights: bool) -> None:
        """Deploy the stack file, or of it only what the Rollout component owns.

        DeployError when it failed; then nothing is known of how far it came.
        """


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """In UTC."""

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds``, or as soon as the process is asked to end."""


class Notifier(Protocol):
    """Tells people what happened."""

    def tell(self, event: str, words: str) -> None:
        """``event``: started, step, paused, promoted, rolled_back or failed.

        Whoever cannot be reached is no reason to stop: it never raises.
        """


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything together."""

    desired: Desired
    delivery: Delivery
    gateways: Gateways
    deployer: Deployer
    clock: Clock
    notifier: Notifier
    store: Store
    metrics: Metrics = field(default_factory=Nowhere)
    models: Models = field(default_factory=NoModels)
