"""What a pytest node id stands for, read from the test's source; nothing is collected or run."""

import ast
from functools import cache
from pathlib import Path

SKIPS = ("skip", "skipif", "xfail")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def problem(node_id: str, root: Path = Path()) -> str | None:
    """Why ``path::[Class::]function`` checks nothing, or None when it does.

    It must be there, and a skip or an expected failure must say why.
    """
    path, *names = node_id.split("::")
    if not (root / path).is_file():
        return f"{path} does not exist"
    module = _module(root / path)
    scope: list[ast.stmt] = module.body
    marks: list[ast.AST] = _marks(scope)
    for number, name in enumerate(names):
        found = [node for node in scope if isinstance(node, Definition) and node.name == name]
        if not found or isinstance(found[-1], ast.ClassDef) != (number < len(names) - 1):
            return f"{path} has no test {'::'.join(names)}"
        scope = found[-1].body
        marks += [*found[-1].decorator_list, *_marks(scope)]
    return _unexplained([*marks, *scope])


@cache
def _module(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _marks(scope: list[ast.stmt]) -> list[ast.AST]:
    """The marks of a whole module or class."""
    return [
        node.value
        for node in scope
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]


def _unexplained(nodes: list[ast.AST]) -> str | None:
    """A skip among ``nodes`` or below them that gives no reason."""
    explained: set[ast.AST] = set()
    skips = []
    for node in (each for top in nodes for each in ast.walk(top)):
        if isinstance(node, ast.Call) and _gives_a_reason(node):
            explained.add(node.func)
        if isinstance(node, ast.Attribute) and node.attr in SKIPS:
            skips.append(node)
    bare = [ast.unparse(node) for node in skips if node not in explained]
    return f"{bare[0]} gives no reason" if bare else None


def _gives_a_reason(call: ast.Call) -> bool:
    """The keyword ``reason``, or the text that ``skip`` takes first; never an empty one."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "skip":
        given += call.args[:1]
    return any(not (isinstance(value, ast.Constant) and not value.value) for value in given)
