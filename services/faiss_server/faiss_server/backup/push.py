"""Tells the Pushgateway when something last went well; alerts watch how long ago that was."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

from .errors import BackupError

BACKUP = "faiss_backup_last_success_timestamp_seconds"
VERIFIED = "faiss_backup_last_verified_restore_timestamp_seconds"
TIMEOUT = 10
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def push(gateway: str, job: str, metric: str, seconds: float) -> None:
    """Put the Unix time ``seconds`` as the only metric of ``job``; nothing without a gateway."""
    if not gateway:
        return
    request = urllib.request.Request(  # noqa: S310 - the setting allows http and https only
        f"{gateway}/metrics/job/{job}",
        f"# TYPE {metric} gauge\n{metric} {seconds:.0f}\n".encode(),
        {"Content-Type": "text/plain; version=0.0.4"},
        method="PUT",
    )
    try:
        NO_PROXY.open(request, timeout=TIMEOUT).close()
    except urllib.error.HTTPError as error:
        raise BackupError(f"the Pushgateway at {gateway} answers {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        kind = type(error).__name__
        raise BackupError(f"the Pushgateway at {gateway} gives no answer ({kind})") from None
