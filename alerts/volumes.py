"""Alerts on volumes of a cluster, whose fill level only kubelets know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .machines import BOARD, WORTH_A_LOOK
from .mapping import KUBELET, OF_VOLUMES
from .model import Alert, Group, number

if TYPE_CHECKING:
    from .model import Facts

CLAIM = "persistentvolumeclaim"
AVAILABLE, CAPACITY = OF_VOLUMES
# Each node that mounts a shared volume tells of it.
USED = f"1 - min by ({CLAIM}) ({AVAILABLE}) / min by ({CLAIM}) ({CAPACITY})"


def volumes(facts: Facts) -> Group:
    """Volumes that are full, and those that will be."""
    return Group(name="volumes", rules=(almost_full(facts), full_soon(facts)))


def almost_full(facts: Facts) -> Alert:
    """As DiskSpaceLow has it, of one claim."""
    name = "VolumeSpaceLow"
    return Alert(
        name=name,
        measures=USED,
        condition=facts.beyond(name, f"({USED})"),
        severity="warning",
        category="infrastructure",
        service="volume",
        dashboard=BOARD,
        summary="A volume is almost full.",
        description=(
            "{{ $labels.persistentvolumeclaim }}: {{ $value | humanizePercentage }} are used."
        ),
        needs=frozenset({KUBELET}),
    )


def full_soon(facts: Facts) -> Alert:
    """As DiskFullSoon has it, of one claim."""
    name = "VolumeFullSoon"
    ahead = number(facts.threshold(name).value)
    measures = f"min by ({CLAIM}) (predict_linear({AVAILABLE}[1h], {ahead}))"
    return Alert(
        name=name,
        measures=measures,
        condition=f"{measures} < 0 and ({USED}) > {number(WORTH_A_LOOK)}",
        severity="critical",
        category="infrastructure",
        service="volume",
        dashboard=BOARD,
        summary="A volume will be full within hours.",
        description="{{ $labels.persistentvolumeclaim }} fills up.",
        needs=frozenset({KUBELET}),
    )
