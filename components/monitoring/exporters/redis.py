"""redis_exporter: hit rate, memory and evictions of Redis."""

from pydantic.dataclasses import dataclass

from ... import redis
from ...context import Context
from ...internal_tls.names import AUTHORITY, scheme, trusted
from ...service import AIService
from ...spec import ServiceSpec
from ...spec.health import Health, HttpCheck
from ...spec.mounts import SecretFile
from ...spec.network import Edge, Port, Scrape
from ...spec.runs import Resources
from ...types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 9121
PASSWORD_FILE = "/run/secrets/redis-exporter/passwords.json"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RedisExporterArgs:
    """Settings of the Redis exporter."""

    image: ImageReference = "oliver006/redis_exporter:v1.88.0-alpine"
    """An ``-alpine`` variant: the plain image holds nothing that could ask for its health."""
    cpu: CpuQuantity = 0.1
    memory: Gibibytes = 0.0625


class RedisExporter(AIService[RedisExporterArgs]):
    """Asks Redis with the platform's own password, which it reads from a file."""

    service = "redis-exporter"
    args_type = RedisExporterArgs

    @classmethod
    def describe(cls, args: RedisExporterArgs, context: Context) -> ServiceSpec:
        # The exporter's own health: to restart it because Redis is down would help nobody.
        healthy = HttpCheck(port=PORT, path="/health", tool="wget")
        address = f"{scheme(context, 'redis', 'rediss')}://{redis.Redis.service}:{redis.PORT}"
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=59000,
            group=59000,
            environment={
                "REDIS_ADDR": address,
                "REDIS_PASSWORD_FILE": PASSWORD_FILE,
                "REDIS_EXPORTER_LOG_FORMAT": "json",
                "REDIS_EXPORTER_LOG_LEVEL": context.log_level.upper(),
                # /scrape?target= would make it ask any address with any password that it holds.
                "REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT": "true",
                **({"REDIS_EXPORTER_TLS_CA_CERT_FILE": AUTHORITY} if context.internal_tls else {}),
            },
            ports=(Port(name="metrics", number=PORT),),
            health=Health(ready=healthy, live=healthy),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            secret_files=(SecretFile(path=PASSWORD_FILE, template=passwords(address)),),
            certificates=trusted(context),
            talks_to=(Edge(service=redis.Redis.service, port=redis.PORT),),
            scrape=Scrape(port=PORT),
        )


def passwords(address: str) -> str:
    """The file in which the exporter looks the password up, by the address that it connects to."""
    return f'{{"{address}": ${{{redis.PASSWORD}|json}}}}\n'
