"""``python -m alerts``: write what is generated from the rules; ``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from rf import generated

from .render import rule_file
from .rules import EVERYTHING, ON_DOCKER, alerts, groups
from .runbooks import page

ROOT = Path(__file__).parents[1]
RULES = {
    Path("alerts/generated/kubernetes.yaml"): EVERYTHING,
    Path("alerts/generated/docker.yaml"): ON_DOCKER,
}
RUNBOOKS = Path("docs/runbooks")
NOTE = (
    "# Every rule there is, with the defaults: written by `python -m alerts`. A stack gets those\n"
    "# that its services can feed, with its own numbers.\n"
)


def rendered(root: Path) -> dict[Path, str]:
    """The files as they should be, by their path below ``root``."""
    found = {path: NOTE + rule_file(groups(facts), facts) for path, facts in RULES.items()}
    for alert in alerts(EVERYTHING):
        path = RUNBOOKS / f"{alert.name}.md"
        present = (root / path).read_text() if (root / path).exists() else ""
        found[path] = page(alert, EVERYTHING, present)
    return found


def pages(root: Path) -> set[Path]:
    """The runbooks that are there."""
    found = {path.relative_to(root) for path in (root / RUNBOOKS).glob("[A-Z]*.md")}
    return found - {RUNBOOKS / "README.md"}


def main(arguments: list[str]) -> int:
    """The exit status: 1 when something differs and was not to be written."""
    return generated.main(arguments, "python -m alerts", ROOT, rendered(ROOT), pages(ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
