"""Loads and schedules, and what a scaled service becomes on a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from components.context import Context
from components.ollama import Ollama, OllamaArgs
from components.platforms.kubernetes.args import KedaArgs, KubernetesArgs
from components.platforms.kubernetes.manifests import manifests
from components.scaling import ScalingArgs
from tests.unit.kubernetes_objects import cluster

if TYPE_CHECKING:
    from components.platforms.kubernetes.manifest import Manifest
    from components.spec import ServiceSpec

OFFICE = {"name": "office", "start": "0 7 * * mon-fri", "end": "0 20 * * mon-fri", "replicas": 2}
NIGHTS = {"timezone": "Europe/Berlin", "outside": 1, "windows": [OFFICE]}
LOAD = {"in_flight": 4, "max": 2}


def ollama(**scaling: Any) -> ServiceSpec:
    context = Context(
        kubernetes=True, scaling={"ollama": TypeAdapter(ScalingArgs).validate_python(scaling)}
    )
    return Ollama.spec(OllamaArgs(shared_models=True), context)


def made(spec: ServiceSpec) -> dict[str, Manifest]:
    """The manifests of ``spec`` by kind, on a cluster with KEDA."""
    place = replace(cluster(), args=KubernetesArgs(namespace="ai", keda=KedaArgs()))
    return {each.body["kind"]: each for each in manifests(spec, (), place)}
