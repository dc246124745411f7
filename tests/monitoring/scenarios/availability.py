"""Services that are gone, single copies that are, and targets that nobody lists any more."""

from __future__ import annotations

from dataclasses import replace

from alerts.rules import EVERY_JOB, EVERYTHING
from tests.monitoring.promtool import Firing, Scenario


def up(job: str, values: str, instance: str = "a") -> dict[str, str]:
    return {f'up{{job="{job}", instance="{instance}"}}': values}


EVERYTHING_UP = {key: value for job in EVERY_JOB for key, value in up(job, "1x60").items()}

SLEEPING = replace(
    EVERYTHING, sleepers={"triton": ("triton-stable",), "ollama": ("ollama-stable",)}
)

AVAILABILITY = (
    Scenario(
        alert="ServiceDown",
        name="fires when the only copy is down for a minute",
        series=EVERYTHING_UP | up("triton", "1x4 0x56"),
        expect={
            "2m": (),
            "2m15s": (
                Firing(labels={"service": "triton"}, says="triton: none of its copies answers."),
            ),
        },
    ),
    Scenario(
        alert="ServiceDown",
        name="is silent while another copy answers",
        series=EVERYTHING_UP | up("triton", "0x60", "b"),
        expect={"1m": (), "15m": ()},
    ),
    Scenario(
        alert="ServiceDown",
        name="is silent when one scrape fails",
        series=EVERYTHING_UP | up("triton", "1x4 0x3 1x50"),
        expect={"2m15s": (), "5m": ()},
    ),
    Scenario(
        alert="ServiceDown",
        name="fires for Ollama, which has no metrics, by what its exporter finds",
        series=EVERYTHING_UP
        | {'ollama_up{job="ollama-exporter", instance="x", instance_address="a"}': "0x60"},
        expect={
            "45s": (),
            "1m": (
                Firing(labels={"service": "ollama"}, says="ollama: none of its copies answers."),
            ),
        },
    ),
    Scenario(
        alert="InstanceDown",
        name="fires when one copy of two is down for a quarter of an hour",
        series=up("gateway", "1x120") | up("gateway", "0x120", "b"),
        expect={
            "14m45s": (),
            "15m": (
                Firing(
                    labels={"service": "gateway", "job": "gateway", "instance": "b"},
                    says="gateway: b does not answer.",
                ),
            ),
        },
    ),
    Scenario(
        alert="InstanceDown",
        name="is silent when a copy loads its model for ten minutes",
        series=up("gateway", "1x120") | up("gateway", "0x40 1x80", "b"),
        expect={"10m": (), "20m": ()},
    ),
    Scenario(
        alert="TargetMissing",
        name="fires when the last pod of a service left discovery, for five minutes",
        series=EVERYTHING_UP | up("faiss", "1x4 stale"),
        expect={
            "6m": (),
            "6m15s": (
                Firing(
                    labels={"service": "faiss", "job": "faiss"},
                    says="faiss: Prometheus finds no address of it to scrape.",
                ),
            ),
        },
    ),
    Scenario(
        alert="TargetMissing",
        name="is silent while a service is to sleep, and not when it is to be awake",
        series=EVERYTHING_UP
        | up("triton", "1x4 stale")
        | {'kube_deployment_spec_replicas{deployment="triton-stable"}': "1x4 0x40 1x60"},
        facts=SLEEPING,
        expect={
            "10m": (),
            "17m": (
                Firing(
                    labels={"service": "triton", "job": "triton"},
                    says="triton: Prometheus finds no address of it to scrape.",
                ),
            ),
        },
    ),
    Scenario(
        alert="ServiceDown",
        name="is silent while a service is to sleep, and not where nobody knows whether it is",
        series=EVERYTHING_UP
        | {
            'ollama_up{job="ollama-exporter", instance="x", instance_address="a"}': "0x60",
            'kube_deployment_spec_replicas{deployment="ollama-stable"}': "0x40 stale",
        },
        facts=SLEEPING,
        expect={
            "5m": (),
            "13m": (
                Firing(labels={"service": "ollama"}, says="ollama: none of its copies answers."),
            ),
        },
    ),
    Scenario(
        alert="TargetMissing",
        name="is silent when one pod of two left, and when a target is down",
        series=EVERYTHING_UP | up("gateway", "1x4 stale", "b") | up("redis-exporter", "0x60"),
        expect={"6m15s": (), "15m": ()},
    ),
)
