"""What the real engine does to a deployed stack when one thing in its file changes."""

import json

from tests.engine.conftest import SECRETS, on_engine, plant
from tests.engine.deployment import Deployment

# On Docker, files reach a volume by a one-shot container that is named after them.
FLAG_FILE = {
    "local": {"Container flags-files-etc-flagd-flags": "replace"},
    "staging": {"ConfigMap flags-live-etc-flagd-flags": "update"},
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
ALL_SECRETS = {
    "local": {
        "Container redis-files-run-secrets-redis": "replace",
        "Container redis": "replace",
        "Container redis-exporter-files-run-secrets-redis-exporter": "replace",
        "Container redis-exporter": "replace",
        "Container grafana-files-run-secrets-grafana": "replace",
        "Container grafana": "replace",
    },
    "staging": {
        "Provider kubernetes": "update",
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


def test_other_secrets_change_their_files_and_the_servers_that_read_them(
    deployed: Deployment,
) -> None:
    for name in SECRETS:
        deployed = plant(deployed, name)

    assert deployed.up() == ALL_SECRETS[deployed.stack]


def test_no_secret_is_shown_or_kept_in_clear(deployed: Deployment) -> None:
    for name in SECRETS:
        deployed = plant(deployed, name)
    deployed.set("images.pull_secret", "true")

    shown = deployed.run("up", "--yes", "--diff", "-v=5", "--logtostderr")
    shown += deployed.run("stack", "export") + deployed.run("config", "--json")

    # That no output holds one of them is checked each time the CLI runs; see Deployment.
    files = [path for path in deployed.root.rglob("*") if path.is_file()]
    texts = {str(path): path.read_text(errors="replace") for path in files}
    assert shown.count("[secret]") > 2 * len(SECRETS)
    assert len(deployed.planted) == 2 * len(SECRETS), "those of the first up and their successors"
    assert [path for path, text in texts.items() if deployed.secrets_in(text)] == []
