"""Machines and containers."""

from __future__ import annotations

from alerts.rules import ON_DOCKER
from tests.monitoring.promtool import Firing, Scenario

NODE = {"job": "node-exporter", "instance": "n1:9100"}
NODE_SERIES = 'job="node-exporter", instance="n1:9100"'
ROOT = NODE | {"device": "/dev/sda", "fstype": "ext4", "mountpoint": "/"}
ROOT_SERIES = ", ".join(f'{key}="{value}"' for key, value in ROOT.items())
GIB = 2**30
CONTAINER = {
    "job": "kube-state-metrics", "instance": "k:8080", "namespace": "ai", "pod": "ollama-1",
    "container": "ollama",
}  # fmt: skip
CONTAINER_SERIES = ", ".join(f'{key}="{value}"' for key, value in CONTAINER.items())
RESTARTS = f"kube_pod_container_status_restarts_total{{{CONTAINER_SERIES}}}"
KILLED = (
    f'kube_pod_container_status_last_terminated_reason{{{CONTAINER_SERIES}, reason="OOMKilled"}}'
)


def memory(available: int) -> dict[str, str]:
    return {
        f"node_memory_MemAvailable_bytes{{{NODE_SERIES}}}": f"{available}x60",
        f"node_memory_MemTotal_bytes{{{NODE_SERIES}}}": "1000x60",
    }


def disk(available: str, read_only: int = 0, size: int = 1000) -> dict[str, str]:
    return {
        f"node_filesystem_avail_bytes{{{ROOT_SERIES}}}": available,
        f"node_filesystem_size_bytes{{{ROOT_SERIES}}}": f"{size}x200",
        f"node_filesystem_readonly{{{ROOT_SERIES}}}": f"{read_only}x200",
    }


def process(name: str, values: str) -> dict[str, str]:
    return {f'{name}{{job="faiss", instance="f:5000"}}': values}


def working_set(identity: str, values: str) -> dict[str, str]:
    labels = (
        f'job="cadvisor", instance="n1:10250", node="n1", namespace="ai", pod="ollama-1", '
        f'container="ollama", name="{identity}"'
    )
    return {f"container_memory_working_set_bytes{{{labels}}}": values}


FAISS = {"job": "faiss", "instance": "f:5000", "service": "faiss"}

MACHINES = (
    Scenario(
        alert="MemoryPressure",
        name="fires above 90 % for five minutes",
        series=memory(99),
        expect={"4m45s": (), "5m": (Firing(labels=NODE, says="n1:9100: 90.1% are used."),)},
    ),
    Scenario(
        alert="MemoryPressure",
        name="is silent at 90 %",
        series=memory(100),
        expect={"5m": (), "15m": ()},
    ),
    Scenario(
        alert="DiskSpaceLow",
        name="fires above 85 % for ten minutes",
        series=disk("149x200"),
        expect={"9m45s": (), "10m": (Firing(labels=ROOT, says="n1:9100 /: 85.1% are used."),)},
    ),
    Scenario(
        alert="DiskSpaceLow",
        name="is silent at 85 %, and on what nobody can write to",
        series=disk("150x200")
        | {key.replace('"/"', '"/cd"'): value for key, value in disk("0x200", read_only=1).items()},
        expect={"10m": (), "30m": ()},
    ),
    Scenario(
        alert="DiskFullSoon",
        name="fires when a disk that is 70 % full would be full in three hours",
        # 300 left and 1.6 a minute less: empty after 188 minutes.
        series=disk("300-0.4x200"),
        expect={
            "15m": (),
            "15m15s": (Firing(labels=ROOT, says="n1:9100 / fills up."),),
        },
    ),
    Scenario(
        alert="DiskFullSoon",
        name="is silent when it would take five hours, and on a disk with much room",
        series=disk("300-0.24x200")
        | {key.replace('"/"', '"/new"'): value for key, value in disk("900-3x200").items()},
        expect={"15m15s": (), "40m": ()},
    ),
    Scenario(
        alert="OutOfMemoryKill",
        name="fires a minute after the kernel killed a process",
        series={f"node_vmstat_oom_kill{{{NODE_SERIES}}}": "0x8 1x60"},
        expect={
            "3m": (),
            "3m15s": (
                Firing(
                    labels=NODE | {"service": "node"},
                    says="n1:9100: a container, or the machine, ran out of memory.",
                ),
            ),
        },
    ),
    Scenario(
        alert="OutOfMemoryKill",
        name="names the container on Kubernetes, also one without metrics of its own",
        series={KILLED: "_x8 1x60", RESTARTS: "0x8 1x60"},
        expect={
            "3m": (),
            "3m15s": (
                Firing(
                    labels=CONTAINER | {"reason": "OOMKilled", "service": "ollama"},
                    says="ollama-1: its container reached its memory limit.",
                ),
            ),
        },
    ),
    Scenario(
        alert="OutOfMemoryKill",
        name="is silent about kills of long ago and when the machine restarts",
        series={
            f"node_vmstat_oom_kill{{{NODE_SERIES}}}": "5x20 0x60",
            KILLED: "1x80",
            RESTARTS: "7x80",
        },
        expect={"3m15s": (), "8m": (), "15m": ()},
    ),
    Scenario(
        alert="ServiceRestarting",
        name="fires on Kubernetes at the third restart of any container within an hour",
        series={RESTARTS: "4x4 5x4 6x4 7x60"},
        expect={
            "4m30s": (),
            "4m45s": (
                Firing(
                    labels=CONTAINER | {"service": "ollama"},
                    says="ollama: ollama-1 started 3 times in an hour.",
                ),
            ),
        },
    ),
    Scenario(
        alert="ServiceRestarting",
        name="fires on Docker when a process started for the third time within an hour",
        facts=ON_DOCKER,
        series=process("process_start_time_seconds", "1x4 100x4 200x4 300x60"),
        expect={
            "4m30s": (),
            "4m45s": (Firing(labels=FAISS, says="faiss: f:5000 started 3 times in an hour."),),
        },
    ),
    Scenario(
        alert="ServiceRestarting",
        name="counts restarts of the gateway by the fall of its uptime",
        facts=ON_DOCKER,
        series={'envoy_server_uptime{job="gateway", instance="g"}': "9 0+15x3 0+15x3 0+15x60"},
        expect={
            "3m15s": (
                Firing(
                    labels={"job": "gateway", "instance": "g", "service": "gateway"},
                    says="gateway: g started 3 times in an hour.",
                ),
            )
        },
    ),
    Scenario(
        alert="ServiceRestarting",
        name="is silent at two restarts",
        facts=ON_DOCKER,
        series=process("process_start_time_seconds", "1x4 100x4 200x60"),
        expect={"4m45s": (), "15m": ()},
    ),
    Scenario(
        alert="ServiceMemoryHigh",
        name="fires above 90 % of the limit for ten minutes",
        series=process("process_resident_memory_bytes", f"{int(1.9 * GIB)}x60"),
        expect={
            "9m45s": (),
            "10m": (Firing(labels=FAISS, says="faiss: f:5000 uses 95% of its limit."),),
        },
    ),
    Scenario(
        alert="ServiceMemoryHigh",
        name="fires for Ollama, which tells nothing, by its container, once though it restarted",
        series=working_set("c1", f"{int(1.9 * GIB)}x60") | working_set("c2", f"{GIB}x60"),
        expect={
            "9m45s": (),
            "10m": (
                Firing(
                    labels={
                        "service": "ollama",
                        "container": "ollama",
                        "pod": "ollama-1",
                        "instance": "ollama-1",
                    },
                    says="ollama: ollama-1 uses 95% of its limit.",
                ),
            ),
        },
    ),
    Scenario(
        alert="ServiceMemoryHigh",
        name="is silent just below",
        series=process("process_resident_memory_bytes", f"{int(1.8 * GIB)}x60"),
        expect={"10m": (), "15m": ()},
    ),
)
