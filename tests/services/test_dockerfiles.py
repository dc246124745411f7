"""Our own images, as their Dockerfiles say and, where Docker runs, as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.monitoring.exporters import OllamaExporter
from components.monitoring.exporters.ollama import OllamaExporterArgs
from components.types import IMAGE_PATTERN
from tests.services.dockerfile import IMAGES, ROOT, Instruction, instructions, only, stages

if TYPE_CHECKING:
    from components.spec import ServiceSpec

SPECS = {
    "faiss_server": Faiss.describe(FaissArgs(), Context()),
    "ollama_exporter": OllamaExporter.describe(OllamaExporterArgs(), Context()),
}
pytestmark = pytest.mark.parametrize("image", IMAGES)


def spec_of(image: str) -> ServiceSpec:
    return SPECS[image]


def final(image: str) -> list[Instruction]:
    return stages(image)[-1]


def test_there_are_two_stages_on_one_base_with_an_exact_tag(image: str) -> None:
    first = instructions(image)[0]
    base = first.rest.removeprefix("BASE=")

    assert first.name == "ARG"
    found = re.fullmatch(IMAGE_PATTERN, base)
    assert found
    assert found["tag"] not in (None, "latest")
    assert [stage[0].rest for stage in stages(image)] == ["${BASE} AS build", "${BASE}"]


def test_nothing_runs_in_the_stage_that_is_shipped(image: str) -> None:
    assert not [each for each in final(image) if each.name in ("RUN", "ADD", "ARG", "SHELL")]


def test_what_is_installed_is_pinned_by_hash_and_nothing_else_is(image: str) -> None:
    (install,) = (each.rest for each in instructions(image) if "pip install" in each.rest)
    assert {"--require-hashes", "--no-deps", "--no-cache-dir"} <= set(install.split())

    text = (ROOT / image / "requirements.txt").read_text().replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line.strip() and line[0] not in " #"]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+ ", entry)
        assert "--hash=sha256:" in entry
    assert "--index-url" not in text
    assert "://" not in text


def test_only_what_is_needed_reaches_the_build(image: str) -> None:
    ignored = (ROOT / image / ".dockerignore").read_text().split()

    assert ignored[0] == "*"
    assert {f"!{image}", "!requirements.txt"} <= set(ignored)
    copied = [each.rest.split()[0] for each in stages(image)[0] if each.name == "COPY"]
    assert set(copied) == {"requirements.txt", image}


def test_it_runs_as_the_user_that_its_spec_names(image: str) -> None:
    spec = spec_of(image)

    assert only("USER", final(image)).rest == f"{spec.user}:{spec.group}"
    assert spec.user > 0


def test_it_needs_no_shell(image: str) -> None:
    check = only("HEALTHCHECK", final(image)).rest.partition("CMD ")[2]

    assert Instruction("CMD", check).words[0] == "python3"
    assert only("ENTRYPOINT", final(image)).words == ["python3", "-m", image]


def test_it_listens_and_is_checked_where_its_spec_says(image: str) -> None:
    (port,) = spec_of(image).ports

    assert only("EXPOSE", final(image)).rest == str(port.number)
    assert f"http://127.0.0.1:{port.number}/health" in only("HEALTHCHECK", final(image)).rest


def test_it_says_what_it_is_and_under_which_licence(image: str) -> None:
    label = only("LABEL", final(image)).rest

    for name in ("title", "description", "licenses"):
        assert f"org.opencontainers.image.{name}=" in label


def test_nothing_in_it_is_a_secret(image: str) -> None:
    text = " ".join(each.rest for each in instructions(image) if each.name in ("ARG", "ENV"))

    assert not re.search(r"(?i)password|secret|token|key", text)
