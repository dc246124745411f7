"""Plans and judges an update by itself: ``python -P -m rf.policy.ahead ROOT STACK PACK``.

The config that the engine has goes in on stdin, as JSON by full key; secrets in it are not looked
at. What the mandatory rules refuse comes out on stdout, as a JSON list of text.
"""

import gc
import json
import runpy
import sys
from pathlib import Path

from policies.framework.wording import explanation
from policies.packs import PACKS

from ..plan.child import private_stdout, secret_names
from ..plan.record import Config, record
from ..project import find_project
from .planned import judge_plan


def main() -> None:
    """Read arguments and config, write what is refused; an exception where there is no plan."""
    # The process ends with its findings: nothing is worth collecting.
    gc.disable()
    with private_stdout() as pipe:
        root, stack, pack = sys.argv[1:]
        found = refused(Path(root), stack, pack, json.load(sys.stdin))
        pipe.write(json.dumps(found).encode())


def refused(root: Path, stack: str, pack: str, config: dict[str, str]) -> list[str]:
    """What the mandatory rules of ``pack`` refuse of the program in ``root``."""
    project = find_project(root)
    sys.path.insert(0, str(root))
    secrets = {f"{project.name}:{name}" for name in secret_names(root)}
    plain = {key: value for key, value in config.items() if key not in secrets}
    plan = record(
        lambda: runpy.run_path(str(root / "__main__.py"), run_name="__main__"),
        project=project.name,
        stack=stack,
        config=Config(plain, secrets & config.keys(), secrets - config.keys()),
        root=str(root),
    )
    ids = {rule.id for rule in PACKS[pack]}
    results = judge_plan(plan).results
    return [explanation(each) for each in results if each.blocks and each.rule.id in ids]


if __name__ == "__main__":
    main()
