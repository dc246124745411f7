"""The only reader of stack config: one typed tree, frozen, unknown keys refused.

Everything plain is below the one key ``researchflow-ai:platform``. Each secret is a top-level key
of its own, because a ``secure:`` value nested in an object comes back in clear.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass as plain_dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pulumi
from pydantic import Field, TypeAdapter, ValidationError, create_model
from pydantic.dataclasses import dataclass

from components.audience import ClientArgs, ImagesArgs
from components.budget import CostArgs
from components.capacity import CapacityArgs
from components.catalogue import CATALOGUE, Entry, describe, setting_key
from components.context import Context, Environment, GpuArgs, LogLevel, LogsArgs
from components.files import secret_names
from components.findings import findings
from components.gateway.secrets import checked
from components.infrastructure_stack import of_infrastructure
from components.internal_tls.args import InternalTlsArgs
from components.platforms import Target
from components.rollout.args import RolloutArgs
from components.rules import Facts, problems
from components.scaling.args import Scalable, ScalingArgs
from components.spec import ServiceSpec
from components.types import STRICT, Percentage

KEY = "platform"
SCHEMA = "schemas/stack.schema.json"

SECRETS: Mapping[str, str] = MappingProxyType(
    {
        "redisPassword": "password of Redis",
        "grafanaAdminPassword": "password of Grafana's administrator",
        "kubeconfig": "kubeconfig of the cluster",
        "registryCredentials": "Docker config JSON for pulling images",
        "remoteWriteToken": "token or password of the store that remote_write sends to",
        "logsToken": "token or password of the store that log lines are sent to",
        "alertSlackUrl": "incoming webhook of the Slack channel for alerts",
        "alertPagerdutyKey": "routing key of PagerDuty's Events API v2",
        "alertWebhookUrl": "address of the webhook for alerts",
        "alertWatchdogUrl": "address of the dead man's switch",
        "gatewayCertificate": "certificate chain of the gateway, as PEM",
        "gatewayKey": "private key of the gateway's certificate, as PEM",
        "backupAccessKey": "access key of the bucket for backups",
        "backupSecretKey": "secret key of the bucket for backups",
        "rolloutSlackUrl": "incoming webhook of the Slack channel for rollouts",
    }
)
"""Every secret there is, and what it is for."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FeaturesArgs:
    """Feature flags: the per cent of users that see each feature."""

    ai_inference: Percentage = 0
    vector_search: Percentage = 0
    semantic_cache: Percentage = 0


if TYPE_CHECKING:
    Services = Any
else:
    Services = create_model(
        "Services",
        __config__=STRICT,
        **{
            setting_key(component.service): (
                component.args_type,
                Field(default_factory=component.args_type),
            )
            for component in CATALOGUE
        },
    )


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Settings:
    """What a stack file may say below ``researchflow-ai:platform``."""

    environment: Environment
    """ENVIRONMENT of the guide."""
    target: Target
    """Where it runs: ``kind: docker`` or ``kind: kubernetes``, and that platform's settings."""
    log_level: LogLevel = "info"
    """LOG_LEVEL of the guide, for every service that has one."""
    logs: LogsArgs | None = None
    """A store that gets every log line; left out, lines stay on the node."""
    capacity: CapacityArgs = Field(default_factory=CapacityArgs)
    cost: CostArgs = Field(default_factory=CostArgs)
    """What the monthly estimate is made with, and the budget."""
    gpu: GpuArgs | None = None
    features: FeaturesArgs = Field(default_factory=FeaturesArgs)
    rollout: RolloutArgs = Field(default_factory=RolloutArgs)
    """Second versions of services, and the per cent of users that get them."""
    scaling: Mapping[Scalable, ScalingArgs] = Field(default_factory=dict)
    """How many replicas of a service run, by load and by the clock (Kubernetes with KEDA)."""
    clients: tuple[ClientArgs, ...] = ()
    images: ImagesArgs = Field(default_factory=ImagesArgs)
    internal_tls: InternalTlsArgs | None = None
    """TLS between services; without it, they speak plainly inside a closed network."""
    services: Services = Field(default_factory=Services)

    @property
    def context(self) -> Context:
        """What services may know while they are described."""
        return Context(
            environment=self.environment,
            kubernetes=self.target.kind == "kubernetes",
            namespace=self.target.namespace if self.target.kind == "kubernetes" else "",
            node_namespace=self.target.node_namespace if self.target.kind == "kubernetes" else "",
            log_level=self.log_level,
            features=TypeAdapter(FeaturesArgs).dump_python(self.features),
            weights=self.rollout.weights,
            feature_services=asdict(self.rollout.feature_services),
            scaling=self.scaling,
            gpu=self.gpu,
            logs=self.logs,
            gpu_hour_usd=self.cost.gpu_hour_usd,
            budget_usd=self.cost.budget or 0.0,
            internal_tls=self.internal_tls,
        )

    @property
    def facts(self) -> Facts:
        """What the rules between settings look at."""
        return Facts(
            capacity=self.capacity,
            context=self.context,
            images=self.images,
            exposure=self.target.exposure if self.target.kind == "kubernetes" else "cluster",
            today=datetime.now(UTC).date(),
            cluster=self.target if self.target.kind == "kubernetes" else None,
            keda=self.target.kind == "kubernetes" and self.target.keda is not None,
            passed=self.rollout.passed,
        )


@plain_dataclass(frozen=True, kw_only=True)
class Stack:
    """A checked stack: its settings, the services they come to, and the secrets they need."""

    settings: Settings
    entries: tuple[Entry, ...]
    secrets: tuple[str, ...]

    @property
    def specs(self) -> tuple[ServiceSpec, ...]:
        """The services as plain data."""
        return tuple(entry.spec for entry in self.entries)


class SettingsError(pulumi.RunError):
    """What is wrong in a stack file, a line for each finding; never with a secret."""


def parse(platform: Any, file: str) -> Stack:
    """Check what stands below ``researchflow-ai:platform`` of ``file``; SettingsError otherwise."""
    tree = TypeAdapter(Settings)
    try:
        settings = tree.validate_python(platform)
    except ValidationError as error:
        lines = findings(error, f"researchflow-ai:{KEY}", SCHEMA, tree)
        raise SettingsError("\n".join(f"{file}: {line}" for line in lines)) from None
    services = {
        name: getattr(settings.services, name) for name in type(settings.services).model_fields
    }
    try:
        canaries = settings.rollout.canaries(services)
    except ValueError as error:
        raise SettingsError(f"{file}: researchflow-ai:{KEY}.rollout.{error}") from None
    try:
        entries = describe(services, settings.context, canaries=canaries)
    except ValueError as error:
        raise SettingsError(f"{file}: researchflow-ai:{KEY}.{error}") from None
    found = problems(entries, settings.facts)
    if found:
        lines = [f"{file}: researchflow-ai:{KEY}.{key} {problem}" for key, problem in found]
        raise SettingsError("\n".join(lines))
    return Stack(settings=settings, entries=entries, secrets=required_secrets(settings, entries))


def required_secrets(settings: Settings, entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """The secrets this stack cannot do without, in the order of ``SECRETS``."""
    needed = {
        name
        for entry in entries
        for files in (entry.spec.secret_files, *(run.secret_files for run in entry.spec.runs))
        for file in files
        for name in secret_names(file.template)
    }
    if settings.target.kind == "kubernetes" and settings.target.infrastructure is None:
        needed.add("kubeconfig")
    if settings.images.pull_secret:
        needed.add("registryCredentials")
    return tuple(name for name in SECRETS if name in needed)


def read() -> tuple[Any, str]:
    """What the stack file says below ``researchflow-ai:platform``, and the file's name."""
    config = pulumi.Config()
    file = f"Pulumi.{pulumi.get_stack()}.yaml"
    raw = config.get(KEY)
    if raw is None:
        raise SettingsError(f"{file}: config researchflow-ai:{KEY} is missing or empty")
    if pulumi.runtime.is_config_secret(f"{config.name}:{KEY}"):
        raise SettingsError(
            f"{file}: researchflow-ai:{KEY} holds a secret; make each secret a top-level key, with "
            f"pulumi config set --secret NAME (NAME is one of {', '.join(SECRETS)})"
        )
    return json.loads(raw), file


def load() -> tuple[Stack, dict[str, pulumi.Output[str]]]:
    """The stack's settings and its secrets, as Pulumi secrets. Errors end the program in words."""
    platform, file = read()
    stack = parse(platform, file)
    config = pulumi.Config()
    secrets = {name: secret(config, name, file) for name in stack.secrets}
    target = stack.settings.target
    if target.kind == "kubernetes":
        secrets |= of_infrastructure(target, stack.settings.environment, stack.specs)
    return stack, checked(secrets, stack.settings.services.gateway.tls, file)


def secret(config: pulumi.Config, name: str, file: str) -> pulumi.Output[str]:
    """One secret of the stack file; refused when missing or in plain text."""
    value = config.get_secret(name)
    if value is None:
        raise SettingsError(
            f"{file}: the secret {name} ({SECRETS[name]}) is not set; "
            f"run pulumi config set --secret {name}"
        )
    if not pulumi.runtime.is_config_secret(f"{config.name}:{name}"):
        raise SettingsError(
            f"{file}: {name} is in plain text; take another value and run "
            f"pulumi config set --secret {name}"
        )
    return value
