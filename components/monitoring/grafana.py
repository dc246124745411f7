"""Grafana: dashboards (guide, "Access Grafana")."""

from pydantic.dataclasses import dataclass

from ..context import Context
from ..service import AIService
from ..spec import ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.mounts import File, Scratch, SecretFile, Volume
from ..spec.network import Edge, Port, Scrape
from ..spec.runs import Resources
from ..text import to_yaml
from ..types import STRICT, CpuQuantity, Gibibytes, HttpUrl, ImageReference, UserName
from . import boards, prometheus, scraping

PORT = 3000
PASSWORD = "grafanaAdminPassword"
PASSWORD_FILE = "/run/secrets/grafana/admin-password"
DATASOURCE = "/etc/grafana/provisioning/datasources/prometheus.yaml"

# Nothing but the model-pull job leaves the platform, and each of these would try to.
NO_CALLS_HOME = {
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
}


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GrafanaArgs:
    """Settings of Grafana. GRAFANA_ADMIN_PASSWORD is the secret ``grafanaAdminPassword``.

    Grafana reads user and password when its volume is empty; later they are changed in Grafana.
    """

    image: ImageReference = "grafana/grafana:13.2.2"
    """Not a ``-slim`` variant: the Prometheus data source is a plugin that those lack."""
    admin_user: UserName = "admin"
    """GRAFANA_ADMIN_USER: name of the administrator."""
    prometheus_url: HttpUrl = f"http://{prometheus.Prometheus.service}:{prometheus.PORT}"
    """PROMETHEUS_URL: where queries go, as seen from inside the platform. (The guide's
    http://localhost:9090 is the same Prometheus, as seen from a local machine.)"""
    volume: Gibibytes = 1
    """Size in GiB of the volume that holds users, preferences and annotations."""
    cpu: CpuQuantity = 0.5
    memory: Gibibytes = 0.5


class Grafana(AIService[GrafanaArgs]):
    """Dashboards over Prometheus, which is there as a data source from the start."""

    service = "grafana"
    args_type = GrafanaArgs

    @classmethod
    def describe(cls, args: GrafanaArgs, context: Context) -> ServiceSpec:
        # The image installs curl for health checks (grafana/grafana, pull request 65547).
        healthy = HttpCheck(port=PORT, path="/api/health", tool="curl")
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=472,
            group=472,
            ports=(Port(name="http", number=PORT, published=PORT),),
            environment={
                "GF_SECURITY_ADMIN_USER": args.admin_user,
                "GF_SECURITY_ADMIN_PASSWORD__FILE": PASSWORD_FILE,
                "GF_LOG_LEVEL": context.log_level,
                "GF_LOG_CONSOLE_FORMAT": "json",
                **NO_CALLS_HOME,
            },
            health=Health(ready=healthy, live=healthy, startup=healthy, startup_seconds=180),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(
                File(path=DATASOURCE, content=datasource(args.prometheus_url)),
                *boards.files(),
            ),
            secret_files=(SecretFile(path=PASSWORD_FILE, template=f"${{{PASSWORD}}}"),),
            volumes=(Volume(name="data", path="/var/lib/grafana", size=args.volume),),
            scratch=(Scratch(path="/tmp", size=0.25),),
            talks_to=(Edge(service=prometheus.Prometheus.service, port=prometheus.PORT),),
            scrape=Scrape(port=PORT),
            edge=True,
        )


def datasource(url: str) -> str:
    """The provisioned data source; dashboards know it by its uid ``prometheus``."""
    source = {
        "name": "Prometheus",
        "uid": "prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": url,
        "isDefault": True,
        "editable": False,
        # $__rate_interval is worked out from this.
        "jsonData": {"timeInterval": scraping.INTERVAL, "httpMethod": "POST"},
    }
    return to_yaml({"apiVersion": 1, "prune": True, "datasources": [source]})
