"""What the FAISS server accepts as settings, and how it refuses the rest."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from services.faiss_server.faiss_server.environment import SettingError
from services.faiss_server.faiss_server.settings import read
from tests.services.server_process import series

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import RunServer, StartServer

PACKAGE = "faiss_server"


@pytest.mark.parametrize(
    "index_type",
    ["IVF,PQ", "IVF,Flat", "Flat", "HNSW32", "IVF65536_HNSW32,PQ64", "OPQ16_64,IVF256,PQ16", "PQ7"],
)
def test_an_index_type_that_faiss_can_build_is_accepted(
    start_server: StartServer, tmp_path: Path, index_type: str
) -> None:
    server = start_server(
        PACKAGE, {"FAISS_DATA_DIR": str(tmp_path), "FAISS_INDEX_TYPE": index_type}
    )

    config = series("faiss_config_info", index_type=index_type, role="writer")
    assert server.metrics()[config] == 1.0


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("banana", "write IVF,PQ or a faiss index_factory string"),
        ("", "write IVF,PQ"),
        ("IVF, PQ", "write IVF,PQ"),
        ("IVF0,Flat", "write IVF,PQ"),
        ("IVF1000000000,Flat", "write IVF,PQ"),
        ("Flat\nFlat", "write IVF,PQ"),
        ("Flät", "write IVF,PQ"),
        ("\udcff", "write IVF,PQ"),  # a byte that is not UTF-8
        ("x" * 5000, "write IVF,PQ"),
    ],
)
def test_an_index_type_that_faiss_cannot_build_ends_the_process_with_one_line(
    run_server: RunServer, value: str, remedy: str
) -> None:
    ended = run_server(PACKAGE, {"FAISS_INDEX_TYPE": value})

    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("faiss_server: FAISS_INDEX_TYPE is '")
    assert remedy in line
    assert len(line) < 250


def test_a_setting_that_cannot_be_used_ends_the_process_with_one_line(
    run_server: RunServer,
) -> None:
    ended = run_server(PACKAGE, {"FAISS_ROLE": "reader"})

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "faiss_server: FAISS_ROLE is 'reader': choose writer or follower\n"


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("FAISS_CACHE_SIZE", "10", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "10GiB", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "0GB", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "1.5GB", "write a whole number and MB, GB or TB"),
        ("FAISS_CACHE_SIZE", "-1GB", "write a whole number and MB, GB or TB"),
        ("FAISS_NUM_WORKERS", "0", "write a whole number from 1 to 1024"),
        ("FAISS_NUM_WORKERS", "1025", "write a whole number from 1 to 1024"),
        ("FAISS_NUM_WORKERS", "eight", "write a whole number from 1 to 1024"),
        ("FAISS_NUM_WORKERS", "1_0", "write a whole number from 1 to 1024"),
        ("FAISS_FSYNC", "never", "write always, or a whole number of milliseconds"),
        ("FAISS_FSYNC", "0ms", "write always, or a whole number of milliseconds"),
        ("FAISS_MAX_BODY", "32", "write a whole number and MB, GB or TB"),
        ("FAISS_QUEUE_LENGTH", "0", "write a whole number from 1 to 1024"),
        ("FAISS_MAX_LAG_SECONDS", "-1", "write a whole number from 1 to 1024"),
        ("FAISS_WRITER_URL", "faiss-stable:5000", "write http://HOST:PORT"),
        ("FAISS_WRITER_URL", "file:///etc/passwd", "write http://HOST:PORT"),
        ("FAISS_ROLE", "reader", "choose writer or follower"),
        ("FAISS_ROLE", "", "choose writer or follower"),
        ("FAISS_DATA_DIR", "data", "write an absolute path"),
        ("LOG_LEVEL", "loud", "choose debug, info, warning or error"),
        ("LISTEN_ADDRESS", "5000", "write ADDRESS:PORT"),
        ("LISTEN_ADDRESS", "127.0.0.1:65536", "write ADDRESS:PORT"),
        ("LISTEN_ADDRESS", "localhost:5000", "write ADDRESS:PORT"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(
    name: str, value: str, remedy: str
) -> None:
    with pytest.raises(SettingError) as refusal:
        read({name: value})

    assert str(refusal.value).startswith(f"{name} is '")
    assert remedy in str(refusal.value)


def test_a_key_without_its_certificate_is_refused() -> None:
    with pytest.raises(SettingError, match="TLS_CERTIFICATE_FILE is '': write the path"):
        read({"TLS_KEY_FILE": "/nowhere/tls.key"})


def test_a_port_that_is_taken_ends_the_process_with_one_line(run_server: RunServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = run_server(PACKAGE, {"LISTEN_ADDRESS": f"127.0.0.1:{other.getsockname()[1]}"})

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("faiss_server: cannot listen: Address already in use")


def test_a_faiss_that_cannot_be_loaded_ends_the_process_with_one_line(
    run_server: RunServer, tmp_path: Path
) -> None:
    (tmp_path / "faiss.py").write_text("raise ImportError('libgomp.so.1: not found\\nat all')\n")

    ended = run_server(PACKAGE, shims=tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "faiss_server: a library cannot be loaded: libgomp.so.1: not found at all"
    ]
