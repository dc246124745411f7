"""What the FAISS spec promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.spec import ServiceSpec
from components.spec.health import HttpCheck
from components.spec.network import Edge
from components.types import size_in_bytes


def spec_of(args: FaissArgs | None = None) -> ServiceSpec:
    return Faiss.describe(args or FaissArgs(), Context())


def test_the_guides_variables_reach_the_server_with_the_guides_values() -> None:
    environment = spec_of().environment

    assert environment["FAISS_INDEX_TYPE"] == "IVF,PQ"
    assert environment["FAISS_CACHE_SIZE"] == "10GB"
    assert environment["FAISS_NUM_WORKERS"] == "8"


def test_there_is_one_writer_and_it_stops_before_the_next_one_starts() -> None:
    spec = spec_of()

    assert spec.environment["FAISS_ROLE"] == "writer"
    assert spec.one_writer
    assert spec.replicas == 1
    assert spec.recreate


def test_a_canary_follows_the_stable_track_and_may_reach_it() -> None:
    spec = Faiss.describe(FaissArgs(), Context(track="canary"))

    assert spec.environment["FAISS_ROLE"] == "follower"
    assert spec.environment["FAISS_WRITER_URL"] == "http://faiss-stable:5000"
    assert spec.talks_to == (Edge(service="faiss", port=5000),)
    assert spec_of().talks_to == ()


def test_what_the_server_is_told_of_its_limits() -> None:
    environment = spec_of(FaissArgs(fsync="200ms", max_body="16MB", queue_length=32)).environment

    assert environment["FAISS_FSYNC"] == "200ms"
    assert environment["FAISS_MAX_BODY"] == "16MB"
    assert environment["FAISS_QUEUE_LENGTH"] == "32"


@pytest.mark.parametrize("policy", ["never", "0ms", "1s", ""])
def test_an_fsync_policy_is_always_or_some_milliseconds(policy: str) -> None:
    with pytest.raises(ValidationError, match="fsync"):
        FaissArgs(fsync=policy)


def test_its_indexes_are_on_a_volume_at_the_place_that_it_is_told() -> None:
    spec = spec_of(FaissArgs(data_volume=250))

    assert [(volume.path, volume.size) for volume in spec.volumes] == [("/data", 250)]
    assert spec.environment["FAISS_DATA_DIR"] == "/data"


def test_unhealthy_takes_it_out_of_traffic_but_only_silence_restarts_it() -> None:
    health = spec_of().health

    assert health.ready == HttpCheck(port=5000, path="/ready", tool="python")
    assert health.live == HttpCheck(port=5000, path="/metrics", tool="python")


def test_it_has_longer_to_stop_than_the_thirty_seconds_that_it_gives_its_requests() -> None:
    assert spec_of().drain.seconds > 30


def test_warn_is_warning_in_python() -> None:
    spec = Faiss.describe(FaissArgs(), Context(log_level="warn"))

    assert spec.environment["LOG_LEVEL"] == "warning"


def test_a_cache_that_leaves_no_room_for_the_process_is_refused_by_name() -> None:
    with pytest.raises(ValidationError) as refusal:
        FaissArgs(cache_size="10GB", memory=9)

    message = str(refusal.value)
    assert "cache_size is 10GB (9.31 GiB)" in message
    assert "memory is 9 GiB" in message


@given(
    cache=st.integers(1, 2000).map(lambda n: f"{n}GB"),
    memory=st.floats(0.1, 2000, allow_nan=False),
)
def test_memory_always_exceeds_the_cache(cache: str, memory: float) -> None:
    try:
        args = FaissArgs(cache_size=cache, memory=memory)
    except ValidationError:
        assert size_in_bytes(cache) >= memory * 2**30
    else:
        assert size_in_bytes(args.cache_size) < args.memory * 2**30


@pytest.mark.parametrize("kind", ["", "IVF PQ", "$(id)", 'IVF"'])
def test_an_index_type_is_made_of_what_index_factory_strings_are_made_of(kind: str) -> None:
    with pytest.raises(ValidationError, match="index_type"):
        FaissArgs(index_type=kind)


@pytest.mark.parametrize("kind", ["Flat", "HNSW32", "OPQ16_64,IVF262144(IVF512,PQ32x4fs,RFlat)"])
def test_any_index_factory_string_is_a_type(kind: str) -> None:
    assert spec_of(FaissArgs(index_type=kind)).environment["FAISS_INDEX_TYPE"] == kind
