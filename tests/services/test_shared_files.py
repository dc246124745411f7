"""What both services hold a copy of is the same in both."""

from __future__ import annotations

import pytest

from tests.services.server_process import SERVICES


@pytest.mark.parametrize("name", ["environment.py", "logs.py", "serving.py"])
def test_both_services_hold_the_same_copy(name: str) -> None:
    copies = [
        (SERVICES / package / package / name).read_text()
        for package in ("faiss_server", "ollama_exporter")
    ]

    assert copies[0] == copies[1]
