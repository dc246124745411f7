"""Files, secrets and owners reach volumes one way: a one-shot container that writes and ends.

A container with a read-only root takes no uploads, a fresh volume belongs to root, and a bind mount
would put a path of this machine into the plan. So files are uploaded into the writer's own root,
and the writer moves them into the volume that readers mount read-only.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ...spec.runs import Resources
from .container import confined, one_shot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...files import Directory
    from ...spec import ServiceSpec
    from .place import Kwargs, Place

SECRET_HASH = "researchflow.ai/secret-hash"

STAGING = "/staging"
TARGET = "/volume"
SECRET_MODE = "0440"
PLAIN_MODE = "0444"
RESOURCES = Resources(cpu=0.5, memory=32 / 1024)

# $1 owner, $2 mode, $3 how many mount points follow, then these, then the names of the files.
# Renames come last and one after another: a reader sees each file old or new, never half.
# A file is given its mode before its owner, because root without FOWNER may not change it after.
WRITE = f"""set -eu
owner=$1 mode=$2 points=$3
shift 3
cd {TARGET}
while [ "$points" -gt 0 ]; do mkdir -p "./$1"; shift; points=$((points - 1)); done
umask 077
for name in "$@"; do
  if [ -e "{STAGING}/$name" ]; then cat "{STAGING}/$name"; fi >".$name.new"
  chmod "$mode" ".$name.new"
  chown "$owner" ".$name.new"
done
for name in "$@"; do mv -f ".$name.new" "$name"; done
for old in * .*; do
  if [ -d "$old" ] || [ ! -e "$old" ]; then continue; fi
  for name in "$@"; do if [ "$old" = "$name" ]; then continue 2; fi; done
  rm -f "./$old"
done
"""

# $1 owner. The marker says that all of the volume belongs to that owner; a run that was cut off
# leaves none. It also keeps Docker from filling an empty volume with what the image of its first
# reader has at that path, and from giving it that owner.
OWN = f"""set -eu
cd {TARGET}
if [ "$(cat .researchflow 2>/dev/null)" = "$1" ]; then exit 0; fi
chown -R "$1" .
echo "$1" >.researchflow
"""


def writer(
    directory: Directory, spec: ServiceSpec, volume: str, points: tuple[str, ...], place: Place
) -> Kwargs:
    """The container that fills ``volume`` with ``directory``, without the files' contents.

    ``points`` are mount points below the directory, relative to it.
    """
    mode = SECRET_MODE if directory.kind == "secret" else PLAIN_MODE
    names = sorted(directory.files)
    arguments = [f"{spec.user}:{spec.group}", mode, str(len(points)), *points, *names]
    return _one_shot_on(volume, WRITE, arguments, place, add=("CHOWN",))


def owner(volume: str, spec: ServiceSpec, place: Place) -> Kwargs:
    """The container that gives ``volume`` to the service's user."""
    # What an earlier user made private is handed over too, and root owns nothing of it.
    add = ("CHOWN", "DAC_OVERRIDE")
    return _one_shot_on(volume, OWN, [f"{spec.user}:{spec.group}"], place, add=add)


def upload(name: str, content: object) -> Kwargs:
    """One file for the writer; ``content`` is text or, for a secret, an output of it."""
    return {"file": f"{STAGING}/{name}", "content": content, "permissions": "0400"}


def secret_hash(filled: Mapping[str, str]) -> str:
    """Eight hex digits that change with any secret file: enough to see, too few to guess by."""
    text = json.dumps(dict(sorted(filled.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _one_shot_on(
    volume: str, script: str, arguments: list[str], place: Place, *, add: tuple[str, ...]
) -> Kwargs:
    return {
        **confined(place, RESOURCES, add=add),
        **one_shot(),
        "name": volume,
        "image": place.image(place.args.writer_image),
        "user": "0:0",
        "network_mode": "none",
        "entrypoints": ["sh", "-c", script, "sh", *arguments],
        "volumes": [{"volume_name": volume, "container_path": TARGET, "read_only": False}],
    }
