"""What the cost board says of its prices and formulas."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING

from cost.prices import DATA, ON_DEMAND, Prices

if TYPE_CHECKING:
    from datetime import date

ASSUMED = "g5.2xlarge"
"""The type of GPU node whose price stands where a stack gives none."""
CENTS = Decimal("0.001")
PRICES = Prices.load()

WHY = """\
**GPUs are billed while they are there, not while they work.** `gpu:provisioned:count` and
`gpu:utilised:sum` are recorded once a minute; added up and divided by 60 they are GPU hours. The
guide's two formulas are replaced:

- `sum(rate(nvidia_smi_gpu_core_utilization[24h])) * 24`: `rate` is for counters. It is 0 for a GPU
  under steady load, and takes every fall of a wobbling one for work. Here: hours used
  `sum_over_time(gpu:utilised:sum[24h]) / 60`, and hours billed
  `sum_over_time(gpu:provisioned:count[24h]) / 60`.
- `sum(rate(ai_inference_requests_total[24h])) * 0.0001`: `rate` is per second, so this is USD a
  second, 86,400 times too little for a day. Here:
  `sum(increase(ai_inference_requests_total[24h])) * price`.
"""


def gpus(instance_type: str) -> tuple[int, str]:
    """How many GPUs an instance type has, and which; KeyError for one without."""
    with (DATA / "ec2-gpus.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["instance_type"] == instance_type:
                return int(row["gpu_count"]), row["gpu_product"]
    raise KeyError(instance_type)


def gpu_hour(instance_type: str) -> Decimal:
    """USD for an hour of one GPU of an instance type, the rest of the machine included."""
    return (PRICES.by_name[f"{ON_DEMAND}/{instance_type}"].usd / gpus(instance_type)[0]).quantize(
        CENTS
    )


def as_of() -> date:
    """The day of the assumed price."""
    return PRICES.by_name[f"{ON_DEMAND}/{ASSUMED}"].as_of


def assumption() -> str:
    """Which price is used, of which day, and how to set another."""
    price = PRICES.by_name[f"{ON_DEMAND}/{ASSUMED}"]
    count, product = gpus(ASSUMED)
    return (
        f"**The price is an assumption.** A stack has that of its `cost.gpu_node_type`, from the "
        "same table as `rf cost`; where it names none, the number at the top "
        f"counts: {gpu_hour(ASSUMED)} USD, an hour of {count} × {product} in {ASSUMED} on demand "
        f"in {PRICES.region}, as of {price.as_of} ({price.source}). It holds the whole machine, "
        "and neither storage nor traffic nor discounts.\n\n"
        "A request is taken to cost `services.prometheus.alerts.request_price`, the guide's "
        "0.0001 USD unless set. `rf cost` estimates a whole stack."
    )
