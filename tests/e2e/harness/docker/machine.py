"""What the Docker provider does with the arguments of the plan, by the Docker API."""

from __future__ import annotations

import io
import re
import tarfile
import time
from typing import TYPE_CHECKING, Any

from docker.errors import DockerException, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker import DockerClient

KINDS = ("Network", "Volume", "Container")
MIB = 2**20
NANOSECONDS = 10**9
POLL_SECONDS = 0.2


class MachineError(Exception):
    """Something could not be made; the message is what the CLI would say."""


class Machine:
    """One Docker engine."""

    def __init__(self, engine: DockerClient) -> None:
        self._engine = engine

    def make(self, kind: str, inputs: Mapping[str, Any]) -> None:
        """Make what ``inputs`` describe; MachineError when the engine will not."""
        try:
            match kind:
                case "Network":
                    self._engine.networks.create(
                        inputs["name"],
                        driver=inputs["driver"],
                        internal=inputs.get("internal", False),
                        options=inputs.get("options"),
                    )
                case "Volume":
                    self._engine.volumes.create(inputs["name"])
                case "Container":
                    self._container(inputs)
        except DockerException as error:
            raise MachineError(f"{inputs['name']}: {error}") from None

    def remove(self, record: Mapping[str, str]) -> None:
        """Remove what was made by ``record``; nothing where it is gone."""
        kinds: Mapping[str, Any] = {
            "Network": self._engine.networks,
            "Volume": self._engine.volumes,
            "Container": self._engine.containers,
        }
        try:
            found = kinds[record["kind"]].get(record["name"])
            if record["kind"] == "Container":
                found.stop(timeout=int(found.labels.get(GRACE, 0)))
                found.remove(v=True, force=True)
            else:
                found.remove()
        except NotFound:
            pass

    def _container(self, inputs: Mapping[str, Any]) -> None:
        api: Any = self._engine.api
        networks = inputs.get("networksAdvanced", [])
        ports = inputs.get("ports", [])
        labels = {each["label"]: each["value"] for each in inputs.get("labels", [])}
        described = api.create_container_config(
            image=inputs["image"],
            command=inputs.get("command"),
            entrypoint=inputs.get("entrypoints"),
            user=inputs.get("user"),
            environment=inputs.get("envs"),
            labels={**labels, GRACE: str(inputs.get("destroyGraceSeconds", 0))},
            ports=[(port["internal"], "tcp") for port in ports],
            healthcheck=_healthcheck(inputs["healthcheck"]) if "healthcheck" in inputs else None,
            host_config=api.create_host_config(**_host(inputs, ports)),
            detach=True,
        )
        described["StopTimeout"] = inputs.get("stopTimeout")
        found = api.create_container_from_config(described, inputs["name"])["Id"]
        if networks:
            api.disconnect_container_from_network(found, "bridge")
        for network in networks:
            api.connect_container_to_network(found, network["name"], aliases=network["aliases"])
        if inputs.get("uploads"):
            api.put_archive(found, "/", _archive(inputs["uploads"]))
        api.start(found)
        if inputs.get("attach"):
            status = api.wait(found)["StatusCode"]
            if status:
                said = api.logs(found).decode(errors="replace").strip()
                raise MachineError(f"container {inputs['name']} ended with {status}: {said}")
        elif inputs.get("wait"):
            self._await_health(found, inputs)

    def _await_health(self, container: str, inputs: Mapping[str, Any]) -> None:
        deadline = time.monotonic() + inputs["waitTimeout"]
        while True:
            state = self._engine.api.inspect_container(container)["State"]
            if state["Health"]["Status"] == "healthy":
                return
            if time.monotonic() > deadline or not state["Running"]:
                raise MachineError(f"container {inputs['name']} is not healthy")
            time.sleep(POLL_SECONDS)


GRACE = "test.stop-seconds"


def _host(inputs: Mapping[str, Any], ports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    capabilities = inputs.get("capabilities", {})
    shared_memory = {"shm_size": inputs["shmSize"] * MIB} if "shmSize" in inputs else {}
    return {
        "restart_policy": {"Name": inputs["restart"]},
        "read_only": inputs.get("readOnly", False),
        "mem_limit": inputs["memory"] * MIB,
        "memswap_limit": inputs["memorySwap"] * MIB,
        "cpu_period": inputs["cpuPeriod"],
        "cpu_quota": inputs["cpuQuota"],
        "cap_add": capabilities.get("adds"),
        "cap_drop": capabilities.get("drops"),
        "security_opt": inputs.get("securityOpts"),
        "tmpfs": inputs.get("tmpfs"),
        "network_mode": inputs.get("networkMode", "bridge"),
        "binds": [
            f"{each['volumeName']}:{each['containerPath']}:{'ro' if each['readOnly'] else 'rw'}"
            for each in inputs.get("volumes", [])
        ],
        "port_bindings": {
            f"{port['internal']}/tcp": (port["ip"], port["external"]) for port in ports
        },
        **shared_memory,
    }


def _healthcheck(described: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Test": described["tests"],
        "Interval": _nanoseconds(described["interval"]),
        "Timeout": _nanoseconds(described["timeout"]),
        "StartPeriod": _nanoseconds(described["startPeriod"]),
        "Retries": described["retries"],
    }


def _nanoseconds(text: str) -> int:
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(n) * units[u] for n, u in re.findall(r"(\d+)([hms])", text)) * NANOSECONDS


def _archive(uploads: Sequence[Mapping[str, str]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for upload in uploads:
            data = upload["content"].encode()
            entry = tarfile.TarInfo(upload["file"].lstrip("/"))
            entry.size, entry.mode = len(data), int(upload["permissions"], 8)
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
