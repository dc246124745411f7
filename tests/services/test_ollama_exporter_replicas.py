"""Several Ollama servers behind one name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.services.faults import replace_resolver
from tests.services.ollama_series import PACKAGE, SCRAPE_SECONDS, down, ollama_series
from tests.services.ollama_stand_in import (
    OllamaStandIn,
    models,
    on_disk,
)
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import StartServer


def test_every_address_of_the_name_is_asked(start_server: StartServer, tmp_path: Path) -> None:
    replace_resolver(
        tmp_path,
        "return [answer(socket.AF_INET, f'127.0.0.{last}', port) for last in (4, 2, 3, 2)]",
    )

    with (
        OllamaStandIn(host="127.0.0.2", tags=models(on_disk("phi4"))) as first,
        OllamaStandIn(host="127.0.0.3", port=first.port) as second,
    ):
        server = start_server(
            PACKAGE, {"OLLAMA_URL": f"http://ollama.test:{first.port}"}, shims=tmp_path
        )
        found = ollama_series(server)

    assert found == {
        series("ollama_up", instance_address=first.address): 1.0,
        series("ollama_models_available", instance_address=first.address): 1.0,
        series("ollama_model_loaded", instance_address=first.address, model="phi4"): 0.0,
        series("ollama_up", instance_address=second.address): 1.0,
        series("ollama_models_available", instance_address=second.address): 0.0,
        **down(f"127.0.0.4:{first.port}"),
    }


def test_servers_with_tls_are_known_by_the_name_not_by_their_address(
    start_server: StartServer, tmp_path: Path
) -> None:
    authority = trustme.CA()
    trusted = tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(str(trusted))
    replace_resolver(tmp_path, "return [answer(socket.AF_INET, '127.0.0.1', port)]")

    def up(name: str) -> float:
        with OllamaStandIn(tls=authority.issue_cert(name)) as ollama:
            where = {"OLLAMA_URL": f"https://ollama.test:{ollama.port}"}
            server = start_server(PACKAGE, where | {"SSL_CERT_FILE": str(trusted)}, shims=tmp_path)
            return ollama_series(server)[series("ollama_up", instance_address=ollama.address)]

    assert (up("ollama.test"), up("redis.test")) == (1.0, 0.0)


def test_a_replica_with_addresses_of_both_families_counts_once(
    start_server: StartServer, tmp_path: Path
) -> None:
    replace_resolver(
        tmp_path,
        "return [answer(socket.AF_INET6, '::1', port, 0, 0),"
        " answer(socket.AF_INET, '127.0.0.1', port)]",
    )

    with OllamaStandIn() as ollama:
        server = start_server(
            PACKAGE, {"OLLAMA_URL": f"http://ollama.test:{ollama.port}"}, shims=tmp_path
        )
        found = ollama_series(server)

    assert {key for key in found if key[0] == "ollama_up"} == {
        series("ollama_up", instance_address=ollama.address)
    }


@pytest.mark.parametrize(
    "resolver", ["raise socket.gaierror(-2, 'Name or service not known')", "time.sleep(15)"]
)
def test_a_name_that_does_not_resolve_is_one_server_that_is_down(
    start_server: StartServer, tmp_path: Path, resolver: str
) -> None:
    replace_resolver(tmp_path, resolver)
    server = start_server(PACKAGE, {"OLLAMA_URL": "http://ollama.test:11434"}, shims=tmp_path)

    started = time.monotonic()
    found = ollama_series(server)

    assert found == down("ollama.test:11434")
    assert time.monotonic() - started < SCRAPE_SECONDS
