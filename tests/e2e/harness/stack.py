"""The stack that the tests start: ``local``, but for short drains and what models lack."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from settings import parse
from tests.conftest import platform

from .images import Missing, find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.spec import ServiceSpec

PASSWORD = "p\" '#>&~* ö"
SECRETS: Mapping[str, str] = {"redisPassword": PASSWORD, "grafanaAdminPassword": "a" + PASSWORD}
DRAIN_SECONDS = 3
MODEL_INSTANCES = 2
HASTY_ALERT = "CriticalErrorRate"
"""It fires after one scrape interval, not after a minute: a test waits for it."""


@cache
def specs() -> Mapping[str, ServiceSpec]:
    """Every service of the stack, by name."""
    services = {
        "gateway": {"drain": DRAIN_SECONDS},
        "triton": {"instances": MODEL_INSTANCES, "exit_timeout": 10},
        "prometheus": {"alerts": {"thresholds": {HASTY_ALERT: {"for_seconds": 15}}}},
    }
    tree = platform("local") | {"services": services}
    return {entry.spec.name: entry.spec for entry in parse(tree, "Pulumi.local.yaml").entries}


def real() -> list[str]:
    """The services that are started for real on this machine."""
    return [name for name in specs() if not isinstance(find(name), Missing)]
