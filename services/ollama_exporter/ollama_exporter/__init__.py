"""Prometheus metrics of Ollama servers, for ResearchFlow."""

__version__ = "0.1.0"
