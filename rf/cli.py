"""``rf``: the entry point, its commands, and how every error reaches the user.

A command is one function in a file of its own and one line here. It raises ``BadInputError`` for
what the user can mend and returns an ``ExitCode`` where the outcome is not simply done.
"""

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from .backup.command import app as backup
from .clients.command import app as clients
from .cost.command import cost
from .deploy.command import down, up
from .errors import BadInputError, ProgramError
from .exit_codes import ExitCode
from .health.command import health
from .images.command import app as images
from .plan.command import plan
from .policy.command import app as policy
from .rollout.command import app as rollout
from .schema import schema

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(plan)
app.command()(cost)
app.command()(up)
app.command()(down)
app.command()(health)
app.add_typer(backup, name="backup")
app.add_typer(images, name="images")
app.add_typer(clients, name="clients")
app.add_typer(policy, name="policy")
app.add_typer(rollout, name="rollout")
app.command()(schema)


@dataclass
class Session:
    """What the options before the command ask for."""

    debug: bool = False


@app.callback()
def options(
    context: typer.Context,
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an internal error.")
    ] = False,
) -> None:
    """Plan and operate ResearchFlow's AI platform."""
    context.obj.debug = debug


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its status; see ``exit_codes``."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit status. Errors are on stderr, in one or two lines each."""
    session = Session()
    command = typer.main.get_command(app)
    try:
        outcome = command.main(
            arguments or ["--help"], prog_name="rf", standalone_mode=False, obj=session
        )
    except BadInputError as error:
        return _report(str(error))
    except typer.TyperException as error:
        return _report(f"{error.format_message()}\nrun rf --help, or rf COMMAND --help")
    except ProgramError as error:
        return _report_defect(str(error), error.trace, session, arguments)
    except Exception as error:  # noqa: BLE001 the last line of defence
        name = f"{type(error).__name__}: {error}".partition("\n")[0]
        return _report_defect(name, traceback.format_exc(), session, arguments)
    return outcome if isinstance(outcome, int) else ExitCode.DONE


def _report(message: str) -> int:
    typer.echo(f"{typer.style('error:', fg='red', bold=True)} {message}", err=True)
    return ExitCode.ERROR


def _report_defect(message: str, trace: str, session: Session, arguments: Sequence[str]) -> int:
    if session.debug:
        typer.echo(trace, err=True)
        return _report(f"internal error: {message}")
    again = " ".join(["rf", "--debug", *arguments])
    return _report(f"internal error: {message}\nfor the traceback: {again}")
