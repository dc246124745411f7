"""Judges the whole program before an update makes anything.

The engine asks about one resource at a time, and makes each as soon as it is accepted: in
``pulumi up --skip-preview`` whatever is registered before the one that is refused is there already.
The first resource of all is the stack itself. When the engine asks about that, the program of this
repository is planned offline with the engine's own config, and what the plan breaks refuses the
stack. After a preview, which does the same with the real engine, there is nothing left to find.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PLANNER = "rf.policy.ahead"
# The planning process decides for itself what it takes from the machine.
NOT_INHERITED = ("AWS_", "DOCKER_", "HELM_", "KUBE", "PULUMI_")


def refused(pack: str) -> list[str]:
    """What the mandatory rules of ``pack`` refuse in this update, told for people.

    Nothing in a preview, or where another project's program is deployed. Nothing either where the
    program cannot be planned: each resource is judged by itself all the same.
    """
    if os.environ.get("PULUMI_DRY_RUN") != "false" or not _is_ours(os.environ["PULUMI_PROJECT"]):
        return []
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    path = os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", PLANNER, str(ROOT), os.environ["PULUMI_STACK"], pack],
        cwd=ROOT,
        env=kept | {"PYTHONPATH": path, "PULUMI_ERROR_OUTPUT_STRING": "1"},
        input=os.environ.get("PULUMI_CONFIG", "{}").encode(),
        capture_output=True,
        check=False,
    )
    found: list[str] = json.loads(done.stdout) if done.returncode == 0 else []
    return found


def _is_ours(project: str) -> bool:
    file = ROOT / "Pulumi.yaml"
    return file.is_file() and yaml.safe_load(file.read_text(encoding="utf-8"))["name"] == project
