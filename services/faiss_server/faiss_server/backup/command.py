"""The command line of backups. Exit status: 0 done, 1 not done, with the reason on stderr."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..environment import SettingError
from . import push
from .bucket import Bucket, connect
from .drill import drill
from .errors import BackupError, DamagedError
from .names import made
from .scratch import scratch_server
from .server import RefusedError, Server
from .settings import BackupSettings, read
from .store import Backups
from .work import create, restore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .record import Record

INDEX_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
TIME = "%Y-%m-%d %H:%M:%S UTC"


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """What the command line asks for; the exit status."""
    asked = parser().parse_args(arguments)
    try:
        settings = read(environment)
        if asked.command == "adopt":
            _adopt(asked, settings)
            return 0
        backups = Backups(Bucket(connect(settings), settings), settings)
        match asked.command:
            case "create":
                _create(backups, settings)
            case "list":
                _list(backups)
            case "verify":
                _verify(backups, backups.chosen(asked.name))
            case "install":
                _install(backups, Path(environment.get("FAISS_DATA_DIR", "/data")))
            case "restore":
                _restore(backups, backups.chosen(asked.name), accept_loss=asked.accept_loss)
            case _:
                _drill(backups, backups.chosen(asked.name))
    except (SettingError, BackupError) as error:
        sys.stderr.write(f"backup: {error}\n")
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands, and what each takes."""
    found = argparse.ArgumentParser(prog="backup", description=__doc__)
    commands = found.add_subparsers(dest="command", required=True)
    commands.add_parser("create", help="back up what the server holds at this moment")
    commands.add_parser("list", help="the backups that exist, oldest first")
    commands.add_parser(
        "install", help="put the latest good backup into an empty FAISS_DATA_DIR without a server"
    )
    adopt = commands.add_parser("adopt", help="take over an index that faiss itself wrote")
    adopt.add_argument("file", type=Path, help="what faiss.write_index wrote")
    adopt.add_argument("--index", required=True, help="its name in the server")
    adopt.add_argument("--ids", type=Path, help="a JSON list or .npy of ids, in order of position")
    adopt.add_argument(
        "--accept-approximate", action="store_true", help="decode an index that holds codes"
    )
    adopt.add_argument("--dry-run", action="store_true", help="check, and change nothing")
    for name, words in (
        ("verify", "read every byte of a backup and compare checksums"),
        ("restore", "let the server take over a backup"),
        ("drill", "restore a backup into a server of its own, and compare"),
    ):
        each = commands.add_parser(name, help=words)
        each.add_argument("name", nargs="?", help="name of the backup; the latest unless said")
        if name == "restore":
            each.add_argument(
                "--accept-loss", action="store_true", help="even if live vectors would be lost"
            )
    return found


def _create(backups: Backups, settings: BackupSettings) -> None:
    now = datetime.now(UTC)
    done = create(backups, Server(settings.server), now)
    _say(f"{_line(done.record)}")
    for name in done.retired:
        _say(f"{name} is no longer kept")
    for name in done.swept:
        _say(f"{name} was never finished and is removed")
    _tell(settings, "faiss-backup", push.BACKUP, now)


def _list(backups: Backups) -> None:
    for name in backups.names():
        try:
            _say(_line(backups.record(name)))
        except DamagedError as error:
            _say(f"{name}  damaged: {error}")


def _verify(backups: Backups, found: Record) -> None:
    problems = backups.damage(found)
    if problems:
        raise DamagedError(f"{found.name} is damaged: " + "; ".join(problems))
    _say(f"{found.name} is good: {len(found.snapshot.files)} files, {found.snapshot.size} bytes")


def _restore(backups: Backups, found: Record, *, accept_loss: bool) -> None:
    server = Server(backups.settings.server)
    try:
        restore(backups, server, found, accept_loss=accept_loss)
    except (DamagedError, RefusedError) as error:
        raise BackupError(f"{found.name} is not restored, nothing was changed: {error}") from None
    _say(f"restored {_line(found)}")


def _adopt(asked: argparse.Namespace, settings: BackupSettings) -> None:
    if not INDEX_NAME.fullmatch(asked.index):
        raise BackupError(f"{asked.index[:70]!a} is no name of an index")
    try:
        from .adopt import adopt  # noqa: PLC0415 - no other command reads vectors
    except ImportError:
        raise BackupError(
            "faiss-cpu and numpy are not installed here; with --volume, Docker has them"
        ) from None
    _say(
        adopt(
            asked.file,
            asked.index,
            asked.ids,
            accept_approximate=asked.accept_approximate,
            server=None if asked.dry_run else Server(settings.server),
        )
    )


def _install(backups: Backups, data: Path) -> None:
    """Nothing to restore and nowhere to put it are both an end that a server may start after."""
    from ..errors import Conflict  # noqa: PLC0415 - faiss is loaded with it
    from ..installing import require_empty  # noqa: PLC0415
    from .filling import fill  # noqa: PLC0415

    try:
        require_empty(data)
    except Conflict as error:
        _say(str(error))
        return
    names = backups.names()
    if not names:
        _say(f"there is no backup yet: {data} stays empty")
        return
    _say(f"installed {_line(fill(backups, names, data))}")


def _drill(backups: Backups, found: Record) -> None:
    with scratch_server() as scratch:
        results = drill(backups, scratch, found)
    for name, each in sorted(results.items()):
        _say(f"{name}: {each.again} of {each.expected} neighbours found again")
    _say(f"verified by a restore: {_line(found)}")
    settings = backups.settings
    _tell(settings, "faiss-drill", push.VERIFIED, datetime.now(UTC))


def _tell(settings: BackupSettings, job: str, metric: str, when: datetime) -> None:
    """The work is done all the same when nobody hears of it; the alert will say that."""
    try:
        push.push(settings.pushgateway, job, metric, when.timestamp())
    except BackupError as error:
        sys.stderr.write(f"backup: done, but nobody was told: {error}\n")


def _line(found: Record) -> str:
    vectors = ", ".join(f"{name} {count}" for name, count in found.snapshot.vectors.items())
    when = made(found.name).strftime(TIME)
    return f"{found.name}  {when}  {found.snapshot.size} bytes  {vectors or 'no index'}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
