"""Stands in for a provider plugin: ``stand_in_provider.py PACKAGE``, aws, docker or kubernetes.

The engine starts it and calls it over gRPC as it would the real plugin, on machines that have
neither the plugin, nor a Docker engine, nor a cluster. Each thing it has made is a file below the
folder that ``STAND_IN_WORLD`` names.

It shows what the engine does with our program: registration, order, secrets, unknowns, changes of
inputs, replacement, protection, deletion. Like the real ones it refuses a name that is taken,
replaces what cannot be changed in place, and gets secrets in clear (docker) or marked (kubernetes).

It cannot show what only the real ones do: their Check (schemas, defaults, automatic names), their
waiting for health, differences in what an API answers, or that an API accepts what it is sent.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine writes a value that is not known yet."""

CLUSTER = "aws:eks/cluster:Cluster"
KEY = "aws:kms/key:Key"
REPOSITORY = "aws:ecr/repository:Repository"
CONTAINER = "docker:index/container:Container"
# Of what the program sets on containers; all else is "ForceNew" in terraform-provider-docker's
# internal/provider/resource_docker_container.go, as is everything of networks and volumes.
CHANGED_IN_PLACE = {
    "attach", "cpuPeriod", "cpuQuota", "destroyGraceSeconds", "healthcheck", "memory", "memorySwap",
    "mustRun", "restart", "tmpfs", "wait", "waitTimeout",
}  # fmt: skip

# The same for Kubernetes, from pulumi-kubernetes' provider/pkg/provider/diff.go.
REPLACED = {
    "ClusterRoleBinding": ["roleRef"],
    "DaemonSet": ["spec.selector"],
    "Deployment": ["spec.selector"],
    "Job": ["spec.selector", "spec.template"],
    "PersistentVolumeClaim": ["spec.accessModes", "spec.storageClassName"],
    "RoleBinding": ["roleRef"],
    "Secret": ["type"],
}
REPLACED_UNLESS = {
    "ConfigMap": ("enableConfigMapMutable", ["data", "binaryData"]),
    "Secret": ("enableSecretMutable", ["data", "stringData"]),
}

NAMES = {"aws": (), "docker": ("name",), "kubernetes": ("metadata.namespace", "metadata.name")}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One configured provider. Methods are those of the protocol; requests echo as answers."""

    def __init__(self, package: str, world: Path) -> None:
        self._docker = package == "docker"
        self._names = NAMES[package]
        # The engine warns of any version but the one that belongs to the SDK.
        self._version = version(f"pulumi_{package}")
        self._world = world
        self._settings = struct_pb2.Struct()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> Any:
        return _diff(_changed(request.old_inputs, request.news), [])

    def Configure(self, request: Any, _context: Any) -> Any:
        self._settings = request.args
        return provider_pb2.ConfigureResponse(
            supportsPreview=True, acceptSecrets=not self._docker, acceptResources=True
        )

    def Check(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, _context: Any) -> Any:
        changed = _changed(request.old_inputs, request.news)
        if self._docker:
            replaces = [key for key in changed if not _in_place(request.type, key)]
        else:
            paths = ["metadata.name", "metadata.namespace", *self._replaced(request.type)]
            replaces = [
                path for path in paths if _at(request.old_inputs, path) != _at(request.news, path)
            ]
        return _diff(changed, replaces)

    def Create(self, request: Any, context: Any) -> Any:
        outputs = self._with_what_it_decides(request, request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=outputs)
        try:
            self._file(request).touch(exist_ok=False)
        except FileExistsError:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"the name of {request.urn} is taken")
        return provider_pb2.CreateResponse(id=uuid4().hex, properties=outputs)

    def Update(self, request: Any, _context: Any) -> Any:
        outputs = self._with_what_it_decides(request, request.news, there=True)
        return provider_pb2.UpdateResponse(properties=outputs)

    def Delete(self, request: Any, _context: Any) -> Any:
        self._file(request).unlink()
        return empty_pb2.Empty()

    def Cancel(self, _request: Any, _context: Any) -> Any:
        return empty_pb2.Empty()

    def _replaced(self, token: str) -> list[str]:
        kind = token.rpartition(":")[2]
        mutable, paths = REPLACED_UNLESS.get(kind, ("", []))
        allowed = mutable and self._settings.fields[mutable].string_value == "true"
        return [*REPLACED.get(kind, []), *([] if allowed else paths)]

    def _with_what_it_decides(self, request: Any, inputs: Any, *, there: bool = False) -> Any:
        """The outputs of a thing that is ``there`` already, or is about to be made.

        An output that is in no answer of ours is unknown in each preview, also of what stays.
        """
        outputs = struct_pb2.Struct()
        outputs.CopyFrom(inputs)
        preview = request.preview and not there
        if request.type == CONTAINER:
            outputs["exitCode"] = UNKNOWN if preview else 0
        if preview or not request.type.startswith("aws:"):
            return outputs
        name = request.urn.rpartition("::")[2]
        # Some take the ARN of another thing as an input of that name.
        if "arn" not in outputs.fields:
            outputs["arn"] = f"arn:aws:test:::{name}"
        if request.type == KEY:
            outputs["keyId"] = name
        if request.type == REPOSITORY:
            outputs["repositoryUrl"] = f"registry.test/{name}"
        if request.type == CLUSTER:
            outputs["endpoint"] = "https://cluster.test"
            outputs["certificateAuthority"] = {"data": "Y2VydGlmaWNhdGU="}
            outputs["vpcConfig"]["clusterSecurityGroupId"] = "sg-0"
        return outputs

    def _file(self, request: Any) -> Path:
        """What stands for the thing: two with the same name cannot be there at once.

        Which part of its inputs names a thing of AWS differs by its type: the engine's name does.
        """
        if self._names:
            found = (_at(request.properties, path) for path in self._names)
            name = "/".join(value.string_value for value in found if value)
        else:
            name = request.urn.rpartition("::")[2]
        return self._world / quote(f"{request.type} {name}", safe="")


def _in_place(token: str, key: str) -> bool:
    return token == CONTAINER and key in CHANGED_IN_PLACE


def _changed(old: Any, new: Any) -> list[str]:
    keys = sorted({*old.fields, *new.fields})
    return [key for key in keys if _at(old, key) != _at(new, key)]


def _at(properties: Any, path: str) -> Any:
    """The value at a dotted path, as it is on the wire; None where there is none."""
    value, fields = None, properties.fields
    for part in path.split("."):
        if part not in fields:
            return None
        value = fields[part]
        fields = value.struct_value.fields
    return value


def _diff(changed: list[str], replaces: list[str]) -> Any:
    answer = provider_pb2.DiffResponse
    changes = answer.DIFF_SOME if changed else answer.DIFF_NONE
    return answer(changes=changes, diffs=changed, replaces=replaces)


def main() -> None:
    """Serve until the engine interrupts; the port goes to stdout, as the engine expects."""
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    provider = Provider(sys.argv[1], Path(os.environ["STAND_IN_WORLD"]))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.wait_for_termination()


if __name__ == "__main__":
    main()
