"""What the Pulumi CLI runs beside itself, and the environment it runs in."""

import os
import shlex
import sys
from pathlib import Path

STAND_IN = Path(__file__).with_name("stand_in_provider.py")
# The engine, the SDKs and the providers take defaults from these, whoever set them.
NOT_INHERITED = ("AWS_", "DOCKER_", "HELM_", "KUBE", "PULUMI_")


def write_stand_ins(folder: Path) -> None:
    """An executable for each provider plugin, under the name by which the CLI looks for it."""
    for package in ("docker", "kubernetes"):
        command = shlex.join([sys.executable, str(STAND_IN), package])
        plugin = folder / f"pulumi-resource-{package}"
        plugin.write_text(f"#!/bin/sh\nexec {command}\n")
        plugin.chmod(0o755)


def environment(root: Path, plugins: Path) -> dict[str, str]:
    """A backend and a home below ``root``, ``plugins`` before all others, no downloads."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(NOT_INHERITED)}
    return kept | {
        "PATH": os.pathsep.join([str(plugins), os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": (root / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(root / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "STAND_IN_WORLD": str(root / "world"),
    }
