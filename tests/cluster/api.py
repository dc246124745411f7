"""The API server, as far as the tests ask it.

Server-side apply is one PATCH and an eviction one POST: a client library would be more to learn
than it saves, and kubectl a process for each of thousands of questions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.platforms.kubernetes.files import PATCH_FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from components.platforms.kubernetes.manifest import Body

MANAGER = "cluster-tests"
CONFLICT, TOO_MANY_REQUESTS, NOT_FOUND = 409, 429, 404


class ApiError(Exception):
    """The server's own words; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Ref:
    """Where an object is. ``namespace`` is None for one of the whole cluster."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None

    @classmethod
    def of(cls, body: Body) -> Ref:
        """Where ``body`` is, or will be."""
        return cls(
            api_version=body["apiVersion"],
            kind=body["kind"],
            name=body["metadata"]["name"],
            namespace=body["metadata"].get("namespace"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace or '_cluster'}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server has after a request, and what it warned of."""

    body: Body
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Api:
    """An API server; ``client`` knows its address and who is asking."""

    client: httpx.Client
    _plurals: dict[str, dict[str, str]] = field(default_factory=dict)

    def apply(self, body: Body, *, dry_run: bool = False) -> Answer:
        """Server-side apply; nobody else's fields are taken over.

        In the name that ``body`` asks for, as the provider does it, or in this one's own.
        """
        manager = body["metadata"].get("annotations", {}).get(PATCH_FIELD_MANAGER, MANAGER)
        return self._ask(
            "PATCH",
            self._path(Ref.of(body)),
            body,
            {"fieldManager": manager, **_dry(dry_run=dry_run)},
            content_type="application/apply-patch+yaml",
        )

    def create(self, body: Body, *, dry_run: bool = False) -> Answer:
        """Create ``body``, which must not exist."""
        ref = Ref.of(body)
        path = self._collection(ref.api_version, ref.kind, ref.namespace)
        return self._ask("POST", path, body, _dry(dry_run=dry_run))

    def patch(self, ref: Ref, change: Body) -> Body:
        """JSON merge patch."""
        kind = "application/merge-patch+json"
        return self._ask("PATCH", self._path(ref), change, content_type=kind).body

    def get(self, ref: Ref) -> Body:
        """The object; ApiError 404 when there is none."""
        return self._ask("GET", self._path(ref)).body

    def exists(self, ref: Ref) -> bool:
        """Whether there is such an object."""
        try:
            self.get(ref)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    def list(self, api_version: str, kind: str, namespace: str | None = None) -> list[Body]:
        """All objects of ``kind``, in one namespace or in all, with the fields that lists omit."""
        found = self._ask("GET", self._collection(api_version, kind, namespace)).body["items"]
        return [{"apiVersion": api_version, "kind": kind, **each} for each in found]

    def delete(self, ref: Ref) -> None:
        """Ask for ``ref`` to go; what it owns goes with it."""
        self._ask("DELETE", self._path(ref), {"propagationPolicy": "Background"})

    def evict(self, pod: Body) -> bool:
        """What a drain does: whether the disruption budgets let ``pod`` go."""
        ref = Ref.of(pod)
        name = {"name": ref.name, "namespace": ref.namespace}
        request = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": name}
        try:
            self._ask("POST", f"{self._path(ref)}/eviction", request)
        except ApiError as error:
            if error.status == TOO_MANY_REQUESTS:
                return False
            raise
        return True

    def may(self, account: Ref, verb: str, resource: str, namespace: str = "") -> bool:
        """Whether a service account has a right to ``resource``, as ``pods`` or ``jobs.batch``.

        ``nodes/metrics`` is a part of it. Without a ``namespace``, in all of them.
        """
        name, _, group = resource.partition(".")
        name, _, part = name.partition("/")
        asked = {"verb": verb, "group": group, "resource": name, "subresource": part}
        asked |= {"namespace": namespace} if namespace else {}
        user = f"system:serviceaccount:{account.namespace}:{account.name}"
        groups = ["system:serviceaccounts", "system:authenticated"]
        spec = {"user": user, "groups": groups, "resourceAttributes": asked}
        version, kind = "authorization.k8s.io/v1", "SubjectAccessReview"
        review = {"apiVersion": version, "kind": kind, "spec": spec}
        answer = self._ask("POST", self._collection(version, kind, None), review)
        return bool(answer.body["status"]["allowed"])

    def _path(self, ref: Ref) -> str:
        return f"{self._collection(ref.api_version, ref.kind, ref.namespace)}/{ref.name}"

    def _collection(self, api_version: str, kind: str, namespace: str | None) -> str:
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if base not in self._plurals:
            served = self._ask("GET", base).body["resources"]
            self._plurals[base] = {
                each["kind"]: each["name"] for each in served if "/" not in each["name"]
            }
        plural = self._plurals[base][kind]
        return f"{base}/namespaces/{namespace}/{plural}" if namespace else f"{base}/{plural}"

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        parameters: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        answer = self.client.request(
            method,
            path,
            content=None if body is None else json.dumps(body),
            params=dict(parameters or {}),
            headers={"Content-Type": content_type},
        )
        content = answer.json()
        if answer.is_error:
            raise ApiError(answer.status_code, content.get("message", answer.text))
        return Answer(body=content, warnings=tuple(answer.headers.get_list("warning")))


def _dry(*, dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}
