"""Lays out the model repository that Triton reads. Runs in Triton's container, before the server.

The volume of models belongs to whoever makes them and is mounted read-only. So every model is
taken by link, and only its ``config.pbtxt`` is copied: there the platform's scheduling is added,
where the model says nothing of its own. Standard library only: the image's Python runs it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG = "config.pbtxt"

# The root of an ext4 volume has this directory, and Triton refuses to start over it.
LOST_AND_FOUND = "lost+found"

STRINGS_AND_COMMENTS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|#[^\n]*')


@dataclass(frozen=True, kw_only=True)
class Scheduling:
    """What to add to models that leave it open; None adds nothing. The delay is in µs."""

    instances: int | None = None
    max_queue_delay: int | None = None
    preferred_batch_sizes: tuple[int, ...] = ()


def completed(config: str, scheduling: Scheduling) -> str:
    """The text of a model's ``config.pbtxt`` with the scheduling that it lacks.

    An ensemble has neither instances nor batching (Triton refuses them), and a model that batches
    by sequence or not at all keeps to that.
    """
    bare = STRINGS_AND_COMMENTS.sub("", config)
    fields = set(re.findall(r"\w+", bare))
    if "ensemble_scheduling" in fields:
        return config
    added = []
    if scheduling.instances is not None and "instance_group" not in fields:
        added.append(f"instance_group {{ count: {scheduling.instances} }}\n")
    stated = re.search(r"\bmax_batch_size\s*:\s*(\d+)", bare)
    largest = int(stated[1]) if stated else None
    batches_otherwise = {"dynamic_batching", "sequence_batching"} & fields or largest == 0
    if scheduling.max_queue_delay is not None and not batches_otherwise:
        added.append(dynamic_batching(scheduling, largest))
    return "\n".join([config, *added]) if added else config


def dynamic_batching(scheduling: Scheduling, largest: int | None) -> str:
    """The field, with the preferred sizes that the model can take.

    Triton refuses a preferred size above ``max_batch_size``; where the model does not state that
    (``largest`` is None) Triton works it out later, so none can be named.
    """
    sizes = [size for size in scheduling.preferred_batch_sizes if size <= (largest or 0)]
    preferred = "".join(f" preferred_batch_size: {size}" for size in sizes)
    delay = f"max_queue_delay_microseconds: {scheduling.max_queue_delay}"
    return f"dynamic_batching {{ {delay}{preferred} }}\n"


def lay_out(source: Path, target: Path, scheduling: Scheduling) -> None:
    """Make ``target`` a repository of the models in ``source``; what was there before is gone.

    OSError when a model cannot be read.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for model in sorted(source.iterdir()):
        if model.is_dir() and model.name != LOST_AND_FOUND and not model.name.startswith("."):
            lay_out_model(model, target / model.name, scheduling)


def lay_out_model(source: Path, target: Path, scheduling: Scheduling) -> None:
    """One model: links to all that it has, and its config completed."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name != CONFIG:
            (target / entry.name).symlink_to(entry)
    config = source / CONFIG
    text = config.read_text(encoding="utf-8") if config.exists() else ""
    (target / CONFIG).write_text(completed(text, scheduling), encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """``repository.py SOURCE TARGET [options]``; ends with one line when a model is unreadable."""
    parser = argparse.ArgumentParser(description="Lay out a model repository for Triton.")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--instances", type=int)
    parser.add_argument("--max-queue-delay", type=int, metavar="MICROSECONDS")
    parser.add_argument("--preferred-batch-size", type=int, action="append", default=[])
    chosen = parser.parse_args(arguments)
    scheduling = Scheduling(
        instances=chosen.instances,
        max_queue_delay=chosen.max_queue_delay,
        preferred_batch_sizes=tuple(chosen.preferred_batch_size),
    )
    try:
        lay_out(chosen.source, chosen.target, scheduling)
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"model repository: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
