"""Which rules ``rf policy check`` runs."""

from collections.abc import Mapping, Sequence

from policies.framework.rule import AnyRule
from policies.packs import PACKS, every_rule
from policies.security.rules import pod_security

from ..errors import BadInputError

LEVELS: Mapping[str, Sequence[AnyRule]] = {
    "baseline": pod_security.BASELINE,
    "restricted": pod_security.RULES,
}


def rules(pack: str | None, level: str | None) -> tuple[AnyRule, ...]:
    """The rules of ``pack``, or of all; ``level`` chooses among the Pod Security rules.

    ``level`` alone is these rules and no others. BadInputError for a pack that is not there.
    """
    if pack is not None and pack not in PACKS:
        raise BadInputError(f"there is no pack {pack!r}; the packs are {', '.join(PACKS)}")
    if level is None or pack is not None:
        found = PACKS[pack] if pack else every_rule()
    else:
        found = tuple(LEVELS[level])
    left_out = set(pod_security.RULES).difference(LEVELS[level]) if level else ()
    return tuple(rule for rule in found if rule not in left_out)
