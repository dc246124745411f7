"""Plans one stack in a process of its own: ``python -P -m rf.plan.child ROOT STACK``.

The result goes to the parent as one pickle on stdout; whatever the program prints goes to stderr.
"""

import gc
import os
import pickle
import runpy
import sys
import traceback
from collections.abc import Collection
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import pulumi

from ..errors import BadInputError
from ..project import Project, find_project
from .model import Failure, Plan
from .record import Config, record
from .stackfile import read_stack


def main() -> None:
    """Read the two arguments, write the result, never raise."""
    # The process ends with its plan: nothing is worth collecting.
    gc.disable()
    with private_stdout() as pipe:
        root, stack = sys.argv[1:]
        pickle.dump(plan(find_project(Path(root)), stack), pipe)


def plan(project: Project, stack: str) -> Plan | Failure:
    """The plan of one stack, or why there is none."""
    try:
        return _plan(project, stack)
    except (BadInputError, pulumi.RunError) as error:
        message = str(error)
        named = message.startswith(f"Pulumi.{stack}.yaml")
        return Failure(message=message if named else f"{stack}: {message}")
    except BaseException as error:  # noqa: BLE001 the parent reports it, SystemExit too
        what = f"{type(error).__name__}: {error}".partition("\n")[0]
        message = f"{stack}: {what} ({_last_line_of(error, project.root)})"
        return Failure(message=message, trace=traceback.format_exc())


def _plan(project: Project, stack: str) -> Plan:
    found = read_stack(project, stack)
    sys.path.insert(0, str(project.root))
    secrets = [f"{project.name}:{name}" for name in secret_names(project.root)]
    found.refuse_plain_text(secrets)
    unset = [key for key in secrets if key not in found.secrets]
    config = Config(found.plain, found.secrets, unset)
    plan = record(
        lambda: runpy.run_path(str(project.root / "__main__.py"), run_name="__main__"),
        project=project.name,
        stack=stack,
        config=config,
        root=str(project.root),
    )
    found.refuse_unread(config.asked, secrets, project.name)
    return plan


def secret_names(root: Path) -> Collection[str]:
    """The keys of ``SECRETS`` in the project's ``settings.py``, if it has one."""
    if not (root / "settings.py").is_file():
        return ()
    names: Collection[str] = getattr(import_module("settings"), "SECRETS", ())
    return names


def _last_line_of(error: BaseException, root: Path) -> str:
    """``components/redis.py:12``: the innermost line of the project's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        with suppress(ValueError):
            own = Path(frame.filename).relative_to(root)
            if not own.parts[0].startswith("."):
                return f"{own}:{frame.lineno}"
    return "outside the project's own code"


def private_stdout() -> BinaryIO:
    """The pipe to the parent, out of reach of ``print``."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


if __name__ == "__main__":
    main()
