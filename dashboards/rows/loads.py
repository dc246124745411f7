"""How often Ollama's models come into memory."""

from __future__ import annotations

from dashboards.promql import scraped

LOADED = scraped("ollama_model_loaded")


def loads(window: str) -> str:
    """How often each model on each server was loaded within ``window``.

    A gauge of 0 and 1 that ends as it began has risen as often as it has fallen.
    """
    return f"(changes({LOADED}[{window}]) + {LOADED} - ({LOADED} offset {window})) / 2"


LOADS = f"sum by (model) ({loads('1h')})"
