"""Every number that an alert fires at, once, with its unit and its duration.

Alert rules, panel lines, runbooks, rollout gates and policies read them here. The key is the name
of the alert. A stack may set others for itself (``services.prometheus.alerts.thresholds``), which
policies compare with these.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = Literal[
    "ms", "ratio", "s", "days", "°C", "requests", "per second", "events", "burn rate", "USD", "1"
]
"""``ratio`` is 0 to 1; ``burn rate`` is how many times as fast as the objective allows errors come;
``1`` is a plain yes or no."""
Side = Literal["above", "below"]

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """An alert fires when its quantity was ``side`` of ``value`` for ``for_seconds``."""

    value: float
    unit: Unit
    for_seconds: int
    side: Side = "above"


GUIDE = (
    "HighInferenceLatency",
    "CriticalInferenceLatency",
    "HighErrorRate",
    "CriticalErrorRate",
    "ServiceDown",
    "MemoryPressure",
    "DiskSpaceLow",
)
"""The seven of the users' guide, section "Alert Rules", in its order."""

THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        # Guide, section "Alert Rules".
        "HighInferenceLatency": Threshold(value=5000, unit="ms", for_seconds=2 * MINUTE),
        "CriticalInferenceLatency": Threshold(value=10_000, unit="ms", for_seconds=MINUTE),
        "HighErrorRate": Threshold(value=0.05, unit="ratio", for_seconds=5 * MINUTE),
        "CriticalErrorRate": Threshold(value=0.10, unit="ratio", for_seconds=MINUTE),
        "ServiceDown": Threshold(value=1, unit="1", for_seconds=MINUTE, side="below"),
        "MemoryPressure": Threshold(value=0.90, unit="ratio", for_seconds=5 * MINUTE),
        "DiskSpaceLow": Threshold(value=0.85, unit="ratio", for_seconds=10 * MINUTE),
        # Inference.
        "ErrorBudgetBurnFast": Threshold(value=14.4, unit="burn rate", for_seconds=2 * MINUTE),
        "ErrorBudgetBurnSlow": Threshold(value=3, unit="burn rate", for_seconds=15 * MINUTE),
        "FailoversHigh": Threshold(value=0.05, unit="ratio", for_seconds=5 * MINUTE),
        "InferenceStalled": Threshold(value=0, unit="requests", for_seconds=10 * MINUTE),
        "TritonQueueLong": Threshold(value=50, unit="requests", for_seconds=5 * MINUTE),
        "OllamaModelOnCpu": Threshold(value=1, unit="ratio", for_seconds=5 * MINUTE, side="below"),
        # The gateway.
        "GatewayRefusesConfig": Threshold(value=0, unit="events", for_seconds=MINUTE),
        "CertificateExpiring": Threshold(value=21, unit="days", for_seconds=HOUR, side="below"),
        "CertificateExpiresNow": Threshold(
            value=3, unit="days", for_seconds=5 * MINUTE, side="below"
        ),
        # GPUs. NVIDIA's data-centre GPUs slow themselves down between 85 and 90 °C.
        "GpuHot": Threshold(value=85, unit="°C", for_seconds=5 * MINUTE),
        "GpuMemoryFull": Threshold(value=0.95, unit="ratio", for_seconds=10 * MINUTE),
        "GpuError": Threshold(value=0, unit="events", for_seconds=MINUTE),
        "GpuMetricsMissing": Threshold(value=0, unit="1", for_seconds=5 * MINUTE),
        # Data.
        "FaissChecksumBad": Threshold(value=0, unit="events", for_seconds=MINUTE),
        "FaissSnapshotOld": Threshold(value=6 * HOUR, unit="s", for_seconds=15 * MINUTE),
        "FaissBackupOld": Threshold(value=26 * HOUR, unit="s", for_seconds=15 * MINUTE),
        "FaissRestoreUnverified": Threshold(value=8 * DAY, unit="s", for_seconds=HOUR),
        "RedisDown": Threshold(value=1, unit="1", for_seconds=MINUTE, side="below"),
        "RedisEvictions": Threshold(value=10, unit="per second", for_seconds=15 * MINUTE),
        "RedisHitRateLow": Threshold(
            value=0.50, unit="ratio", for_seconds=30 * MINUTE, side="below"
        ),
        # Delivery.
        "RolloutPaused": Threshold(value=30 * MINUTE, unit="s", for_seconds=MINUTE),
        "RolloutStuck": Threshold(value=6 * HOUR, unit="s", for_seconds=5 * MINUTE),
        # Machines and containers.
        "DiskFullSoon": Threshold(value=4 * HOUR, unit="s", for_seconds=15 * MINUTE, side="below"),
        "VolumeSpaceLow": Threshold(value=0.85, unit="ratio", for_seconds=10 * MINUTE),
        "VolumeFullSoon": Threshold(
            value=4 * HOUR, unit="s", for_seconds=15 * MINUTE, side="below"
        ),
        "OutOfMemoryKill": Threshold(value=0, unit="events", for_seconds=MINUTE),
        "ServiceRestarting": Threshold(value=2, unit="events", for_seconds=MINUTE),
        "ServiceMemoryHigh": Threshold(value=0.90, unit="ratio", for_seconds=10 * MINUTE),
        # Money. The value is replaced by the stack's monthly budget.
        "GpuBudgetExceeded": Threshold(value=0, unit="USD", for_seconds=HOUR),
        # The monitoring itself.
        "InstanceDown": Threshold(value=1, unit="1", for_seconds=15 * MINUTE, side="below"),
        "TargetMissing": Threshold(value=0, unit="1", for_seconds=5 * MINUTE),
        "RulesFailing": Threshold(value=0, unit="events", for_seconds=5 * MINUTE),
        "NotificationsFailing": Threshold(value=0, unit="events", for_seconds=5 * MINUTE),
        "LogLinesLost": Threshold(value=0, unit="events", for_seconds=5 * MINUTE),
        "RemoteWriteBehind": Threshold(value=300, unit="s", for_seconds=10 * MINUTE),
        "Watchdog": Threshold(value=0, unit="1", for_seconds=0),
    }
)
"""By alert. What a number is measured on stands with its rule in ``alerts``."""
