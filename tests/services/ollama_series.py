"""What tests say of a scrape of the Ollama exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.services.server_process import series

if TYPE_CHECKING:
    from tests.services.server_process import Series, ServerProcess

PACKAGE = "ollama_exporter"
SCRAPE_SECONDS = 10.0
"""What Prometheus waits: the five seconds that Ollama has, and some for a busy machine."""


def ollama_series(server: ServerProcess) -> dict[Series, float]:
    """One scrape: the series about Ollama, without those about the exporter."""
    return {
        key: value
        for key, value in server.metrics().items()
        if key[0].startswith("ollama_") and not key[0].startswith("ollama_exporter_")
    }


def down(address: str) -> dict[Series, float]:
    """All that is shown of an Ollama that is down."""
    return {series("ollama_up", instance_address=address): 0.0}
