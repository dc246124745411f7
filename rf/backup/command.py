"""``rf backup`` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError
from ..exit_codes import ExitCode
from ..project import find_project
from ..stacks import checked_stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.spec import ServiceSpec

    from ..stacks import CheckedStack

StackName = Annotated[str, typer.Option("--stack", "-s", help="Name of the stack.")]
Server = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Work from this machine with the server at this address, such as a port-forward.",
    ),
]
Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="The backup; the latest unless said.")
]

app = typer.Typer()


@app.callback()
def backup() -> None:
    """Back up the vector indexes into a bucket, and prove that they can be restored.

    The stack's services.faiss.backup says where. Credentials are found as boto3 does it:
    environment, ~/.aws, roles.
    """


@app.command("create")
def create_backup(*, stack: StackName = "local", server: Server = None) -> ExitCode:
    """Back up what the server holds at this moment, then delete what is no longer kept."""
    return _with_server(stack, ["create"], server)


@app.command("list")
def list_backups(*, stack: StackName = "local") -> ExitCode:
    """Show the backups that exist, oldest first."""
    return _here(_checked(stack), ["list"])


@app.command("verify")
def verify_backup(name: Name = None, *, stack: StackName = "local") -> ExitCode:
    """Read every byte of a backup and compare checksums."""
    return _here(_checked(stack), ["verify", *_named(name)])


@app.command("restore")
def restore_backup(
    name: Name = None,
    *,
    stack: StackName = "local",
    server: Server = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Even if live vectors would be lost.")
    ] = False,
) -> ExitCode:
    """Let the server take over a backup, once all of it is verified."""
    accepted = ["--accept-loss"] if accept_loss else []
    return _with_server(stack, ["restore", *_named(name), *accepted], server)


@app.command("drill")
def drill_backup(name: Name = None, *, stack: StackName = "local") -> ExitCode:
    """Restore a backup into a server of its own, compare, and tell the Pushgateway."""
    checked = _checked(stack)
    arguments = ["drill", *_named(name)]
    target = checked.stack.settings.target
    if target.kind == "docker":
        return _on_machine(checked, arguments)
    return _here(checked, arguments)


@app.command("adopt")
def adopt_index(  # noqa: PLR0913 one option each, all keyword-only
    file: Annotated[str, typer.Argument(help="What faiss.write_index wrote.")],
    *,
    index: Annotated[str, typer.Option(help="Its name in the server.")],
    volume: Annotated[
        str | None, typer.Option(help="The Docker volume that FILE and IDS are in.")
    ] = None,
    ids: Annotated[
        str | None, typer.Option(help="A JSON list or .npy of ids, in order of position.")
    ] = None,
    accept_approximate: Annotated[
        bool, typer.Option("--accept-approximate", help="Decode an index that holds codes.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and change nothing.")] = False,
    stack: StackName = "local",
    server: Server = None,
) -> ExitCode:
    """Take over an index that faiss itself wrote, such as one in a compose project's volume."""
    flags = {"--accept-approximate": accept_approximate, "--dry-run": dry_run}
    options = ["--index", index, *(flag for flag, wanted in flags.items() if wanted)]
    checked = _checked(stack)
    target = checked.stack.settings.target
    if volume is None:
        if server is None and not dry_run:
            raise BadInputError(
                "say where FILE is: --volume for a volume of Docker, or --server for a file of "
                "this machine and a server that it reaches"
            )
        arguments = ["adopt", file, *options, *(["--ids", ids] if ids else [])]
        return _here(checked, arguments, {"FAISS_URL": server} if server else None)
    if target.kind != "docker" or server is not None:
        raise BadInputError("--volume is a volume of Docker: it goes with a local stack, alone")
    from .machine import ADOPTED  # Docker's SDK takes half a second

    arguments = ["adopt", f"{ADOPTED}/{file}", *options]
    arguments += ["--ids", f"{ADOPTED}/{ids}"] if ids else []
    return _on_machine(checked, arguments, volume)


def _with_server(stack: str, arguments: Sequence[str], server: str | None) -> ExitCode:
    checked = _checked(stack)
    target = checked.stack.settings.target
    if server is not None:
        return _here(checked, arguments, {"FAISS_URL": server})
    if target.kind == "docker":
        return _on_machine(checked, arguments)
    spec = _spec(checked)
    port = spec.port("http")
    raise BadInputError(
        "on Kubernetes say how the server is reached: kubectl port-forward -n "
        f"{target.namespace} deployment/{spec.instance} {port.number}:"
        f"{port.inside or port.number}, then --server http://127.0.0.1:{port.number}"
    )


def _here(
    checked: CheckedStack, arguments: Sequence[str], addresses: dict[str, str] | None = None
) -> ExitCode:
    from . import here

    status = here.run(checked.project.root, arguments, {**_variables(checked), **(addresses or {})})
    return ExitCode.DONE if status == 0 else ExitCode.ERROR


def _on_machine(
    checked: CheckedStack, arguments: Sequence[str], adopted: str | None = None
) -> ExitCode:
    # Half a second each to import; the other ways do not need them.
    from .. import targets
    from . import machine
    from .credentials import found

    spec, place = _spec(checked), targets.place(checked)
    described = machine.one_shot(spec, arguments, _variables(checked), place, adopted)
    credentials = None if adopted else machine.credentials_file(found(), spec)
    status = machine.run(targets.connect(machine.TIMEOUT), described, credentials)
    return ExitCode.DONE if status == 0 else ExitCode.ERROR


def _checked(stack: str) -> CheckedStack:
    return checked_stack(find_project(Path.cwd()), stack, allow_tags=True)


def _spec(checked: CheckedStack) -> ServiceSpec:
    """The server that writes."""
    (spec,) = (
        spec for spec in checked.stack.specs if spec.name == "faiss" and spec.track == "stable"
    )
    return spec


def _variables(checked: CheckedStack) -> dict[str, str]:
    # The program takes a second to load.
    from components.faiss_backup import variables

    return variables(checked.stack.settings.services.faiss.backup)


def _named(name: str | None) -> list[str]:
    return [] if name is None else [name]
