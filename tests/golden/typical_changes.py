"""Typical changes of a stack file, each with the settings that it sets (None takes a key out)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Tree = Mapping[str, Any]
CANARY_IMAGE = "nvcr.io/nvidia/tritonserver:26.08-py3"
SECOND_TRITON: Tree = {"canary": {"image": CANARY_IMAGE}}


@dataclass(frozen=True, kw_only=True)
class Typical:
    """One change: what is set at once, and what had been set before it."""

    after: Mapping[str, Tree]
    """By stack: what the pull request sets."""
    before: Mapping[str, Tree] = field(default_factory=dict)


def _weights(canary: int) -> Tree:
    weights = {"stable": 100 - canary, "canary": canary}
    return {"rollout": {"services": {"triton": {**SECOND_TRITON, "weights": weights}}}}


CHANGES: Mapping[str, Typical] = {
    "nothing": Typical(after={"staging": {}, "production": {}}),
    "a-feature-for-more-users": Typical(
        after={"production": {"features": {"vector_search": 25}}},
    ),
    "a-feature-taken-back": Typical(
        before={"production": {"features": {"vector_search": 50}}},
        after={"production": {"features": {"vector_search": 10}}},
    ),
    "a-canary-for-a-tenth": Typical(after={"staging": _weights(10)}),
    "a-canary-that-grows": Typical(
        before={"staging": _weights(10)}, after={"staging": _weights(50)}
    ),
    "a-canary-that-is-promoted": Typical(
        before={"staging": _weights(100)},
        after={"staging": {"services": {"triton": {"image": CANARY_IMAGE}}, "rollout": None}},
    ),
    "more-replicas": Typical(
        after={"production": {"services": {"ollama": {"replicas": 3}}, "gpu": {"gpus": 7}}}
    ),
    "more-requests-at-once": Typical(
        after={
            "local": {"services": {"ollama": {"num_parallel": 8}}},
            "staging": {"services": {"ollama": {"num_parallel": 8}}},
        }
    ),
    "longer-metrics": Typical(
        after={
            "staging": {"services": {"prometheus": {"retention": "60d"}}},
            "production": {"services": {"prometheus": {"retention": "60d"}}},
        }
    ),
    "told-by-slack": Typical(
        after={"production": {"services": {"alertmanager": {"slack": {"least": "warning"}}}}}
    ),
    "a-budget-that-is-too-small": Typical(after={"production": {"cost": {"budget": 1000}}}),
    "a-smaller-volume": Typical(after={"staging": {"services": {"faiss": {"data_volume": 50}}}}),
    "another-namespace": Typical(after={"production": {"target": {"namespace": "research"}}}),
    "another-prefix": Typical(after={"local": {"target": {"prefix": "research"}}}),
}


def merged(tree: Tree, changed: Tree) -> dict[str, Any]:
    """``tree`` with ``changed`` in it."""
    found = {key: value for key, value in tree.items() if key not in changed}
    for key, value in changed.items():
        inner = tree.get(key)
        if isinstance(value, Mapping):
            found[key] = merged(inner if isinstance(inner, Mapping) else {}, value)
        elif value is not None:
            found[key] = value
    return found
