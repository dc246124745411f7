"""Alertmanager: takes alerts from Prometheus and decides who hears of them."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic.dataclasses import dataclass

from alerts.inhibition import INHIBITIONS

from ..context import Context
from ..service import AIService
from ..spec import ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.mounts import File, SecretFile, Volume
from ..spec.network import Port, Scrape
from ..spec.runs import Resources
from ..text import to_yaml
from ..types import STRICT, CpuQuantity, Gibibytes, ImageReference, Switch

PORT = 9093
CONFIG = "/etc/alertmanager/alertmanager.yml"
DATA = "/alertmanager"
SECRETS = "/run/secrets/alertmanager"

Least = Literal["critical", "warning"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ReceiverArgs:
    """Somebody who hears of alerts. Where they are told is a secret of its own."""

    least: Least = "critical"
    """The least severe alert that they hear of."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AlertmanagerArgs:
    """Settings of Alertmanager. Without a receiver, alerts are shown and nobody is told."""

    image: ImageReference = "prom/alertmanager:v0.34.2"
    slack: ReceiverArgs | None = None
    """Slack; the secret ``alertSlackUrl`` is an incoming webhook, which has its channel."""
    pagerduty: ReceiverArgs | None = None
    """PagerDuty; the secret ``alertPagerdutyKey`` is the routing key of its Events API v2."""
    webhook: ReceiverArgs | None = None
    """Any HTTPS address that takes Alertmanager's JSON: the secret ``alertWebhookUrl``."""
    watchdog: Switch = False
    """Tell a dead man's switch every minute that alerts still arrive: the secret
    ``alertWatchdogUrl``. It has to raise the alarm when it hears nothing."""
    volume: Gibibytes = 1
    """Size in GiB of the volume that holds silences and what was notified."""
    cpu: CpuQuantity = 0.1
    memory: Gibibytes = 0.125


class Alertmanager(AIService[AlertmanagerArgs]):
    """One Alertmanager: groups alerts, leaves out consequences, tells the receivers."""

    service = "alertmanager"
    args_type = AlertmanagerArgs

    @classmethod
    def describe(cls, args: AlertmanagerArgs, context: Context) -> ServiceSpec:
        secrets = secret_files(args)
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=65534,
            group=65534,
            args=(
                f"--config.file={CONFIG}",
                f"--storage.path={DATA}",
                # Alone, it has no one to gossip with; empty switches clustering off.
                "--cluster.listen-address=",
                f"--log.level={context.log_level}",
                "--log.format=json",
            ),
            ports=(Port(name="http", number=PORT),),
            health=Health(
                ready=HttpCheck(port=PORT, path="/-/ready", tool="wget"),
                live=HttpCheck(port=PORT, path="/-/healthy", tool="wget"),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(File(path=CONFIG, content=config(args)),),
            secret_files=secrets,
            volumes=(Volume(name="data", path=DATA, size=args.volume),),
            scrape=Scrape(port=PORT),
            internet=bool(secrets),
        )


def secret_files(args: AlertmanagerArgs) -> tuple[SecretFile, ...]:
    """Where each receiver is told, one file each: Alertmanager reads them when it notifies."""
    wanted = {
        "slack-url": "alertSlackUrl" if args.slack else None,
        "pagerduty-key": "alertPagerdutyKey" if args.pagerduty else None,
        "webhook-url": "alertWebhookUrl" if args.webhook else None,
        "watchdog-url": "alertWatchdogUrl" if args.watchdog else None,
    }
    return tuple(
        SecretFile(path=f"{SECRETS}/{file}", template=f"${{{secret}}}")
        for file, secret in wanted.items()
        if secret
    )


def config(args: AlertmanagerArgs) -> str:
    """``alertmanager.yml``: routes by severity, receivers, and what makes what needless."""
    receivers = dict(receiver_entries(args))
    least = {
        "slack": args.slack.least if args.slack else None,
        "pagerduty": args.pagerduty.least if args.pagerduty else None,
        "webhook": args.webhook.least if args.webhook else None,
    }
    document = {
        "route": {
            "receiver": "none",
            "group_by": ["alertname", "service"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": [
                watchdog_route(args),
                *(severity_route(name, level) for name, level in least.items() if level),
            ],
        },
        "inhibit_rules": [
            {
                "source_matchers": [f'alertname="{rule.source}"'],
                "target_matchers": [f'alertname=~"{"|".join(rule.targets)}"'],
                "equal": list(rule.equal),
            }
            for rule in INHIBITIONS
        ],
        "receivers": [{"name": "none"}, *({"name": n, **r} for n, r in receivers.items())],
    }
    return to_yaml(document)


def watchdog_route(args: AlertmanagerArgs) -> dict[str, Any]:
    """The alert that always fires goes to the dead man's switch, or to nobody."""
    return {
        "matchers": ['alertname="Watchdog"'],
        "receiver": "watchdog" if args.watchdog else "none",
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": "50s",
    }


def severity_route(receiver: str, least: Least) -> dict[str, Any]:
    """Alerts that are severe enough; the other receivers are asked after this one."""
    severities = {"critical": "critical", "warning": "critical|warning"}[least]
    return {
        "matchers": [f'severity=~"{severities}"'],
        "receiver": receiver,
        "continue": True,
    }


def receiver_entries(args: AlertmanagerArgs) -> Iterator[tuple[str, dict[str, Any]]]:
    """The receivers in Alertmanager's words, secrets as names of files."""
    text = "{{ range .Alerts }}{{ .Annotations.description }} {{ .Annotations.runbook_url }}\n"
    if args.slack:
        slack = {
            "api_url_file": f"{SECRETS}/slack-url",
            "send_resolved": True,
            "title": "{{ .Status | toUpper }} {{ .CommonLabels.alertname }} "
            "{{ .CommonLabels.service }}",
            "text": text + "{{ .Annotations.dashboard_url }}\n{{ end }}",
        }
        yield "slack", {"slack_configs": [slack]}
    if args.pagerduty:
        pagerduty = {"routing_key_file": f"{SECRETS}/pagerduty-key", "send_resolved": True}
        yield "pagerduty", {"pagerduty_configs": [pagerduty]}
    if args.webhook:
        webhook = {"url_file": f"{SECRETS}/webhook-url", "send_resolved": True}
        yield "webhook", {"webhook_configs": [webhook]}
    if args.watchdog:
        switch = {"url_file": f"{SECRETS}/watchdog-url", "send_resolved": False}
        yield "watchdog", {"webhook_configs": [switch]}
