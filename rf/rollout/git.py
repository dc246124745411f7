"""Keeps what a rollout wrote in the repository's history: one file, whatever else is being edited.

On the branch that is checked out, or on a branch of its own for a pull request. The second touches
neither the index nor the working tree: the commit is made from the tree of HEAD with one file
changed, and a name is put on it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..deploy.runner import Answer, Runner

NOT_FOUND = 127
REGULAR_FILE = "100644"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """The git repository that ``root`` is in, asked with the ``git`` on PATH."""

    root: Path
    runner: Runner
    env: Mapping[str, str]

    def commit(self, path: Path, message: str) -> str:
        """Commit ``path`` alone on the current branch; what was done, in words.

        What else is staged stays staged. BadInputError when there is nothing to commit to, or git
        or a hook refuses.
        """
        head = self._head()
        if not head:
            raise BadInputError(
                "no branch is checked out (detached HEAD), so nothing would hold the commit; "
                "check a branch out, or repeat with --branch NAME"
            )
        if not self._git(["status", "--porcelain", "--", str(path)]):
            return f"{path.name} is committed as it is"
        # A file that git does not know yet has to be added before it can be named.
        self._git(["add", "--intent-to-add", "--", str(path)])
        self._git(["commit", "--quiet", "--message", message, "--only", "--", str(path)])
        return f"committed {path.name} on {head}"

    def branch(self, path: Path, message: str, name: str) -> str:
        """Commit ``path`` on top of HEAD as the branch ``name``; nothing else is touched.

        A branch that is there already is moved only if nothing on it would be lost. No hook runs.
        BadInputError when git refuses.
        """
        head = self._head()
        ref = f"refs/heads/{name}"
        if self._ask(["check-ref-format", "--branch", name]).status:
            raise BadInputError(f"--branch {name} is no name of a branch")
        if name == head:
            raise BadInputError(f"--branch {name} is checked out; use --commit alone")
        parent = self._git(["rev-parse", "HEAD"])
        tree = self._tree_with(path)
        if tree == self._git(["rev-parse", "HEAD^{tree}"]):
            return f"{path.name} is committed as it is"
        made = self._git(["commit-tree", tree, "-p", parent, "-m", message])
        before = self._ask(["rev-parse", "--verify", "--quiet", ref])
        old = before.output.strip() if not before.status else ""
        if old and self._ask(["merge-base", "--is-ancestor", old, made]).status:
            raise BadInputError(
                f"the branch {name} has other commits; name another, or delete it and repeat"
            )
        self._git(["update-ref", ref, made, old or "0" * len(made)])
        return f"committed {path.name} on the branch {name}"

    def _tree_with(self, path: Path) -> str:
        """The tree of HEAD with ``path`` as it is now."""
        inside = path.resolve().relative_to(self._git(["rev-parse", "--show-toplevel"]))
        blob = self._git(["hash-object", "-w", "--path", str(inside), "--", str(path)])
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            self._git(["read-tree", "HEAD"], index)
            entry = f"{REGULAR_FILE},{blob},{inside}"
            self._git(["update-index", "--add", "--cacheinfo", entry], index)
            return self._git(["write-tree"], index)

    def _head(self) -> str:
        """The branch that is checked out, if one is.

        BadInputError where there is no repository, or nobody to commit as.
        """
        inside = self._ask(["rev-parse", "--is-inside-work-tree"])
        if inside.status == NOT_FOUND:
            raise BadInputError("there is no git on PATH")
        if inside.status:
            raise BadInputError(f"{self.root} is in no git repository")
        if self._ask(["var", "GIT_COMMITTER_IDENT"]).status:
            raise BadInputError(
                "git knows no name for the commit; set user.name and user.email (git config)"
            )
        head = self._ask(["symbolic-ref", "--quiet", "--short", "HEAD"])
        return "" if head.status else head.output.strip()

    def _git(self, arguments: list[str], env: Mapping[str, str] | None = None) -> str:
        answer = self._ask(arguments, env)
        if answer.status:
            raise BadInputError(f"git {arguments[0]} ended with {answer.status}: {answer.reason}")
        # Warnings come before what was asked for.
        return answer.output.strip().rpartition("\n")[2]

    def _ask(self, arguments: list[str], env: Mapping[str, str] | None = None) -> Answer:
        command = ["git", *arguments]
        return self.runner.ask(command, cwd=self.root, env={**self.env, **(env or {})})
