"""Credentials where everybody can read them. None of these was ever one."""

from typing import Any

from tests.policy.cases.case import Case
from tests.policy.cases.containers import deployment

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
CONTAINER = "docker:index/container:Container"
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
PRIVATE_KEY = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE"
ADDRESS = "postgres://app:" + "correcthorse@db:5432/app"


def variables(**env: str) -> dict[str, Any]:
    """A Deployment with an environment."""
    return deployment({"env": [{"name": name, "value": value} for name, value in env.items()]})


def arguments(*words: str) -> dict[str, Any]:
    return deployment({"args": list(words)})


def config(**data: str) -> dict[str, Any]:
    return {"metadata": {"name": "it"}, "data": data}


CASES = (
    Case(
        rule="secrets/environment",
        token=DEPLOYMENT,
        red=(
            variables(REDIS_PASSWORD="correcthorse"),
            variables(API_KEY="0123456789"),
            variables(githubToken="correcthorse"),
            variables(CLOUD=AWS_KEY),
            variables(DATABASE_URL=ADDRESS),
            variables(CERTIFICATE=PRIVATE_KEY),
            deployment(initContainers=[{"env": [{"name": "TOKEN", "value": "correcthorse"}]}]),
        ),
        green=(
            variables(REDIS_PASSWORD_FILE="/run/secrets/redis"),
            variables(DB_PASSWORD="/run/secrets/db", AUTH_TOKEN="$(TOKEN_FROM_SECRET)"),
            variables(USE_TOKEN="true", MAX_TOKEN="4096", TOKEN_TTL="3600", PASSWORD=""),
            variables(PWD="/app", SECRET_NAME="redis", OLLAMA_HOST="0.0.0.0:11434"),
            variables(DATABASE_URL="postgres://app:$(DB_PASSWORD)@db/app", PAGE="http://a:80/b@c"),
            deployment(
                {
                    "env": [
                        {
                            "name": "REDIS_PASSWORD",
                            "valueFrom": {"secretKeyRef": {"name": "redis", "key": "password"}},
                        }
                    ]
                }
            ),
        ),
    ),
    Case(
        rule="secrets/environment",
        token=CONTAINER,
        red=({"envs": ["REDIS_PASSWORD=correcthorse"]}, {"envs": [f"CLOUD={AWS_KEY}"]}),
        green=({"envs": ["REDIS_PASSWORD_FILE=/run/secrets/redis", "HOME=/tmp", "PASSWORD="]}, {}),
    ),
    Case(
        rule="secrets/arguments",
        token=DEPLOYMENT,
        red=(
            arguments("--password=correcthorse"),
            arguments("--token", "correcthorse"),
            deployment({"command": ["sh", "-c", "redis-cli --pass x; serve --api-key abcdefgh"]}),
            arguments("--db", ADDRESS),
        ),
        green=(
            arguments("--password-file=/run/secrets/redis", "--token=$(TOKEN)"),
            arguments("--token", "--verbose"),
            arguments("--token", "/run/secrets/token"),
            deployment({"command": ["sh", "-c", 'serve --password "$(cat /run/secrets/a)"']}),
        ),
    ),
    Case(
        rule="secrets/arguments",
        token=CONTAINER,
        red=(
            {"command": ["--password=correcthorse"]},
            {"entrypoints": ["serve", "--api-key", "correcthorse"]},
        ),
        green=({"command": ["--password-file=/run/secrets/redis"]}, {}),
    ),
    Case(
        rule="secrets/config-map",
        token=CONFIG_MAP,
        red=(
            config(password="correcthorse"),
            config(**{"tls.key": PRIVATE_KEY}),
            config(**{"app.conf": f"url = {ADDRESS}\n"}),
            config(**{"redis.conf": "port 6379\nrequirepass correcthorse\n"}),
        ),
        green=(
            config(**{"redis.conf": "port 6379\naclfile /run/secrets/redis/users.acl\n"}),
            config(**{"prometheus.yml": "password_file: /run/secrets/remote-write\n"}),
            config(PASSWORD_FILE="/run/secrets/redis", url="https://example.test/a:b@c"),
        ),
    ),
    Case(
        rule="secrets/prefer-files",
        token=DEPLOYMENT,
        red=(
            deployment({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a"}}}]}),
            deployment({"envFrom": [{"secretRef": {"name": "a"}}]}),
        ),
        green=(
            deployment({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "b"}}}]}),
            deployment({"envFrom": [{"configMapRef": {"name": "a"}}]}),
        ),
    ),
)
