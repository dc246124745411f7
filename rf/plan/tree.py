"""Draws a plan for a person: resource tree, counts, secrets still to be set, where manifests lie.

By default a component is one line with its children counted on it: that is what a reviewer scans.
``verbose`` gives every resource a line of its own.
"""

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from ..cost import planned
from .manifests import Written
from .model import STACK_TYPE, Plan, Resource

Children = Mapping[str, list[Resource]]
PLAIN_WIDTH = 100
"""Columns when the output is not a terminal."""
INDENT = 4
"""Columns that one level of the tree takes."""
JOINED = "\N{NO-BREAK SPACE}"


def console(*, stderr: bool = False) -> Console:
    """Standard output or error; plain text of a fixed width when it is not a terminal."""
    found = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not found.is_terminal:
        found.width = PLAIN_WIDTH
    return found


def render(plan: Plan, *, manifests: Written | None, verbose: bool, width: int) -> RenderableType:
    """Everything there is to say about one stack, ``width`` columns wide."""
    children: dict[str, list[Resource]] = {}
    # Components stay in the program's order. When the engine hears of a component's children hangs
    # on what they wait for, so these go by kind and name.
    for resource in sorted(plan.resources, key=_place):
        children.setdefault(resource.parent, []).append(resource)
    tree = Tree(_title(plan), guide_style="dim")
    if verbose:
        _every_resource(tree, plan.urn, children)
    else:
        column = min(_name_column(plan.urn, children, INDENT), width // 2)
        _components(tree, plan.urn, children, column - INDENT, width - column)
    return Group(tree, Text(), _counts(plan, width), Text(), *_remarks(plan, manifests), Text())


def _place(resource: Resource) -> tuple[str, str]:
    return (resource.kind, resource.name) if resource.custom else ("", "")


def _title(plan: Plan) -> Text:
    size = len(plan.resources)
    title = Text(plan.stack, style="bold")
    return title.append(
        f"  {plan.project}, {size} resource{'s' * (size != 1)}", style="not bold dim"
    )


def _is_leaf(resource: Resource, children: Children) -> bool:
    return resource.custom and resource.urn not in children


def _name_column(urn: str, children: Children, depth: int) -> int:
    """The column after the longest component name, its place in the tree included."""
    widths = [depth]
    for resource in children.get(urn, []):
        if not _is_leaf(resource, children):
            widths.append(depth + len(_label(resource)) + 2)
            widths.append(_name_column(resource.urn, children, depth + INDENT))
    return max(widths)


def _components(tree: Tree, urn: str, children: Children, column: int, room: int) -> None:
    below = children.get(urn, [])
    if urn.split("::")[2] == STACK_TYPE:
        loose = [resource for resource in below if _is_leaf(resource, children)]
        if loose:
            tree.add(Text("\n".join(_tally(loose, room + column))))
    for resource in below:
        if _is_leaf(resource, children):
            continue
        own = [child for child in children.get(resource.urn, []) if _is_leaf(child, children)]
        label = _label(resource)
        for number, line in enumerate(_tally(own, room)):
            gap = "\n" + " " * column if number else " " * max(2, column - len(label))
            label.append(gap + line, style="not bold dim")
        _components(tree.add(label), resource.urn, children, column - INDENT, room)


def _every_resource(tree: Tree, urn: str, children: Children) -> None:
    for resource in children.get(urn, []):
        _every_resource(tree.add(_label(resource)), resource.urn, children)


def _label(resource: Resource) -> Text:
    label = Text()
    label.append(resource.kind, style="" if resource.custom else "cyan")
    label.append(f" {resource.name}", style="dim" if resource.custom else "bold")
    if resource.read:
        label.append("  (exists already)", style="dim")
    if resource.options.protect:
        label.append("  (protected)", style="yellow")
    return label


def _tally(resources: Iterable[Resource], room: int) -> list[str]:
    """``Deployment, 3 NetworkPolicy`` in lines that never part a count from its kind."""
    counts = Counter(resource.kind for resource in resources)
    items = [kind if n == 1 else f"{n}{JOINED}{kind}" for kind, n in counts.items()]
    lines = textwrap.wrap(", ".join(items), max(room, 20), break_long_words=False)
    return [line.replace(JOINED, " ") for line in lines]


def _counts(plan: Plan, width: int) -> Text:
    """Custom resources by type in columns, read downwards; components as one number."""
    custom = Counter(resource.type for resource in plan.resources if resource.custom)
    kinds = {resource.type: resource.kind for resource in plan.resources}
    taken = Counter(kinds[type_] for type_ in custom)
    cells = [
        f"{count:>4} {kinds[type_] if taken[kinds[type_]] == 1 else type_}"
        for type_, count in plan.counts.items()
        if type_ in custom
    ]
    components = len(plan.resources) - custom.total()
    if components:
        cells.append(f"{components:>4} component{'s' * (components != 1)}")
    column = max(map(len, cells), default=1) + 2
    rows = -(-len(cells) // max(1, width // column))
    lines = ("".join(cell.ljust(column) for cell in cells[row::rows]) for row in range(rows))
    return Text("\n".join(line.rstrip() for line in lines))


def _remarks(plan: Plan, manifests: Written | None) -> list[Text]:
    remarks = [Text(f"Warning: {warning}", style="yellow") for warning in plan.warnings]
    names = ", ".join(key.removeprefix(f"{plan.project}:") for key in plan.secrets_to_set)
    remarks.append(_fact("Secrets to be set", names or "none"))
    if estimate := planned.lines(plan):
        remarks.append(_fact("Cost a month", estimate))
    if manifests:
        remarks.append(_fact("Manifests", f"{manifests.folder} ({manifests.files} files)"))
    return remarks


def _fact(name: str, value: str) -> Text:
    return Text(f"{name}: ", style="bold").append(value, style="not bold")
