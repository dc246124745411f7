"""HTTPS, and certificates that are renewed."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import trustme

from tests.services.faiss_client import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import RunServer, StartServer


def test_a_renewed_certificate_is_taken_over_without_a_restart(
    start_server: StartServer, tmp_path: Path
) -> None:
    authority = trustme.CA()
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"

    def issue(days: int) -> None:
        expires = datetime.now(UTC) + timedelta(days=days)
        leaf = authority.issue_cert("127.0.0.1", not_after=expires)
        for path, blob in (
            (certificate, leaf.cert_chain_pems[0]),
            (key, leaf.private_key_pem),
        ):
            blob.write_to_path(str(path.with_suffix(".new")))
            path.with_suffix(".new").replace(path)

    def served() -> bytes:
        trusted = ssl.create_default_context()
        authority.configure_trust(trusted)
        with (
            httpx.Client(verify=trusted, trust_env=False) as client,
            client.stream("GET", f"https://127.0.0.1:{process.port}/health") as answer,
        ):
            stream = answer.extensions["network_stream"].get_extra_info("ssl_object")
            found: bytes = stream.getpeercert(True)  # noqa: FBT003 - it takes no keyword
            return found

    issue(5)
    (tmp_path / "data").mkdir()
    process = start_server(
        "faiss_server",
        {
            "FAISS_DATA_DIR": str(tmp_path / "data"),
            "TLS_CERTIFICATE_FILE": str(certificate),
            "TLS_KEY_FILE": str(key),
        },
    )
    first = served()
    key.write_text("no key at all")
    time.sleep(2.5)
    assert served() == first

    issue(9)

    until(lambda: served() != first, "the renewed certificate")


def test_a_certificate_that_is_none_ends_the_process_with_one_line(
    run_server: RunServer, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("nothing")

    ended = run_server("faiss_server", {"TLS_CERTIFICATE_FILE": str(bad), "TLS_KEY_FILE": str(bad)})

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("faiss_server: the certificate and its key cannot be used")
