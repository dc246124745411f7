"""Volumes of a cluster, by what kubelets say of them. A step is 15 s."""

from __future__ import annotations

from tests.monitoring.promtool import Firing, Scenario

CLAIM = {"persistentvolumeclaim": "redis-data"}


def volume(available: str, claim: str = "redis-data", node: str = "n1") -> dict[str, str]:
    labels = (
        f'job="kubelet", instance="{node}:10250", node="{node}", namespace="ai", '
        f'persistentvolumeclaim="{claim}"'
    )
    return {
        f"kubelet_volume_stats_available_bytes{{{labels}}}": available,
        f"kubelet_volume_stats_capacity_bytes{{{labels}}}": "1000x200",
    }


def used(percent: str) -> tuple[Firing, ...]:
    return (Firing(labels=CLAIM, says=f"redis-data: {percent}% are used."),)


FILLS_UP = (Firing(labels=CLAIM, says="redis-data fills up."),)

VOLUMES = (
    Scenario(
        alert="VolumeSpaceLow",
        name="fires above 85 % for ten minutes",
        series=volume("149x200"),
        expect={"9m45s": (), "10m": used("85.1")},
    ),
    Scenario(
        alert="VolumeSpaceLow",
        name="is silent at 85 %",
        series=volume("150x200"),
        expect={"10m": (), "30m": ()},
    ),
    Scenario(
        alert="VolumeSpaceLow",
        name="fires once for a volume that two nodes mount",
        series=volume("149x200") | volume("149x200", node="n2"),
        expect={"10m": used("85.1")},
    ),
    Scenario(
        alert="VolumeFullSoon",
        name="fires when a volume that is 70 % full would be full in three hours",
        # 300 left and 1.6 a minute less: empty after 188 minutes.
        series=volume("300-0.4x200"),
        expect={"15m": (), "15m15s": FILLS_UP},
    ),
    Scenario(
        alert="VolumeFullSoon",
        name="is silent when it would take five hours, and on a volume with much room",
        series=volume("300-0.24x200") | volume("900-3x200", claim="ollama-models"),
        expect={"15m15s": (), "40m": ()},
    ),
)
