"""What the real engine does to a deployed stack when one thing in its file changes."""

import json

import pytest

from settings import SECRETS
from tests.engine.conftest import FirstUp, on_engine, plant
from tests.engine.deployment import Deployment
from tests.engine.plugins import require_pulumi

require_pulumi()

# On Docker, files reach a volume by a one-shot container that is named after them.
FLAG_FILE = {
    "local": {
        "Rollout rollout": "update",
        "Container rollout-flags-files-etc-flagd-flags": "replace",
    },
    "staging": {
        "Rollout rollout": "update",
        "ConfigMap rollout-flags-live-etc-flagd-flags": "update",
    },
}
REDIS_CONFIG = {
    "local": {
        "Container redis-files-etc-redis": "replace",
        "Container redis": "replace",
    },
    "staging": {
        "ConfigMap redis-config-etc-redis": "update",
        "Deployment redis-deployment": "update",
    },
}
SECRET_FILES = {
    "local": {
        "docker docker": "update",
        "Container redis-files-run-secrets-redis": "replace",
        "Container redis": "replace",
        "Container redis-exporter-files-run-secrets-redis-exporter": "replace",
        "Container redis-exporter": "replace",
        "Container grafana-files-run-secrets-grafana": "replace",
        "Container grafana": "replace",
    },
    "staging": {
        "kubernetes kubernetes": "update",
        "Secret platform-registry-credentials": "update",
        "Secret platform-node-registry-credentials": "update",
        "Secret redis-secret-run-secrets-redis": "update",
        "Deployment redis-deployment": "update",
        "Secret redis-exporter-secret-run-secrets-redis-exporter": "update",
        "Deployment redis-exporter-deployment": "update",
        "Secret grafana-secret-run-secrets-grafana": "update",
        "Deployment grafana-deployment": "update",
    },
}

pytestmark = on_engine("local", "staging")


def test_a_percentage_changes_the_flag_file_and_restarts_nothing(deployed: Deployment) -> None:
    deployed.set("features.ai_inference", 42)

    changes = deployed.up()

    assert changes == FLAG_FILE[deployed.stack]
    assert json.loads(deployed.run("stack", "output", "--json"))["features"]["ai_inference"] == 42


def test_a_setting_changes_the_file_it_is_in_and_the_server_that_reads_it(
    deployed: Deployment,
) -> None:
    deployed.set("services.redis.maxmemory_policy", "allkeys-lfu")

    assert deployed.up() == REDIS_CONFIG[deployed.stack]


@pytest.fixture(scope="module")
def rotated(
    stack: FirstUp, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Deployment, dict[str, str]]:
    """A stack all of whose secrets have been replaced, and what that changed."""
    deployment = stack.deployment.copy(tmp_path_factory.mktemp("rotated") / "copy")
    for name in SECRETS:
        deployment = plant(deployment, name)
    return deployment, deployment.up("-v=5", "--logtostderr")


def test_other_secrets_change_their_files_and_the_servers_that_read_them(
    rotated: tuple[Deployment, dict[str, str]],
) -> None:
    deployment, changes = rotated

    assert changes == SECRET_FILES[deployment.stack]


def test_no_secret_old_or_new_is_kept_in_clear(
    rotated: tuple[Deployment, dict[str, str]],
) -> None:
    """That none is shown either is checked each time the CLI runs; see ``Deployment``."""
    deployment, _ = rotated
    exported = deployment.run("stack", "export")

    files = [path for path in deployment.root.rglob("*") if path.is_file()]
    telling = [path for path in files if deployment.secrets_in(path.read_text(errors="replace"))]

    assert len(deployment.planted) == 2 * len(SECRETS)
    assert exported.count('"ciphertext"') > len(SECRETS)
    assert telling == []
