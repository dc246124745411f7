"""What an EC2 instance type offers to pods, from the tables in ``data``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from .prices import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

MIB = Decimal(1024)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One type: CPU in cores and memory in GiB as pods may use them, its GPUs, GiB of each."""

    name: str
    cpu: Decimal
    memory: Decimal
    gpus: int
    gpu_memory: Decimal

    def share(self, *, cpu: Decimal, memory: Decimal, gpus: int) -> Decimal | None:
        """The part of a node that a pod keeps from others: of what it takes most of.

        Above 1 the pod fits no such node. None when it wants GPUs and the type has none.
        """
        if gpus and not self.gpus:
            return None
        parts = [cpu / self.cpu, memory / self.memory]
        return max([*parts, Decimal(gpus) / self.gpus] if gpus else parts)


@cache
def instances() -> Mapping[str, Instance]:
    """Every type of the tables, by name."""
    gpus = {row["instance_type"]: row for row in _rows("ec2-gpus.csv")}
    found = {}
    for row in _rows("ec2-allocatable.csv"):
        name = row["instance_type"]
        gpu = gpus.get(name)
        found[name] = Instance(
            name=name,
            cpu=Decimal(row["cpu_millicores"]) / 1000,
            memory=Decimal(row["memory_mib"]) / MIB,
            gpus=int(gpu["gpu_count"]) if gpu else 0,
            gpu_memory=Decimal(gpu["memory_mib_per_gpu"]) / MIB if gpu else Decimal(0),
        )
    return found


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
