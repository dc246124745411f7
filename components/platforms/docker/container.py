"""What a container looks like: specs as arguments of ``docker.Container``, as plain data.

Docker has no drain command before SIGTERM: a spec's ``drain.command`` has no effect here, and its
``drain.seconds`` is how long a stopping container has until it is killed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...files import directories
from ...spec.health import NoTool
from . import logs
from .health import check, healthcheck, wait_seconds
from .mounts import job_mounts, mebibytes, service_mounts
from .network import EGRESS, published_ports, service_networks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ...files import Directory
    from ...spec import ServiceSpec
    from ...spec.runs import Job, Resources
    from .place import Kwargs, Place

CONFIG_HASH = "researchflow.ai/config-hash"
NO_HEALTH_CHECK = "researchflow.ai/no-health-check"

CPU_PERIOD = 100_000
"""Microseconds; the scheduler's default."""


ALL_GPUS = -1
"""What a per-node agent asks for: it watches every GPU and claims none."""


def replica_parts(spec: ServiceSpec) -> tuple[tuple[str, ...], ...]:
    """What is added to the service's name for each copy: nothing for the first, then ``2``, ``3``.

    So more or fewer copies leave the others alone; a first copy with another name would want the
    published ports while the old one still has them.
    """
    copies = 1 if spec.per_node else spec.replicas
    return ((), *((str(number),) for number in range(2, copies + 1)))


def service_container(spec: ServiceSpec, replica: int, place: Place) -> Kwargs:
    """Copy ``replica`` (from 0) of ``spec``, without the label for its secrets."""
    parts = replica_parts(spec)[replica]
    found = directories(spec.files, spec.secret_files)
    kwargs: Kwargs = {
        **confined(place, spec.resources, add=spec.capabilities),
        **logs.sent(spec, parts, place),
        **service_mounts(spec, place),
        **_gpus(ALL_GPUS if spec.per_node and spec.resources.gpus else spec.resources.gpus),
        "name": place.named(spec.instance, *parts),
        "image": place.image(spec.image),
        "user": f"{spec.user}:{spec.group}",
        "envs": environment(spec.environment),
        "read_only": spec.read_only_root,
        "restart": "unless-stopped",
        "stop_timeout": spec.drain.seconds,
        # The provider stops a container before it removes it, with this and not stop_timeout.
        "destroy_grace_seconds": spec.drain.seconds,
        "networks_advanced": service_networks(spec, place),
    }
    if spec.command:
        kwargs["entrypoints"] = list(spec.command)
    if spec.args:
        kwargs["command"] = list(spec.args)
    if spec.host_pid:
        kwargs["pid_mode"] = "host"
    # A port of the machine can be had once only, so it leads to the first copy.
    ports = published_ports(spec, place)
    if ports and replica == 0:
        kwargs["ports"] = ports
    return kwargs | _health_and_labels(spec, place, found)


def job_container(spec: ServiceSpec, job: Job, place: Place) -> Kwargs:
    """The one-shot container of ``job``, which ends before the service starts."""
    labels = _labels(spec, place) | config_hash(directories(job.files))
    return {
        **confined(place, job.resources),
        **one_shot(),
        **logs.sent(spec, (), place, job),
        **job_mounts(spec, job, place),
        **_gpus(job.resources.gpus),
        "name": place.named(spec.instance, "job", job.name),
        "image": place.image(spec.image),
        "user": f"{spec.user}:{spec.group}",
        "envs": environment(job.environment),
        "read_only": spec.read_only_root,
        "entrypoints": list(job.command),
        "labels": label_list(labels),
        **(
            {"networks_advanced": [{"name": place.named(EGRESS)}]}
            if job.internet or job.outside
            else {"network_mode": "none"}
        ),
    }


def one_shot() -> Kwargs:
    """A container that runs once and is waited for; it stays, stopped, with its log."""
    return {"must_run": False, "attach": True, "restart": "no"}


def confined(place: Place, resources: Resources, add: Iterable[str] = ()) -> Kwargs:
    """Limits and confinement that every container has, ours and the writers'."""
    memory = mebibytes(resources.memory)
    capabilities: Kwargs = {"drops": ["ALL"]}
    # With the prefix, as newer daemons answer it whatever they were asked.
    added = sorted(f"CAP_{name.upper().removeprefix('CAP_')}" for name in add)
    if added:
        capabilities["adds"] = added
    return {
        # Not `cpus`: the provider reads it back as text of its own ("10.", and 0.05 as "0.1"), and
        # a value that differs replaces the container at every `up`.
        "cpu_period": CPU_PERIOD,
        "cpu_quota": max(1_000, round(resources.cpu * CPU_PERIOD)),
        "memory": memory,
        # Memory and swap together: no swap, and no diff for ever against what Docker makes of -1.
        "memory_swap": memory,
        "capabilities": capabilities,
        "security_opts": ["no-new-privileges"],
        **logs.kept(place),
    }


def environment(variables: Mapping[str, str]) -> list[str]:
    """``NAME=value``, sorted."""
    return [f"{name}={value}" for name, value in sorted(variables.items())]


def label_list(labels: Mapping[str, str]) -> list[Kwargs]:
    """Labels as the provider takes them, sorted."""
    return [{"label": name, "value": value} for name, value in sorted(labels.items())]


def config_hash(found: Iterable[Directory]) -> dict[str, str]:
    """The label that replaces a container when its configuration changes.

    Live directories have no part in it: the server watches them.
    """
    digests = sorted(entry.digest for entry in found if entry.kind == "config")
    return {CONFIG_HASH: "-".join(digests)} if digests else {}


def _health_and_labels(spec: ServiceSpec, place: Place, found: tuple[Directory, ...]) -> Kwargs:
    labels = _labels(spec, place) | config_hash(found)
    test = check(spec.health)
    if isinstance(test, NoTool):
        return {"labels": label_list(labels | {NO_HEALTH_CHECK: test.reason})}
    seconds = spec.health.startup_seconds
    return {
        "labels": label_list(labels),
        "healthcheck": healthcheck(test, seconds),
        "wait": True,
        "wait_timeout": wait_seconds(seconds),
    }


def _labels(spec: ServiceSpec, place: Place) -> dict[str, str]:
    return {
        "researchflow.ai/environment": place.environment,
        "researchflow.ai/service": spec.name,
    }


def _gpus(count: int) -> Kwargs:
    if not count:
        return {}
    request = {"driver": "nvidia", "count": count, "capabilities": ["gpu"]}
    return {"device_requests": [request]}
