"""A store on the cluster itself: one ConfigMap a record."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from kubernetes.client import CoreV1Api, V1ConfigMap, V1ObjectMeta
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from components.platforms.kubernetes.client import why

from . import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubernetes.client import ApiClient

LOG = "researchflow.ai/log"
LOG_ID = "researchflow.ai/log-id"
PURPOSE = "researchflow.ai/purpose"
KEY = "record"
CONFLICT = 409


class ClusterStore:
    """Records as ConfigMaps of ``namespace``. A name is created once; the API server sees to it."""

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self._core = CoreV1Api(client)
        self._namespace = namespace

    def add(self, log: str, number: int, record: bytes) -> bool:
        name = f"rf-{_log_id(log)}-{number}"
        described = V1ObjectMeta(
            name=name,
            labels={PURPOSE: "rollout", LOG_ID: _log_id(log)},
            annotations={LOG: log},
        )
        body = V1ConfigMap(metadata=described, immutable=True, data={KEY: record.decode()})
        try:
            self._core.create_namespaced_config_map(self._namespace, body)
        except ApiException as error:
            if error.status == CONFLICT:
                return False
            raise self._failed("written", error.reason) from None
        except HTTPError as error:
            raise self._failed("written", why(error)) from None
        return True

    def read(self, log: str, after: int = 0) -> Sequence[bytes]:
        found = {
            int(name.rpartition("-")[2]): record
            for name, _, record in self._list(f"{LOG_ID}={_log_id(log)}")
        }
        records = []
        number = after + 1
        while number in found:
            records.append(found[number].encode())
            number += 1
        return records

    def logs(self, under: str) -> Sequence[str]:
        found = {log for _, log, _ in self._list(f"{PURPOSE}=rollout")}
        return sorted(log for log in found if log.startswith(f"{under}/"))

    def _list(self, selector: str) -> list[tuple[str, str, str]]:
        try:
            items = self._core.list_namespaced_config_map(
                self._namespace, label_selector=selector
            ).items
        except ApiException as error:
            raise self._failed("read", error.reason) from None
        except HTTPError as error:
            raise self._failed("read", why(error)) from None
        return [
            (item.metadata.name, item.metadata.annotations[LOG], item.data[KEY])
            for item in items
            if item.metadata and item.metadata.name and item.metadata.annotations and item.data
        ]

    def _failed(self, how: str, reason: object) -> StoreError:
        what = f"ConfigMaps of the namespace {self._namespace} cannot be {how}"
        return StoreError(f"{what}: {reason}")


def _log_id(log: str) -> str:
    return hashlib.sha256(log.encode()).hexdigest()[:16]
