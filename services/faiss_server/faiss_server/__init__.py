"""Vector search over HTTP, for ResearchFlow."""

__version__ = "0.1.0"
