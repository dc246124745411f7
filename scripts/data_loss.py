"""Ends with 1 where a pull request loses data and nobody has said that it may.

Reads what ``rf plan --diff --json`` has written. The word is a label: only who has rights in the
repository can give one, and it stays on the pull request for whoever asks later.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LABEL = "data-loss"


def losses(document: Mapping[str, Any]) -> Iterator[str]:
    """A line for each thing that is deleted, or replaced, with what only it holds."""
    for stack in document["stacks"]:
        for change in stack["changes"]:
            if change["dangerous"]:
                kind = change["type"].rpartition(":")[2]
                loses = "may lose" if change["may_replace"] else "loses"
                yield f"{stack['stack']}: {kind} {change['name']} {loses} {change['loss']}"


def main(environment: Mapping[str, str]) -> int:
    """Look at what ``DIFF`` names; ``ACCEPTED`` is true or false. The exit status."""
    try:
        found = list(losses(json.loads(Path(environment["DIFF"]).read_text(encoding="utf-8"))))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"::error title=Data::{type(error).__name__}: the difference cannot be read")
        return 1
    if not found:
        print("no data is lost")
        return 0
    print(*found, sep="\n")
    if environment["ACCEPTED"] == "true":
        print(f"accepted by the label {LABEL}")
        return 0
    print(f"::error title=Data::{len(found)} lost: if that is meant, give the label {LABEL}")
    return 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
