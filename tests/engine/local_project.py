"""A project to bring up with the real CLI, and what is found in it afterwards."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from rf.deploy.folder import LocalFolder
from tests.deployments import write_project

# A shell starts what it puts into the background with SIGINT ignored.
RF = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from rf.cli import main; main()"
)
PATIENCE_SECONDS = 300


def make_project(folder: Path) -> Path:
    """A project in a folder whose name has a space, beside a stand-in for Docker."""
    docker = folder / "stand-in/docker"
    docker.parent.mkdir()
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    project = folder / "the project"
    project.mkdir()
    return write_project(project)


def start(
    root: Path, operation: str, stack: str = "local", **variables: str
) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(root.parent / "stand-in"), os.environ["PATH"]])
    here = str(Path.cwd())
    return subprocess.Popen(
        [sys.executable, "-c", RF, operation, stack, "--yes"],
        cwd=root,
        env={**os.environ, "PATH": path, "PYTHONPATH": here, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(root: Path, operation: str, stack: str = "local", **variables: str) -> str:
    """Run ``rf`` to its end; what it wrote. The status must be 0."""
    process = start(root, operation, stack, **variables)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output[-2000:]
    return output


def secure(root: Path, name: str) -> str:
    """The ciphertext of a secret in the copy of the local stack's file."""
    content = yaml.safe_load((root / ".pulumi-local/Pulumi.local.yaml").read_text())
    found: str = content["config"][f"researchflow-ai:{name}"]["secure"]
    return found


def pulumi(root: Path, *arguments: str, **variables: str) -> str:
    """Run the CLI itself; its standard output."""
    done = subprocess.run(
        ["pulumi", *arguments],
        cwd=root,
        env={**os.environ, **variables},
        input="a value",
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def own(root: Path) -> dict[str, str]:
    """The variables with which the CLI works on the local stack."""
    folder = LocalFolder(root=root / ".pulumi-local")
    return {
        "PULUMI_HOME": str(folder.home),
        "PULUMI_BACKEND_URL": folder.state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder.passphrase),
    }


def outputs(root: Path) -> dict[str, object]:
    """Outputs of the local stack, secrets in clear."""
    arguments = ("stack", "output", "--json", "--show-secrets", "--stack", "local")
    found: dict[str, object] = json.loads(pulumi(root, *arguments, **own(root)))
    return found
