"""Every service of the platform, one line each. A service may know of those above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .context import Context
from .faiss import Faiss
from .flags import Flags
from .gateway import Gateway
from .monitoring.alertmanager import Alertmanager
from .monitoring.exporters import DcgmExporter, NodeExporter, OllamaExporter, RedisExporter
from .monitoring.grafana import Grafana
from .monitoring.prometheus import Prometheus
from .monitoring.pushgateway import Pushgateway
from .ollama import Ollama
from .redis import Redis
from .service import AIService
from .spec import Edge, ServiceSpec
from .triton import Triton

Catalogue = Sequence[type[AIService[Any]]]

CATALOGUE: Catalogue = (
    Redis,
    Flags,
    Ollama,
    Triton,
    Faiss,
    Gateway,
    NodeExporter,
    RedisExporter,
    OllamaExporter,
    DcgmExporter,
    Pushgateway,
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


def setting_key(service: str) -> str:
    """The key of a service's section below ``services``: ``node-exporter`` is ``node_exporter``."""
    return service.replace("-", "_")


def describe(
    services: Mapping[str, Any], context: Context, catalogue: Catalogue = CATALOGUE
) -> tuple[Entry, ...]:
    """The wanted services of ``catalogue``; a service without settings has its defaults."""
    entries = []
    for component in catalogue:
        if not component.wanted(context):
            continue
        args = services.get(setting_key(component.service)) or component.args_type()
        spec = component.describe(args, context)
        entries.append(Entry(component=component, args=args, context=context, spec=spec))
        context = context.knowing(spec)
    return tuple(entries)


def callers(entries: Sequence[Entry], spec: ServiceSpec) -> tuple[Edge, ...]:
    """Who opens connections to ``spec``, as (calling service, port of ``spec``), sorted."""
    edges = {
        Edge(service=entry.spec.name, port=edge.port)
        for entry in entries
        for edge in entry.spec.talks_to
        if edge.service == spec.name
    }
    return tuple(sorted(edges, key=lambda edge: (edge.service, edge.port)))
