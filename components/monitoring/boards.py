"""The dashboards that Grafana loads: the committed JSON, and the file that points at it.

The JSON is read and not made here, so the program does without the library that wrote it.
"""

import json
from pathlib import Path

from ..spec.mounts import File
from ..text import to_yaml

GENERATED = Path(__file__).parents[2] / "dashboards" / "generated"
PROVIDER = "/etc/grafana/provisioning/dashboards/researchflow.yaml"
FOLDER = "/etc/grafana/dashboards"

LIMIT = 1024 * 1024
"""Bytes that a ConfigMap holds at most, and all boards are in one."""


def provider() -> str:
    """Where Grafana finds boards; they are changed in the repository and not in Grafana."""
    entry = {
        "name": "researchflow",
        "folder": "ResearchFlow",
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "options": {"path": FOLDER},
    }
    return to_yaml({"apiVersion": 1, "providers": [entry]})


def files() -> tuple[File, ...]:
    """The provider and every board, without the white space that is for readers."""
    boards = (
        File(
            path=f"{FOLDER}/{path.name}",
            content=json.dumps(
                json.loads(path.read_text(encoding="utf-8")),
                separators=(",", ":"),
                ensure_ascii=False,
            ),
        )
        for path in sorted(GENERATED.glob("*.json"))
    )
    return (File(path=PROVIDER, content=provider()), *boards)
