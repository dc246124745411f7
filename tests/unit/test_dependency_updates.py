"""Whoever looks for newer versions finds every image that a stack can run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rf.plan.model import Plan

CONFIG: dict[str, Any] = json.loads(Path("renovate.json").read_text())
COMPONENTS, STACKS = CONFIG["customManagers"]
DIGEST = "sha256:" + "0" * 64


def pattern(manager: dict[str, Any]) -> re.Pattern[str]:
    """JavaScript's named groups as Python spells them."""
    (text,) = manager["matchStrings"]
    return re.compile(text.replace("(?<", "(?P<"))


def files(manager: dict[str, Any]) -> list[Path]:
    (text,) = manager["managerFilePatterns"]
    wanted = re.compile(text.strip("/"))
    return [path for path in Path().glob("**/*") if wanted.search(str(path)) and path.is_file()]


def test_every_image_of_every_plan_is_found_where_it_is_named(plans: dict[str, Plan]) -> None:
    found = {
        f"{match['depName']}:{match['currentValue']}"
        for manager in (COMPONENTS, STACKS)
        for path in files(manager)
        for match in pattern(manager).finditer(path.read_text())
    }

    text = json.dumps(
        [each.inputs for plan in plans.values() for each in plan.resources], default=str
    )
    planned = set(re.findall(r'"image": "([^"]+)"', text))
    assert planned
    assert planned - found == set()


@pytest.mark.parametrize("quote", ["", '"', "'"])
@pytest.mark.parametrize("digest", ["", f"@{DIGEST}"])
def test_an_image_of_a_stack_file_is_found_with_its_digest(quote: str, digest: str) -> None:
    line = f"      canary: {{}}\n        image: {quote}ghcr.io/a/b:1.2-py3{digest}{quote}\n"

    match = pattern(STACKS).search(line)

    assert match
    assert match["depName"] == "ghcr.io/a/b"
    assert match["currentValue"] == "1.2-py3"
    assert (match["currentDigest"] or "") == digest.removeprefix("@")


def test_our_own_images_come_from_nowhere_else() -> None:
    (own,) = (
        rule for rule in CONFIG["packageRules"] if "researchflow/**" in rule["matchPackageNames"]
    )

    assert own["enabled"] is False
