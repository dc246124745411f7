"""Whether a stack's cluster has the operators whose objects would be deployed to it.

The question is one of discovery, which an API server answers to whoever may log in
(``system:discovery``). The definitions themselves are not for everybody to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from kubernetes.client import CustomObjectsApi
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from components.platforms.kubernetes import certificates, scaling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kubernetes.client import ApiClient

    from components.spec import ServiceSpec


@dataclass(frozen=True, kw_only=True)
class Operator:
    """What acts on objects of ``kind`` of ``version``; ``needed``: whether a service has any.

    ``page`` says how a cluster gets it, and ``settings`` are what asks for it.
    """

    name: str
    version: str
    kind: str
    needed: Callable[[ServiceSpec], bool]
    page: str
    settings: str


OPERATORS = (
    Operator(
        name="KEDA",
        version=scaling.VERSION,
        kind=scaling.KIND,
        needed=lambda spec: spec.scaling is not None,
        page="docs/scaling.md",
        settings="scaling",
    ),
    Operator(
        name="cert-manager",
        version=certificates.VERSION,
        kind=certificates.KIND,
        needed=lambda spec: bool(spec.all_certificates),
        page="docs/DEPLOYMENT.md",
        settings="internal_tls and services.gateway.tls.issuer",
    ),
)


def needed(specs: Iterable[ServiceSpec]) -> Mapping[Operator, str]:
    """The operators that ``specs`` need, and the instances that do."""
    specs = tuple(specs)
    wanted = {each: [spec.instance for spec in specs if each.needed(spec)] for each in OPERATORS}
    return {operator: ", ".join(names) for operator, names in wanted.items() if names}


def lacking(client: ApiClient, specs: Iterable[ServiceSpec]) -> tuple[str, ...]:
    """Why the cluster cannot run ``specs``, or may not be able to, and what to do.

    A sentence for each operator that it lacks, or one where it does not say.
    """
    wanted = needed(specs)
    try:
        missing = [operator for operator in wanted if not _serves(client, operator)]
    except (ApiException, HTTPError) as error:
        names = " and ".join(operator.name for operator in wanted)
        return (f"whether the cluster has {names} is not known, {_why(error)}",)
    return tuple(
        f"{wanted[each]}: the cluster has no {each.name}, it does not serve {each.kind} of "
        f"{each.version}; install it ({each.page}), or remove {each.settings} from the stack file"
        for each in missing
    )


def _serves(client: ApiClient, operator: Operator) -> bool:
    group, _, version = operator.version.partition("/")
    try:
        found = CustomObjectsApi(client).get_api_resources(group, version)
    except ApiException as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise
    return any(each.kind == operator.kind for each in found.resources)


def _why(error: ApiException | HTTPError) -> str:
    if isinstance(error, ApiException):
        return f"its API answers {error.status} {error.reason}"
    return f"its API gives no answer ({type(error).__name__})"
