"""``rf clients`` on the command line. No command prints a token."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError
from ..project import find_project
from ..replace_file import replace_file
from ..stacks import checked_stack

if TYPE_CHECKING:
    from .register import Register
    from .token import Issued

DAYS = 90
LONGEST = 730
PRIVATE = 0o600

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the client.")]
StackName = Annotated[str, typer.Option("--stack", "-s", help="Name of the stack.")]
Days = Annotated[int, typer.Option(min=1, max=LONGEST, help="Days until the token ends.")]
Out = Annotated[
    Path | None,
    typer.Option(help="File for the token, .rf/clients/STACK/KEY.token unless said."),
]

app = typer.Typer()


@app.callback()
def clients() -> None:
    """Tokens for applications that use the gateway from outside.

    Each command changes the stack file; the change is in force after the next rf up or pulumi up,
    which restarts nothing.
    """


@app.command("issue")
def issue_token(
    name: Name, *, stack: StackName = "local", days: Days = DAYS, out: Out = None
) -> None:
    """Give a client its first token."""
    register = _register(stack)
    _give(register, name, register.first_key(name), days, out)


@app.command("rotate")
def rotate_token(
    name: Name, *, stack: StackName = "local", days: Days = DAYS, out: Out = None
) -> None:
    """Give a client another token; the one that it has stays good until revoke --old."""
    register = _register(stack)
    _give(register, name, register.next_key(name), days, out)
    typer.echo(f"its old token stays good until rf clients revoke {name} --old --stack {stack}")


@app.command("revoke")
def revoke_tokens(
    name: Name,
    *,
    stack: StackName = "local",
    old: Annotated[
        bool, typer.Option("--old", help="All but the last: the client uses its new token.")
    ] = False,
) -> None:
    """Make the tokens of a client worthless, within two seconds of the next deployment."""
    register = _register(stack)
    keys = register.keys_to_revoke(name, old=old)
    register.remove(name, keys)
    typer.echo(f"{register.checked.path.name}: {', '.join(keys)} is revoked after rf up {stack}")


@app.command("list")
def list_clients(*, stack: StackName = "local") -> None:
    """Show the clients of a stack, their rates and when their tokens end."""
    from .listing import lines

    register = _register(stack)
    gateway = register.checked.stack.settings.services.gateway
    for line in lines(register.access, gateway.replicas, datetime.now(UTC).date()):
        typer.echo(line)


def _register(stack: str) -> Register:
    # The program takes a second to load, which no other command should wait for.
    from .register import Register

    return Register(checked=checked_stack(find_project(Path.cwd()), stack))


def _give(register: Register, name: str, key: str, days: int, out: Path | None) -> None:
    """The token into its file, then its public key into the stack file: both or neither."""
    from .token import issue

    checked = register.checked
    environment = checked.stack.settings.environment
    issued = issue(name, key, environment, datetime.now(UTC), days)
    target = out or checked.project.root / ".rf" / "clients" / checked.name / f"{key}.token"
    _write_token(target, issued)
    try:
        register.add(name, issued)
    except BaseException:
        target.unlink()
        raise
    typer.echo(f"{target}: the token of {name}, good until {issued.expires}; hand it over and")
    typer.echo("delete it: it exists nowhere else")
    typer.echo(
        f"{checked.path.name}: wrote the public key {key}; in force after rf up {checked.name}"
    )
    if not register.access.required:
        typer.echo("the gateway asks for no token until services.gateway.access.required is true")


def _write_token(target: Path, issued: Issued) -> None:
    if target.exists():
        raise BadInputError(f"{target} exists; move it away, or name another file with --out")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadInputError(f"{target.parent} cannot be made: {error.strerror}") from None
    replace_file(target, issued.token + "\n", mode=PRIVATE)
