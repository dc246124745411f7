"""What is wrong with a command line that a page shows, found without running it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rf.cli import app
from settings import SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rf.plan.model import Plan

OTHERS = frozenset({"export", "read", "printf", "sha256sum", "cut", "git"})
"""Programs whose arguments nobody looks at."""
ONCALL = re.compile(r"^ *(\w+)\(\)", re.MULTILINE)
ASSIGNMENT = re.compile(r"^\w+=")
SUBSTITUTION = re.compile(r"^\w+=\$\((.*)\)\s*(?:#.*)?$")


@dataclass(frozen=True)
class Judge:
    """Judges command lines by the real command line, Makefile, stack files and plans."""

    plans: Mapping[str, Plan]

    def problem(self, line: str) -> str | None:
        """The first thing wrong with ``line``; None when there is nothing."""
        for words in simple_commands(line):
            found = self._command(words[0], words[1:])
            if found:
                return f"{shlex.join(words)}: {found}"
        return None

    def _command(self, program: str, arguments: Sequence[str]) -> str | None:
        known: dict[str, Callable[[Sequence[str]], str | None]] = {
            ".venv/bin/rf": rf_problem,
            "make": _make,
            "pulumi": _pulumi,
            ".": _sourced,
            "curl": self._curl,
            "kubectl": self._kubectl,
            "docker": self._docker,
        }
        if program in known:
            return known[program](arguments)
        oncall = set(ONCALL.findall(Path("scripts/oncall").read_text(encoding="utf-8")))
        return None if program in OTHERS | oncall else "no program that a page may name"

    def _curl(self, arguments: Sequence[str]) -> str | None:
        ports = set(re.findall(r"localhost:(\d+)", " ".join(arguments)))
        published = set(re.findall(r":(\d+)", str(self.plans["local"].outputs["endpoints"])))
        return None if ports and ports <= published else f"published are {sorted(published)}"

    def _kubectl(self, arguments: Sequence[str]) -> str | None:
        files = [value for option, value in pairwise(arguments) if option == "-f"]
        if files:
            missing = [file for file in files if not Path(file).is_file()]
            return f"no file {missing}" if missing else None
        named = re.findall(r"\b(deployment|service|cronjob)/([\w-]+)", " ".join(arguments))
        wanted = {(kind, name) for kind, name in named}
        have = {(kind.lower(), name) for kind, name in names(self.plans["staging"])}
        spaces = {name for kind, name in names(self.plans["staging"]) if kind == "Namespace"}
        if not wanted <= have:
            return f"not in staging's plan: {sorted(wanted - have)}"
        return None if spaces & set(arguments) else f"no namespace of {sorted(spaces)}"

    def _docker(self, arguments: Sequence[str]) -> str | None:
        containers = {name for kind, name in names(self.plans["local"]) if kind == "Container"}
        return None if containers & set(arguments) else "names no container of the local plan"


def names(plan: Plan) -> set[tuple[str, str]]:
    """Kind and name of every resource, as Docker or the cluster calls it."""
    found = set()
    for resource in plan.resources:
        metadata: Any = resource.inputs.get("metadata")
        name = metadata["name"] if isinstance(metadata, dict) else resource.inputs.get("name")
        found.add((resource.kind, str(name)))
    return found


def simple_commands(line: str) -> list[list[str]]:
    """The commands of a line as words: pipes apart, without redirections and assignments."""
    substituted = SUBSTITUTION.sub(r"\1", line)
    lexer = shlex.shlex(substituted, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    words = iter(lexer)
    for word in words:
        if set(word) <= set("|&;"):
            commands.append([])
        elif set(word) <= set("<>"):
            next(words)
        elif commands[-1] or not ASSIGNMENT.match(word):
            commands[-1].append(word)
    return [command for command in commands if command]


def rf_problem(arguments: Sequence[str]) -> str | None:
    """Why ``rf`` would not take ``arguments``; nothing is invoked."""
    command: Any = typer.main.get_command(app)
    context: Any = None
    rest = list(arguments)
    try:
        while True:
            context = command.make_context(command.name, rest, parent=context)
            rest = [*getattr(context, "_protected_args", ()), *context.args]
            if not (rest and hasattr(command, "resolve_command")):
                return None
            _, command, rest = command.resolve_command(context, rest)
    except typer.Exit:
        return None  # --help
    except Exception as error:  # noqa: BLE001 every usage error has a class of its own
        return str(error) or type(error).__name__


def _make(arguments: Sequence[str]) -> str | None:
    makefile = Path("Makefile").read_text(encoding="utf-8")
    targets = [word for word in arguments if "=" not in word]
    missing = [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)]
    return f"no target {missing}" if missing or not targets else None


def _pulumi(arguments: Sequence[str]) -> str | None:
    stacks = {path.name.split(".")[1] for path in Path().glob("Pulumi.*.yaml")}
    pairs = list(pairwise(arguments))
    for option, value in [*pairs, (" ".join(arguments[:2]), arguments[-1])]:
        if option in {"-s", "stack init"} and value not in stacks:
            return f"no stack {value}"
        if option == "--secret" and value not in SECRETS:
            return f"no secret {value}"
        if option == "--policy-pack" and not Path(value, "PulumiPolicy.yaml").is_file():
            return f"no policy pack {value}"
    return None


def _sourced(arguments: Sequence[str]) -> str | None:
    return None if Path(arguments[0]).is_file() else f"no file {arguments[0]}"
