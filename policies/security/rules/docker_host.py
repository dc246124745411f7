"""What a Docker container gets of its machine: files, devices, ports, memory, processors."""

import posixpath
from collections.abc import Iterator

from policies.framework.resource import Resource
from policies.framework.rule import Level, NoConfig, Rule, Severity
from policies.framework.together import require_one_of
from policies.framework.values import Finding, Node

from .docker_isolation import CONTAINER
from .host_paths import holds_runtime_socket, is_runtime_socket, is_sensitive

# Devices of GPUs; anything else below /dev reaches memory or disks.
GPU_DEVICES = ("/dev/nvidia", "/dev/dri", "/dev/kfd")
EVERY_ADDRESS = (None, "", "0.0.0.0", "::", "[::]")  # noqa: S104 what is refused


def runtime_socket(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Whoever talks to the container runtime is root on the machine, through a read-only mount too.

    A parent folder is left to ``host_path``.
    """
    for source in host_sources(resource):
        yield from source.refuse_if(is_runtime_socket, "must not be the container runtime's socket")


def host_path(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Folders from which the machine can be taken over or read out."""
    for source in host_sources(resource):
        yield from source.refuse_if(
            lambda value: is_sensitive(value) or holds_runtime_socket(value),
            "is a folder of the machine's own, and must not be mounted",
        )


def devices(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Devices other than GPUs."""
    for device in resource["devices"].items():
        yield from device["hostPath"].refuse_if(
            lambda value: (
                isinstance(value, str) and not posixpath.normpath(value).startswith(GPU_DEVICES)
            ),
            "is a device that is no GPU",
        )


def published(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Docker opens a published port past the machine's firewall."""
    yield from resource["publishAllPorts"].refuse_if(
        lambda value: value is True, "must not be true"
    )
    for port in resource["ports"].items():
        yield from port["ip"].refuse_if(
            lambda value: value in EVERY_ADDRESS, "must be one address, such as 127.0.0.1"
        )


def memory_limit(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """Without a limit one container takes the memory of all."""
    yield from resource["memory"].refuse_if(lambda value: not value, "must be set, in MiB")


def cpu_limit(resource: Resource, _config: NoConfig) -> Iterator[Finding]:
    """``cpus``, or a quota, or a set of processors."""
    yield from require_one_of(
        [resource[name] for name in ("cpus", "cpuQuota", "cpuSet")],
        "must be set (or cpuQuota, or cpuSet)",
    )


def host_sources(resource: Resource) -> Iterator[Node]:
    """Paths of the machine that are mounted, whichever of the two inputs says so."""
    for volume in resource["volumes"].items():
        yield volume["hostPath"]
    for mount in resource["mounts"].items():
        if mount["type"].hidden or mount["type"].value == "bind":
            yield mount["source"]


RULES = (
    Rule(
        id="docker/runtime-socket",
        severity=Severity.CRITICAL,
        protects="the machine: the runtime's socket starts any container with any right",
        fix="remove the mount; give the one tool that needs it a proxy that allows only its calls",
        reference="CIS Docker 5.32",
        kinds=CONTAINER,
        check=runtime_socket,
    ),
    Rule(
        id="docker/host-path",
        severity=Severity.HIGH,
        protects="passwords, keys and programs of the machine",
        fix="mount a Docker volume, or a folder that belongs to this service alone",
        reference="CIS Docker 5.6",
        kinds=CONTAINER,
        check=host_path,
    ),
    Rule(
        id="docker/devices",
        severity=Severity.HIGH,
        protects="disks and memory of the machine, which device files reach past all permissions",
        fix="remove the device; GPUs are asked for with gpus",
        reference="CIS Docker 5.18",
        kinds=CONTAINER,
        check=devices,
    ),
    Rule(
        id="docker/published",
        severity=Severity.HIGH,
        protects="services without a password from every network that the machine is on",
        fix="set ip to 127.0.0.1, or to the one address that clients use",
        reference="CIS Docker 5.14; guide, Network Security",
        kinds=CONTAINER,
        check=published,
    ),
    Rule(
        id="docker/memory-limit",
        severity=Severity.MEDIUM,
        protects="all other services: the machine's memory belongs to whoever takes it first",
        fix="set memory to what the service may use, in MiB",
        reference="CIS Docker 5.11",
        kinds=CONTAINER,
        check=memory_limit,
    ),
    Rule(
        id="docker/cpu-limit",
        severity=Severity.LOW,
        protects="all other services from one that spins",
        fix="set cpus, or cpuPeriod and cpuQuota",
        reference="CIS Docker 5.12",
        kinds=CONTAINER,
        check=cpu_limit,
        level=Level.ADVISORY,
    ),
)
