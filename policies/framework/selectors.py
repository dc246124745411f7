"""Label selectors, where some labels cannot be seen."""

from .kubernetes import pod
from .resource import Resource
from .values import Node


def means(chooser: Resource, selector: Node, workload: Resource) -> bool | None:
    """Whether ``selector`` of ``chooser`` selects the pods of ``workload``; None if unclear.

    Objects without a namespace are in the same one.
    """
    home, namespace = (each["metadata"]["namespace"] for each in (chooser, workload))
    if not (home.hidden or namespace.hidden) and (home.value or "") != (namespace.value or ""):
        return False
    selected = may_select(selector, pod(workload)["metadata"]["labels"])
    unclear = home.hidden or namespace.hidden
    return None if selected and unclear else selected


def may_select(selector: Node, labels: Node) -> bool | None:
    """Whether ``selector`` selects an object with ``labels``; None where it cannot be told.

    An empty selector selects everything.
    """
    if selector.hidden:
        return None
    if labels.hidden:
        return True if not selector.value else None
    verdicts = [
        *(_equals(wanted, labels[key]) for key, wanted in selector["matchLabels"].entries()),
        *(_meets(expression, labels) for expression in selector["matchExpressions"].items()),
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _equals(wanted: Node, label: Node) -> bool | None:
    if wanted.hidden or label.hidden:
        return None
    return bool(wanted.value == label.value)


def _meets(expression: Node, labels: Node) -> bool | None:
    key, operator = expression["key"].value, expression["operator"].value
    values = [item.value for item in expression["values"].items()]
    if not isinstance(key, str) or not isinstance(operator, str):
        return None
    label = labels[key]
    if label.hidden or any(item.hidden for item in expression["values"].items()):
        return None
    if operator == "Exists":
        return not label.absent
    if operator == "DoesNotExist":
        return label.absent
    return (label.value in values) == (operator == "In")
