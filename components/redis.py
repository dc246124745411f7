"""Redis: the cache for inference results (guide, "Overview")."""

from typing import Literal

from pydantic.dataclasses import dataclass

from .context import Context
from .internal_tls.names import listening
from .internal_tls.sidecar import encrypted
from .service import AIService
from .spec import ServiceSpec
from .spec.health import ExecCheck, Health
from .spec.mounts import File, SecretFile
from .spec.network import Port
from .spec.runs import Drain, Resources
from .types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 6379
PASSWORD = "redisPassword"
EvictionPolicy = Literal[
    "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl", "noeviction"
]

# maxmemory counts data only: the rest is for buffers, fragmentation and the process itself.
DATA_SHARE = 0.75


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RedisArgs:
    """Settings of Redis. It is a pure cache: nothing is written to disk."""

    image: ImageReference = "redis:8.2.2-bookworm"
    memory: Gibibytes = 1
    """Memory limit in GiB; three quarters of it are ``maxmemory``."""
    cpu: CpuQuantity = 0.5
    maxmemory_policy: EvictionPolicy = "allkeys-lru"
    """What to evict when full (guide, "Redis Cache Optimization")."""


class Redis(AIService[RedisArgs]):
    """A password-protected cache with a memory ceiling and no persistence."""

    service = "redis"
    args_type = RedisArgs

    @classmethod
    def describe(cls, args: RedisArgs, context: Context) -> ServiceSpec:
        _, port = listening(context, PORT)
        ping = "redis-cli ping" if port == PORT else f"redis-cli -p {port} ping"
        ask = f'REDISCLI_AUTH="$(cat /run/secrets/redis/password)" {ping} | grep -q PONG'
        check = ExecCheck(command=("sh", "-c", ask))
        spec = ServiceSpec(
            name=cls.service,
            category="data",
            image=args.image,
            user=999,
            group=999,
            command=("redis-server", "/etc/redis/redis.conf"),
            ports=(Port(name="redis", number=PORT),),
            health=Health(ready=check, live=check),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            files=(File(path="/etc/redis/redis.conf", content=redis_conf(args, context)),),
            secret_files=(
                SecretFile(path="/run/secrets/redis/users.acl", template=ACL),
                SecretFile(path="/run/secrets/redis/password", template=f"${{{PASSWORD}}}"),
            ),
            serves_clients=True,
            drain=Drain(seconds=10),
        )
        return encrypted(spec, context, "redis")


# The hash keeps the password, whatever its characters, out of Redis' own quoting rules.
ACL = f"user default on #${{{PASSWORD}|sha256}} ~* &* +@all\n"


def redis_conf(args: RedisArgs, context: Context) -> str:
    """``redis.conf`` without a secret; users come from the ACL file."""
    host, port = listening(context, PORT)
    level = {"debug": "debug", "info": "notice", "warn": "warning", "error": "warning"}
    return (
        f"port {port}\n"
        f"bind {host if context.internal_tls else '* -::*'}\n"
        "aclfile /run/secrets/redis/users.acl\n"
        f"maxmemory {int(args.memory * DATA_SHARE * 2**30)}\n"
        f"maxmemory-policy {args.maxmemory_policy}\n"
        'save ""\n'
        "appendonly no\n"
        f"loglevel {level[context.log_level]}\n"
    )
