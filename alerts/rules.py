"""All groups of rules for one stack."""

from __future__ import annotations

from dataclasses import replace

from components.thresholds import THRESHOLDS

from .availability import availability
from .data import faiss, redis
from .delivery import delivery, queue
from .gpu import gpu
from .inference import inference
from .machines import budget, machines
from .mapping import CADVISOR, KUBE_STATE, KUBELET, gpu_hours, gpus, in_force, services
from .model import Alert, Facts, Group
from .monitoring import monitoring
from .slo import slo
from .volumes import volumes

EVERY_JOB = frozenset(
    {
        "alertmanager", "cadvisor", "dcgm-exporter", "faiss", "flags", "gateway", "grafana",
        "kube-state-metrics", "kubelet", "log-collector", "node-exporter", "ollama-exporter",
        "prometheus", "pushgateway", "redis-exporter", "triton",
    }
)  # fmt: skip

EVERYTHING = Facts(
    jobs=EVERY_JOB,
    # 2 GiB for each, so that the generated file has no number of a particular stack.
    memory_limits=dict.fromkeys(
        sorted({*EVERY_JOB, "ollama", "redis"} - {CADVISOR, KUBELET}), 2 * 2**30
    ),
    minimum_requests=10,
    objective=0.995,
    grafana_url="http://localhost:3000",
    runbooks="docs/runbooks",
    ollama_on_gpu=True,
    remote_write=True,
    gpu_hour_usd=1.0,
    budget_usd=1000.0,
    request_usd=0.0001,
    thresholds={"GpuBudgetExceeded": replace(THRESHOLDS["GpuBudgetExceeded"], value=1000)},
)
"""A stack that has all that rules may be about, with round prices: what the tests run on."""
ON_DOCKER = replace(EVERYTHING, jobs=EVERY_JOB - {CADVISOR, KUBE_STATE, KUBELET})
"""The same where there is no API that knows of pods."""


def groups(facts: Facts) -> tuple[Group, ...]:
    """Every group that has a rule in this stack, recorded quantities before what uses them."""
    everything = (
        gpus(),
        gpu_hours(facts),
        services(facts),
        in_force(facts),
        availability(facts),
        inference(facts),
        slo(facts),
        queue(facts),
        gpu(facts),
        faiss(facts),
        redis(facts),
        delivery(facts),
        machines(facts),
        volumes(facts),
        budget(facts),
        monitoring(facts),
    )
    wanted = (
        replace(group, rules=tuple(rule for rule in group.rules if rule.needs <= facts.jobs))
        for group in everything
    )
    return tuple(group for group in wanted if group.rules)


def alerts(facts: Facts) -> tuple[Alert, ...]:
    """Every alert of this stack."""
    return tuple(rule for group in groups(facts) for rule in group.rules if isinstance(rule, Alert))
