"""Health as kubelet probes."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ...spec.health import ExecCheck, HttpCheck

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...spec.health import Check, Health
    from ...spec.network import Port
    from .manifest import Body

STARTUP_PERIOD = 5
PERIOD = 10
TIMEOUT = 5
READY_FAILURES = 3
# A server under load may miss a few checks; a minute without an answer is not load.
LIVE_FAILURES = 6


def probes(health: Health, ports: Iterable[Port]) -> Body:
    """``startupProbe``, ``readinessProbe`` and ``livenessProbe``, as far as there are checks.

    Kubelet dials the pod's address, where some of ``ports`` speak TLS. It takes any certificate.

    There is always a startup probe where anything can be checked, so that liveness never kills a
    server that is still starting: the start-up check, else the readiness check, else the other.
    """
    tls = frozenset(port.number for port in ports if port.tls)
    ready, live = _action(health.ready, tls), _action(health.live, tls)
    startup = _action(health.startup, tls) or ready or live
    body: Body = {}
    if startup:
        failures = ceil(health.startup_seconds / STARTUP_PERIOD)
        body["startupProbe"] = startup | _timing(STARTUP_PERIOD, failures)
    if ready:
        body["readinessProbe"] = ready | _timing(PERIOD, READY_FAILURES)
    if live:
        body["livenessProbe"] = live | _timing(PERIOD, LIVE_FAILURES)
    return body


def _action(check: Check | None, tls: frozenset[int]) -> Body | None:
    match check:
        case HttpCheck(port=port, path=path):
            scheme = {"scheme": "HTTPS"} if port in tls else {}
            return {"httpGet": {"path": path, "port": port, **scheme}}
        case ExecCheck(command=command):
            return {"exec": {"command": list(command)}}
    return None


def _timing(period: int, failures: int) -> Body:
    return {"periodSeconds": period, "timeoutSeconds": TIMEOUT, "failureThreshold": failures}
