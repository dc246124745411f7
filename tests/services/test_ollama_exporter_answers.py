"""Answers that are not Ollama's: the exporter calls the server down, and lives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.ollama_series import PACKAGE, down, ollama_series
from tests.services.ollama_stand_in import (
    OllamaStandIn,
    models,
    on_disk,
)
from tests.services.server_process import series

if TYPE_CHECKING:
    from tests.services.conftest import StartServer


@pytest.mark.parametrize(
    ("ps", "reason"),
    [
        (b"", "/api/ps is not JSON"),
        (b"<html>Bad Gateway</html>", "/api/ps is not JSON"),
        (b'{"models": [', "/api/ps is not JSON"),
        (b'{"models": "\xff"}', "/api/ps is not JSON"),
        (b"[" * 200_000, "/api/ps is not JSON"),
        (b"[]", "/api/ps has no list of models"),
        (b'{"models": null}', "/api/ps has no list of models"),
        (b'{"models": ["phi4"]}', "/api/ps has no list of models"),
        (models({}), "/api/ps has a model without a usable name"),
        (models({"name": "a\nb"}), "/api/ps has a model without a usable name"),
        (b'{"models": [{"name": "\\ud800"}]}', "/api/ps has a model without a usable name"),
        (models({"name": "phi4", "size": -1}), "/api/ps has a size that is no number of bytes"),
        (models({"name": "phi4", "size": 1e9}), "/api/ps has a size that is no number of bytes"),
        (
            models({"name": "phi4", "size": 10**400}),
            "/api/ps has a size that is no number of bytes",
        ),
        (
            models({"name": "phi4", "size": 1, "size_vram": 1, "expires_at": "soon"}),
            "/api/ps has an expires_at that is no time",
        ),
        (
            models({"name": "phi4", "size": 1, "size_vram": 1, "expires_at": "2026-01-01T00:00"}),
            "/api/ps has an expires_at without a time zone",
        ),
    ],
)
def test_a_malformed_answer_counts_as_down_and_is_explained_in_the_log(
    start_server: StartServer, ps: bytes, reason: str
) -> None:
    with OllamaStandIn(tags=models(on_disk("phi4")), ps=ps) as ollama:
        server = start_server(PACKAGE, {"OLLAMA_URL": ollama.url})
        found = ollama_series(server)

    assert found == down(ollama.address)
    assert [e["reason"] for e in server.logs() if e["level"] == "warning"] == [reason]


@pytest.mark.parametrize("status", [204, 302, 404, 500, 503])
def test_any_status_but_200_counts_as_down(start_server: StartServer, status: int) -> None:
    with OllamaStandIn(status=status) as ollama:
        found = ollama_series(start_server(PACKAGE, {"OLLAMA_URL": ollama.url}))

    assert found == down(ollama.address)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)
almost_models = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["phi4", "llama3.2:3b"]) | st.text() | json_values,
        "size": st.integers(0, 2**63 - 1) | st.integers() | json_values,
        "size_vram": st.integers(0, 2**63 - 1) | json_values,
        "expires_at": st.datetimes().map(lambda time: f"{time.isoformat()}Z") | json_values,
    }
)


def test_whatever_ollama_answers_a_scrape_is_valid_and_says_up_or_down(
    start_server: StartServer,
) -> None:
    with OllamaStandIn(tags=models(on_disk("phi4"))) as ollama:
        server = start_server(PACKAGE, {"OLLAMA_URL": ollama.url})
        up = series("ollama_up", instance_address=ollama.address)

        @settings(max_examples=100, deadline=None)
        @given(st.fixed_dictionaries({"models": st.lists(almost_models)}) | json_values)
        def scrape_is_valid(answer: Any) -> None:
            ollama.ps = json.dumps(answer).encode()

            found = ollama_series(server)

            assert found[up] in (0.0, 1.0)
            assert len(found) == 1 or found[up] == 1.0

        scrape_is_valid()
