"""What the Pulumi CLI runs beside itself, and the environment it runs in."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

STAND_IN = Path(__file__).with_name("stand_in_provider.py")
# The engine, the SDKs and the providers take defaults from these, whoever set them.
NOT_INHERITED = ("AWS_", "DOCKER_", "HELM_", "KUBE", "PULUMI_")


def require_pulumi() -> None:
    """Skip the module that calls this where there is no CLI; one line for all modules together."""
    if shutil.which("pulumi") is None:
        pytest.skip(
            "pulumi is not on PATH; get it with `make up` or from pulumi.com/docs/install",
            allow_module_level=True,
        )


def write_stand_ins(folder: Path, packages: Iterable[str]) -> None:
    """An executable for each plugin of ``packages``, under the name that the CLI looks for."""
    for package in packages:
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


def real_docker(root: Path) -> bool:
    """Whether the real Docker plugin can preview here; it asks a Docker engine at once.

    It does no more than that: what it would deploy is large, and the machine belongs to its user.
    A real Kubernetes plugin would need a cluster to preview anything.
    """
    if shutil.which("pulumi-resource-docker") is None or shutil.which("docker") is None:
        return False
    asked = subprocess.run(
        ["docker", "version"], env=environment(root, root), capture_output=True, check=False
    )
    return asked.returncode == 0
