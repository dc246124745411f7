"""The images that are built from this repository: ``researchflow/NAME`` from ``services/NAME``."""

from __future__ import annotations

PREFIX = "researchflow/"
"""Without a registry host, so no registry is ever asked for them under this name."""


def is_own(image: str) -> bool:
    """Whether ``image`` is one of ours and comes from no registry."""
    return image.startswith(PREFIX)


def source_folder(image: str) -> str:
    """Where below the project ``image`` is built.

    ``researchflow/faiss-server:0.1.0`` is built in ``services/faiss_server``.
    """
    name = image.removeprefix(PREFIX).partition("@")[0].partition(":")[0]
    return f"services/{name.replace('-', '_')}"
