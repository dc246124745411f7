"""One stack's platform on a cluster: put there in the engine's order, and looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.platforms.kubernetes.naming import INSTANCE

from .api import Ref
from .waiting import PATIENCE_SECONDS, ready, unready, until_nothing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.platforms.kubernetes.args import KubernetesArgs
    from components.platforms.kubernetes.manifest import Body
    from components.spec import ServiceSpec
    from settings import Stack

    from .api import Api
    from .objects import Waves

WORKLOADS = ("Deployment", "DaemonSet")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The objects of one stack, and the cluster they are on.

    ``surroundings`` are there before any of them: nodes, and where volumes come from.
    ``kubeconfig`` is the text that lets somebody else in, with every right. ``patience`` is how
    many seconds the cluster may take to come to rest.
    """

    api: Api
    stack: Stack
    target: KubernetesArgs
    surroundings: tuple[Body, ...]
    waves: Waves
    kubeconfig: str = ""
    patience: float = PATIENCE_SECONDS

    @property
    def specs(self) -> tuple[ServiceSpec, ...]:
        """The services."""
        return tuple(entry.spec for entry in self.stack.entries)

    @property
    def objects(self) -> tuple[Body, ...]:
        """Every object as it was sent."""
        return tuple(body for wave in self.waves for body in wave)

    @property
    def namespaces(self) -> tuple[str, str]:
        """Where services live, and where agents do that must see the host."""
        return self.target.namespace, self.target.node_namespace

    def install(self) -> tuple[str, ...]:
        """Apply the surroundings, then wave after wave, each when the one before it is ready.

        Returns what the server warned of. Claims are not waited for: their volumes come with pods.
        """
        for body in self.surroundings:
            self.api.apply(body)
        warnings: list[str] = []
        for wave in self.waves:
            for body in wave:
                warned = self.api.apply(body).warnings
                warnings += [f"{Ref.of(body)}: {warning}" for warning in warned]
            awaited = [Ref.of(body) for body in wave if body["kind"] in (*WORKLOADS, "Job")]
            until_nothing(lambda refs=awaited: self.unready(refs), self.patience)  # type: ignore[misc]
        self.settle()
        return tuple(warnings)

    def settle(self) -> None:
        """Wait until everything is ready and nothing is on its way out."""
        refs = [Ref.of(body) for body in self.objects]
        until_nothing(lambda: [*self.unready(refs), *self._leaving()], self.patience)

    def unready(self, refs: Iterable[Ref]) -> list[str]:
        """What keeps each of ``refs`` from being ready."""
        found = ((ref, unready(self.api.get(ref))) for ref in refs)
        return [f"{ref}: {reason}" for ref, reason in found if reason]

    def workloads(self, *kinds: str) -> list[Body]:
        """The Deployments and DaemonSets, or those of ``kinds``, as the server has them."""
        wanted = kinds or WORKLOADS
        return [self.api.get(Ref.of(body)) for body in self.objects if body["kind"] in wanted]

    def pods(self) -> list[Body]:
        """All pods that run or are to run, in both namespaces."""
        found = [pod for name in self.namespaces for pod in self.api.list("v1", "Pod", name)]
        return [pod for pod in found if pod["status"]["phase"] in ("Pending", "Running")]

    def pods_of(self, instance: str) -> list[Body]:
        """Those of one service."""
        return [pod for pod in self.pods() if pod["metadata"]["labels"].get(INSTANCE) == instance]

    def available(self) -> dict[str, int]:
        """How many copies of each service are ready and stay so."""
        count = dict.fromkeys((spec.instance for spec in self.specs), 0)
        for pod in self.pods():
            instance = pod["metadata"]["labels"].get(INSTANCE)
            if instance in count and ready(pod) and "deletionTimestamp" not in pod["metadata"]:
                count[instance] += 1
        return count

    def _leaving(self) -> list[str]:
        return [
            f"{Ref.of(pod)} is leaving"
            for pod in self.pods()
            if "deletionTimestamp" in pod["metadata"]
        ]
