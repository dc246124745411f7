"""The server's own certificate, and taking over a renewed one without a restart."""

from __future__ import annotations

import logging
import ssl
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WATCH_SECONDS = 2.0

log = logging.getLogger(__name__)


def context_for(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context whose later connections use what the files hold by then.

    Raises OSError (``ssl.SSLError`` is one) when the pair cannot be used now. A pair that cannot
    be used later is logged, and the last good one stays.
    """
    context = _loaded(certificate, key)
    threading.Thread(
        target=_watch, args=(context, certificate, key), name="certificate", daemon=True
    ).start()
    return context


def _loaded(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def _watch(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    seen = _stamp(certificate, key)
    pause = threading.Event()
    while not pause.wait(WATCH_SECONDS):
        stamp = _stamp(certificate, key)
        if stamp == seen:
            continue
        try:
            # A context that fails half-way would keep a certificate without its key: try elsewhere.
            _loaded(certificate, key)
            context.load_cert_chain(certificate, key)
        except OSError as error:
            log.warning("the certificate is kept", extra={"fields": {"reason": str(error)}})
        else:
            log.info("the certificate was renewed")
        seen = stamp


def _stamp(*paths: Path) -> list[tuple[int, int]] | None:
    """What changes when a file is written or its name is moved; None while one is missing."""
    try:
        found = [path.stat() for path in paths]
    except OSError:
        return None
    return [(status.st_ino, status.st_mtime_ns) for status in found]
