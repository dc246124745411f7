"""Whether a stack's cluster has KEDA, asked where something would be deployed that needs it.

The question is one of discovery, which an API server answers to whoever may log in
(``system:discovery``). The definition ``scaledobjects.keda.sh`` itself is not for everybody to see.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from kubernetes.client import CustomObjectsApi
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from components.platforms.kubernetes.scaling import KIND, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubernetes.client import ApiClient

    from components.spec import ServiceSpec


def scaled(specs: Iterable[ServiceSpec]) -> tuple[str, ...]:
    """The instances that KEDA is to scale."""
    return tuple(spec.instance for spec in specs if spec.scaling is not None)


def lacking(client: ApiClient, specs: Iterable[ServiceSpec]) -> str | None:
    """Why the cluster cannot scale ``specs``, and what to do; None where it can, or none is."""
    wanted = ", ".join(scaled(specs))
    if not wanted:
        return None
    try:
        if _serves_scaled_objects(client):
            return None
    except (ApiException, HTTPError) as error:
        return f"{wanted}: whether the cluster has KEDA is not known, {_why(error)}"
    return (
        f"{wanted}: the cluster has no KEDA, it does not serve {KIND} of {VERSION}; install it "
        "(docs/scaling.md), or remove scaling from the stack file"
    )


def _serves_scaled_objects(client: ApiClient) -> bool:
    group, _, version = VERSION.partition("/")
    try:
        found = CustomObjectsApi(client).get_api_resources(group, version)
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return any(each.kind == KIND for each in found.resources)


def _why(error: ApiException | HTTPError) -> str:
    if isinstance(error, ApiException):
        return f"its API answers {error.status} {error.reason}"
    return f"its API gives no answer ({type(error).__name__})"
