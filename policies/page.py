"""The page of all rules, made of what they say of themselves.

``python -m policies.page`` writes it; ``--check`` only compares.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from pydantic import BaseModel

from rf import generated

from .framework.kubernetes import WORKLOADS
from .framework.rule import AnyRule, StackRule
from .packs import PACKS

ROOT = Path(__file__).parents[1]
PAGE = Path("docs/policies.md")
TITLES = {
    "pod-security-baseline": "Pod Security Standards, baseline",
    "pod-security-restricted": "Pod Security Standards, restricted",
    "rbac": "Roles and bindings",
    "aws-eks": "AWS: EKS",
    "aws-iam": "AWS: rights",
    "aws-s3": "AWS: buckets",
    "aws-network": "AWS: network",
    "aws-storage": "AWS: disks, keys, images, logs",
    "gpus": "GPUs",
}
"""Headings of families whose name does not say enough."""

HEAD = """\
# The rules of the policy packs

<!-- Written by `python -m policies.page` from the rules themselves; edit those. -->

A mandatory rule stops `pulumi preview` and `pulumi up` before anything is made. Advice is shown and
stops nothing. A rule marked *whole stack* sees all resources together and can only advise: the
engine asks such rules after it has made everything.

A value that is not known before the update is never a pass: the rule says *undecided* for that path
and goes on with the others. Inside the engine secrets look like other text, so no message repeats
what a resource holds.

How strict a rule is, and what it is told, is set by its id in `policies/rules.yaml` (or in a file
for `--policy-pack-config`, which wins): `level` is `mandatory`, `advisory` or `disabled`, and the
other keys are those in the column *Settings*, here with their defaults. Exceptions stand in
`policies/waivers.yaml`, each with a role that answers for it, a reason and a last day.
"""
COLUMNS = ("Rule", "Level", "Looks at", "At risk", "To do", "Settings", "Reference")


def page(packs: Mapping[str, Sequence[AnyRule]]) -> str:
    """The whole page as Markdown."""
    return "\n".join(
        [HEAD, *(line for name, rules in packs.items() for line in _pack(name, rules))]
    )


def _pack(name: str, rules: Sequence[AnyRule]) -> Iterator[str]:
    mandatory = sum(rule.level.value == "mandatory" for rule in rules)
    yield f"## Pack `{name}`: {len(rules)} rules, {mandatory} of them mandatory\n"
    for family, members in groupby(rules, key=lambda rule: rule.id.partition("/")[0]):
        yield f"### {TITLES.get(family, family.replace('-', ' ').capitalize())}\n"
        yield _row(COLUMNS)
        yield _row(["---"] * len(COLUMNS))
        yield from map(_rule, members)
        yield ""


def _rule(rule: AnyRule) -> str:
    together = ", whole stack" if isinstance(rule, StackRule) else ""
    return _row(
        [
            f"`{rule.id}`",
            f"{rule.level.value}, {rule.severity.value}{together}",
            _kinds(rule.kinds),
            rule.protects,
            rule.fix,
            _settings(rule.config()),
            rule.reference,
        ]
    )


def _kinds(kinds: Sequence[str]) -> str:
    found = ["workloads"] if set(WORKLOADS) <= set(kinds) else []
    rest = [kind for kind in kinds if not found or kind not in WORKLOADS]
    return ", ".join([*found, *(f"`{kind}`" for kind in rest)])


def _settings(config: BaseModel) -> str:
    defaults = config.model_dump(mode="json")
    return ", ".join(f"`{key}`: {_value(value)}" for key, value in defaults.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main(arguments: list[str]) -> int:
    """The exit status: 1 when the page differs and was not to be written."""
    return generated.main(arguments, "python -m policies.page", ROOT, {PAGE: page(PACKS)})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
