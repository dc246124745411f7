"""Every service of the platform, one line each. A service may know of those above it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from .context import Context
from .faiss import Faiss
from .flags import Flags
from .gateway import Gateway
from .monitoring.alertmanager import Alertmanager
from .monitoring.exporters import (
    DcgmExporter,
    KubeStateMetrics,
    NodeExporter,
    OllamaExporter,
    RedisExporter,
)
from .monitoring.grafana import Grafana
from .monitoring.logs import LogCollector
from .monitoring.prometheus import Prometheus
from .monitoring.pushgateway import Pushgateway
from .ollama import Ollama
from .redis import Redis
from .service import AIService, Platform
from .spec import ServiceSpec, Track
from .spec.network import Edge
from .triton import Triton

Catalogue = Sequence[type[AIService[Any]]]

CATALOGUE: Catalogue = (
    Redis,
    Flags,
    Ollama,
    Triton,
    Pushgateway,
    Faiss,
    Gateway,
    NodeExporter,
    RedisExporter,
    OllamaExporter,
    DcgmExporter,
    KubeStateMetrics,
    LogCollector,
    Alertmanager,
    Grafana,
    Prometheus,
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A service that will exist: its component, what it is given, and what that comes to."""

    component: type[AIService[Any]]
    args: Any
    context: Context
    spec: ServiceSpec

    @property
    def is_canary(self) -> bool:
        """Whether this is the second version of a service."""
        return self.spec.track == "canary"

    @property
    def name(self) -> str:
        """The component's name; a canary's ends with its track."""
        return self.spec.instance if self.is_canary else self.spec.name

    @property
    def section(self) -> str:
        """The key below ``researchflow-ai:platform`` that says what this service is like."""
        key = setting_key(self.spec.name)
        return f"rollout.services.{key}.canary" if self.is_canary else f"services.{key}"

    def create(
        self, platform: Platform, callers: tuple[Edge, ...], delivered: Sequence[pulumi.Resource]
    ) -> AIService[Any]:
        """The component on ``platform``; see AIService for the others."""
        return self.component(
            self.name,
            self.args,
            platform=platform,
            context=self.context,
            callers=callers,
            delivered=delivered,
        )


def setting_key(service: str) -> str:
    """The key of a service's section below ``services``: ``node-exporter`` is ``node_exporter``."""
    return service.replace("-", "_")


def describe(
    services: Mapping[str, Any],
    context: Context,
    catalogue: Catalogue = CATALOGUE,
    *,
    canaries: Mapping[str, Any] | None = None,
) -> tuple[Entry, ...]:
    """The wanted services of ``catalogue``; a service without settings has its defaults.

    ``canaries``: the arguments of those services that have a second version, by setting key.
    """
    entries = []
    for component in catalogue:
        if not component.wanted(context):
            continue
        key = setting_key(component.service)
        versions: dict[Track, Any] = {"stable": services.get(key) or component.args_type()}
        if canaries and key in canaries:
            versions["canary"] = canaries[key]
        for track, args in versions.items():
            context = replace(context, track=track)
            spec = component.spec(args, context)
            entries.append(Entry(component=component, args=args, context=context, spec=spec))
            context = replace(context.knowing(spec), track="stable")
    return tuple(entries)


def callers(entries: Sequence[Entry], spec: ServiceSpec) -> tuple[Edge, ...]:
    """Who opens connections to ``spec``, as (calling service, port of ``spec``), sorted.

    A run by the clock is a caller of its own: ``faiss-backup``.
    """
    edges = {
        Edge(service=name, port=edge.port)
        for entry in entries
        for name, wanted in outgoing(entry.spec)
        for edge in wanted
        if edge.service == spec.name
    }
    return tuple(sorted(edges, key=lambda edge: (edge.service, edge.port)))


def outgoing(spec: ServiceSpec) -> Iterator[tuple[str, tuple[Edge, ...]]]:
    """What ``spec`` and its runs by the clock may open connections to, each under its own name."""
    yield spec.name, spec.talks_to
    for job in spec.scheduled:
        yield f"{spec.name}-{job.name}", job.talks_to
