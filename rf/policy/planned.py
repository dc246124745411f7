"""A plan as rules see it."""

from pathlib import Path
from typing import Any

from policies.framework.resource import Resource
from policies.framework.values import SECRET, UNKNOWN
from policies.packs import FOLDER

from ..plan import model
from .judge import Verdict, judge_stack

HIDDEN = {model.SECRET: SECRET, model.UNKNOWN: UNKNOWN}


def judge_plan(plan: model.Plan, folder: Path = FOLDER) -> Verdict:
    """What both packs, set as in ``folder``, say about everything that ``plan`` registers."""
    seen = [_seen(each, plan) for each in plan.resources if not each.read]
    return judge_stack(plan.stack, seen, folder)


def _seen(resource: model.Resource, plan: model.Plan) -> Resource:
    return Resource(
        type=resource.type,
        name=resource.name,
        properties={key: _value(value) for key, value in resource.inputs.items()},
        urn=resource.urn,
        stack=plan.stack,
        parent=resource.parent or None,
    )


def _value(value: model.Value) -> Any:
    if isinstance(value, dict):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item) for item in value]
    return HIDDEN[value] if isinstance(value, model.Opaque) else value
