"""What one gateway's statistics say. Pure: text in, numbers out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from components.gateway.arms import arm_counts
from components.gateway.metrics import DURATION_BUCKETS_MS, SERIES, counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.gateway.metrics import Counts
    from components.spec import Track

_VERSION = re.compile(
    r'^envoy_http_rds_version_text\{(?=[^}]*envoy_rds_route_config="([^"]*)")'
    r'(?=[^}]*text_value="([^"]*)")',
    re.MULTILINE,
)
_REJECTED = re.compile(
    r'^envoy_http_rds_update_(?:failure|rejected)\{[^}]*envoy_rds_route_config="([^"]*)"[^}]*\}'
    r" (\d+)$",
    re.MULTILINE,
)
_MEMBERS = re.compile(
    r'^envoy_cluster_membership_(healthy|total)\{[^}]*envoy_cluster_name="([^"]*)"[^}]*\} (\d+)$',
    re.MULTILINE,
)
_REQUESTS = re.compile(rf"^({SERIES[0].native}\{{[^}}]*\}}) ", re.MULTILINE)


@dataclass(frozen=True)
class Statistics:
    """``text`` is ``/stats/prometheus?text_readouts``; each part is read once, when first asked."""

    text: str

    @cached_property
    def counted(self) -> Mapping[tuple[str, str], Counts]:
        """By service and track. Raises ValueError or OverflowError where ``fault`` says why."""
        return counts(self.text)

    @cached_property
    def booked(self) -> Mapping[tuple[str, str, str], Counts]:
        """By service, feature and arm."""
        return arm_counts(self.text)

    @cached_property
    def _members(self) -> Counter[tuple[str, str]]:
        found = _MEMBERS.findall(self.text)
        return Counter({(kind, cluster): int(number) for kind, cluster, number in found})

    @property
    def fault(self) -> str:
        """Why these counts cannot be trusted; empty where they can.

        What is missing or is no number would else be taken for a version that is slow or down.
        """
        if not self._members:
            return "the statistics say nothing of any version"
        there = Counter(_REQUESTS.findall(self.text))
        doubled = [series for series, times in there.items() if times > 1]
        if doubled:
            return f"{doubled[0]} is there twice"
        try:
            counted = self.counted
        except (ValueError, OverflowError):
            return "a count is no whole number"
        for (service, track), each in counted.items():
            missing = sorted(set(DURATION_BUCKETS_MS) - set(each.within)) if each.measured else []
            if missing:
                bounds = ", ".join(map(str, missing))
                return f"the durations of {service}'s {track} have no bucket at {bounds} ms"
        return ""

    def instances(self, service: str, track: Track) -> tuple[int, int]:
        """Instances of a version that are up, and all of them.

        A canary's cluster also leads to stable's servers, which are taken off.
        """
        mine, others = f"{service}_{track}", f"{service}_stable" if track == "canary" else ""
        up, every = (
            max(0, self._members[kind, mine] - self._members[kind, others])
            for kind in ("healthy", "total")
        )
        return up, every

    @property
    def served(self) -> dict[str, str]:
        """``version_info`` of the route file that is served, by service."""
        return dict(_VERSION.findall(self.text))

    @property
    def refused(self) -> Counter[str]:
        """How many route files were refused, by service."""
        found: Counter[str] = Counter()
        for service, number in _REJECTED.findall(self.text):
            found[service] += int(number)
        return found
