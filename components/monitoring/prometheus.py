"""Prometheus: metrics of every service (guide, "Verify Metrics Collection")."""

from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from alerts import groups, rule_file

from ..context import Context
from ..internal_tls.names import trusted
from ..service import AIService
from ..spec import ApiAccess, ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.mounts import File, SecretFile, Volume
from ..spec.network import Edge, Port
from ..spec.runs import Drain, Resources
from ..types import (
    STRICT,
    CpuQuantity,
    Days,
    Gibibytes,
    HttpsUrl,
    ImageReference,
    UserName,
)
from .address import PROMETHEUS
from .alerting import AlertsArgs, facts, inputs
from .kubelets import KubeletMetricsArgs, kubelet_jobs
from .scraping import config

PORT = PROMETHEUS.port
CONFIG = "/etc/prometheus/prometheus.yml"
RULES = "/etc/prometheus/rules.yml"
DATA = "/prometheus"
REMOTE_WRITE_SECRET = "remoteWriteToken"
REMOTE_WRITE_FILE = "/run/secrets/prometheus/remote-write"

# Compaction needs room for a copy: Prometheus' documentation says 80 to 85 %.
BLOCKS_SHARE = 0.8


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RemoteWriteArgs:
    """Another store that gets every sample too, for when one Prometheus is not enough.

    The secret ``remoteWriteToken`` is its bearer token, or the password where there is a user.
    """

    url: HttpsUrl
    """Where samples are sent: https, on port 443."""
    user: UserName | None = None
    """User name, where the store takes one; a hosted Prometheus often takes a number."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PrometheusArgs:
    """Settings of Prometheus."""

    image: ImageReference = "prom/prometheus:v3.16.0"
    retention: Days = "30d"
    """How long samples are kept (guide, "Prometheus Data Retention"). The oldest go earlier when
    they fill four fifths of ``volume``."""
    volume: Gibibytes = 20
    """Size in GiB of the volume that holds the samples."""
    alerts: AlertsArgs = Field(default_factory=AlertsArgs)
    remote_write: RemoteWriteArgs | None = None
    kubelet_metrics: KubeletMetricsArgs | None = None
    """Kubernetes: whether kubelets are asked how full volumes are, and for the memory of Ollama's
    and Triton's containers. It takes the one right on the whole cluster that any service has,
    ``get`` on ``nodes/metrics``. ``{}`` is enough."""
    cpu: CpuQuantity = 0.5
    memory: Gibibytes = 1


class Prometheus(AIService[PrometheusArgs]):
    """Scrapes every service that has metrics, and sends alerts to Alertmanager."""

    service = "prometheus"
    args_type = PrometheusArgs

    @classmethod
    def describe(cls, args: PrometheusArgs, context: Context) -> ServiceSpec:
        ready = HttpCheck(port=PORT, path="/-/ready", tool="wget")
        pods = ApiAccess(resources=("pods",), verbs=("get", "list", "watch"))
        known = facts(
            args.alerts,
            context,
            remote_write=args.remote_write is not None,
            kubelets=args.kubelet_metrics is not None,
        )
        kubelets = kubelet_jobs(args.kubelet_metrics, context) if args.kubelet_metrics else ()
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=65534,
            group=65534,
            args=flags(args, context),
            ports=(Port(name="http", number=PORT, published=PORT),),
            health=Health(
                # It replays the write-ahead log first, for minutes where there is much of it.
                startup=ready,
                startup_seconds=600,
                ready=ready,
                live=HttpCheck(port=PORT, path="/-/healthy", tool="wget"),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(
                File(
                    path=CONFIG,
                    content=config(
                        context,
                        rule_files=(RULES,),
                        remote_write=remote_write(args.remote_write),
                        more=kubelets,
                    ),
                ),
                File(path=RULES, content=rule_file(groups(known), known)),
            ),
            secret_files=(
                (SecretFile(path=REMOTE_WRITE_FILE, template=f"${{{REMOTE_WRITE_SECRET}}}"),)
                if args.remote_write
                else ()
            ),
            internet=args.remote_write is not None,
            facts={"alerts": inputs(known), "retentionDays": int(args.retention.removesuffix("d"))},
            certificates=trusted(context),
            volumes=(Volume(name="data", path=DATA, size=args.volume),),
            talks_to=edges(context),
            asked_by_scaler=any(spec.scaling and spec.scaling.load for spec in context.peers),
            api_access=(pods,) if context.kubernetes else (),
            kubelet_metrics=args.kubelet_metrics is not None,
            edge=True,
            drain=Drain(seconds=120),
        )


def flags(args: PrometheusArgs, context: Context) -> tuple[str, ...]:
    """Prometheus' command line.

    Retention is set by flag, as the guide does it, though 3.x prefers its configuration file.
    """
    size = int(args.volume * BLOCKS_SHARE * 1024)
    return (
        f"--config.file={CONFIG}",
        f"--storage.tsdb.path={DATA}",
        f"--storage.tsdb.retention.time={args.retention}",
        f"--storage.tsdb.retention.size={size}MB",
        f"--log.level={context.log_level}",
        "--log.format=json",
    )


def remote_write(args: RemoteWriteArgs | None) -> tuple[dict[str, Any], ...]:
    """The other store and how to prove who we are, as Prometheus spells it."""
    if args is None:
        return ()
    if args.user is None:
        proof: dict[str, Any] = {"authorization": {"credentials_file": REMOTE_WRITE_FILE}}
    else:
        proof = {"basic_auth": {"username": args.user, "password_file": REMOTE_WRITE_FILE}}
    return ({"url": args.url, "name": "remote", **proof},)


def edges(context: Context) -> tuple[Edge, ...]:
    """Every port that is scraped, and Alertmanager's."""
    scraped = {
        Edge(service=spec.name, port=where.scrape.port)
        for spec in context.peers
        for where in (spec, spec.sidecar)
        if where is not None and where.scrape is not None
    }
    managers = {
        Edge(service=spec.name, port=spec.port("http").number)
        for spec in context.peers
        if spec.name == "alertmanager"
    }
    return tuple(sorted(scraped | managers, key=lambda edge: (edge.service, edge.port)))
