"""A client of a cluster's API, which waits no longer than it should."""

from __future__ import annotations

from typing import Any

import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import load_kube_config_from_dict

TIMEOUT = 30.0
"""Seconds that one answer may take; the library's own default is to wait for ever."""


class NoCredentialsError(Exception):
    """The kubeconfig names a command for its credentials, and that gave none."""


class PromptClient(ApiClient):
    """Gives up what is not answered within ``TIMEOUT``, unless the caller has another one."""

    def call_api(self, *args: Any, **options: Any) -> Any:
        limit = options.get("_request_timeout") or TIMEOUT
        return super().call_api(*args, **{**options, "_request_timeout": limit})


def client(kubeconfig: str, context: str | None) -> ApiClient:
    """A client for ``context`` (or the current one) of a kubeconfig's text.

    NoCredentialsError, where the library would go on as nobody; and whatever it raises itself.
    """
    document = yaml.safe_load(kubeconfig)
    found = Configuration()
    load_kube_config_from_dict(  # type: ignore[no-untyped-call]
        document, context, client_configuration=found, persist_config=False
    )
    users = [entry.get("user") or {} for entry in document.get("users") or ()]
    if any("exec" in user for user in users) and not (found.api_key or found.cert_file):
        raise NoCredentialsError
    return PromptClient(found)


def why(error: Exception) -> str:
    """What a person can act on, of an error below HTTP: one line without addresses of objects."""
    reason = str(getattr(error, "reason", None) or error).partition("\n")[0]
    return reason.partition("): ")[2] or reason or type(error).__name__
