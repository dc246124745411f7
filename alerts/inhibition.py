"""Which alert makes which others needless: who hears the cause needs not hear the consequence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Inhibition:
    """While ``source`` fires, ``targets`` with the same values of ``equal`` notify nobody."""

    source: str
    targets: tuple[str, ...]
    equal: tuple[str, ...] = ("service",)


SYMPTOMS = (
    "HighInferenceLatency",
    "CriticalInferenceLatency",
    "HighErrorRate",
    "CriticalErrorRate",
    "ErrorBudgetBurnFast",
    "ErrorBudgetBurnSlow",
    "InferenceStalled",
    "InstanceDown",
    "ServiceRestarting",
)

INHIBITIONS = (
    Inhibition(source="ServiceDown", targets=SYMPTOMS),
    Inhibition(source="TargetMissing", targets=("ServiceDown", *SYMPTOMS)),
    Inhibition(source="CriticalInferenceLatency", targets=("HighInferenceLatency",)),
    Inhibition(source="CriticalErrorRate", targets=("HighErrorRate", "ErrorBudgetBurnSlow")),
    Inhibition(source="ErrorBudgetBurnFast", targets=("ErrorBudgetBurnSlow",)),
    Inhibition(source="RedisDown", targets=("RedisEvictions", "RedisHitRateLow")),
    Inhibition(source="DiskFullSoon", targets=("DiskSpaceLow",), equal=("instance", "mountpoint")),
    Inhibition(
        source="VolumeFullSoon", targets=("VolumeSpaceLow",), equal=("persistentvolumeclaim",)
    ),
    Inhibition(
        source="CertificateExpiresNow", targets=("CertificateExpiring",), equal=("instance",)
    ),
    Inhibition(source="FaissBackupOld", targets=("FaissRestoreUnverified",)),
)
