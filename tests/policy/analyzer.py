"""The SDK's own analyzer, as the engine asks it: proxies, floats and sentinels are real."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2 as wire
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.framework.pack import Run
from policies.framework.resource import KUBERNETES
from policies.framework.rule import AnyRule
from policies.framework.waivers import Waiver, Waivers

PROJECT = "researchflow-ai"
TODAY = date(2026, 6, 1)
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a value that it does not know."""


def secret(value: Any) -> dict[str, Any]:
    """``value`` as the engine sends it when it is secret."""
    return {SIGNATURE: SECRET_SIGNATURE, "value": value}


@dataclass(frozen=True, kw_only=True)
class Said:
    """One line that a person would read. ``rule`` is the id that its message starts with."""

    policy: str
    rule: str
    message: str
    mandatory: bool
    urn: str


@dataclass
class Analyzer:
    """A pack as the engine sees it. Each instance is one preview or one update."""

    rules: Sequence[AnyRule]
    waivers: Iterable[Waiver] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    stack: str = "production"
    name: str = "pack"

    def __post_init__(self) -> None:
        run = Run(self.name, self.rules, Waivers(tuple(self.waivers), TODAY), self.settings)
        # The SDK's class has no types.
        make: Any = _PolicyAnalyzerServicer
        self._servicer = make(self.name, "1.0.0", run.policies(), EnforcementLevel.MANDATORY)
        self._resources: list[wire.AnalyzerResource] = []
        if self.config:
            self._servicer.Configure(self._configuration(), None)

    def analyze(self, token: str, properties: Mapping[str, Any], name: str = "it") -> list[Said]:
        """What is said when a resource of the type ``token`` is registered."""
        urn = f"urn:pulumi:{self.stack}::{PROJECT}::{token}::{name}"
        struct = json_format.ParseDict(dict(properties), struct_pb2.Struct())
        self._resources.append(
            wire.AnalyzerResource(type=token, properties=struct, urn=urn, name=name)
        )
        request = wire.AnalyzeRequest(type=token, properties=struct, urn=urn, name=name)
        return _said(self._servicer.Analyze(request, None))

    def apply(self, manifest: Mapping[str, Any]) -> list[Said]:
        """What is said when a Kubernetes object is registered."""
        token = f"{KUBERNETES}{api_version(manifest)}:{manifest['kind']}"
        return self.analyze(token, manifest, manifest.get("metadata", {}).get("name", "it"))

    def finish(self) -> list[Said]:
        """What is said when everything has been registered."""
        request = wire.AnalyzeStackRequest(resources=self._resources)
        return _said(self._servicer.AnalyzeStack(request, None))

    def _configuration(self) -> wire.ConfigureAnalyzerRequest:
        request = wire.ConfigureAnalyzerRequest()
        config = request.policyConfig[self.name]
        config.enforcementLevel = wire.MANDATORY
        json_format.ParseDict(dict(self.config), config.properties)
        return request


def api_version(manifest: Mapping[str, Any]) -> str:
    """The part of Pulumi's token that says group and version."""
    found = str(manifest["apiVersion"])
    return found if "/" in found else f"core/{found}"


def _said(response: wire.AnalyzeResponse) -> list[Said]:
    return [
        Said(
            policy=each.policyName,
            rule=_rule_in(each.message),
            message=each.message,
            mandatory=each.enforcementLevel == wire.MANDATORY,
            urn=each.urn,
        )
        for each in response.diagnostics
    ]


def _rule_in(message: str) -> str:
    return message.partition("[")[2].partition("]")[0]
