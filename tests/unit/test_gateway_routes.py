"""Route files: weights, and what is refused."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.context import Context
from components.faiss import Faiss, FaissArgs
from components.gateway.routes import route_file, route_files
from components.ollama import Ollama, OllamaArgs
from components.spec import ServiceSpec
from components.triton import Triton, TritonArgs

STABLE = Ollama.describe(OllamaArgs(), Context())
CANARY = Ollama.describe(OllamaArgs(), Context(track="canary"))
BOTH = (STABLE, CANARY)
TRITON = Triton.describe(TritonArgs(), Context())


def parsed(text: str) -> Any:
    return yaml.safe_load(text)


def routes(text: str) -> Any:
    (resource,) = parsed(text)["resources"]
    (host,) = resource["virtual_hosts"]
    return host["routes"]


def shares(text: str) -> dict[str, int]:
    """Weight by cluster."""
    clusters = routes(text)[-1]["route"]["weighted_clusters"]["clusters"]
    return {cluster["name"]: cluster["weight"] for cluster in clusters}


def test_a_weight_is_the_share_of_its_version() -> None:
    text = route_file(BOTH, {"stable": 90, "canary": 10})

    assert shares(text) == {"ollama_stable": 90, "ollama_canary": 10}


def test_a_track_without_a_weight_gets_nobody() -> None:
    assert shares(route_file(BOTH, {"canary": 100})) == {"ollama_stable": 0, "ollama_canary": 100}


def test_a_service_without_a_canary_may_say_that_it_gets_nobody() -> None:
    assert shares(route_file((STABLE,), {"stable": 100, "canary": 0})) == {"ollama_stable": 100}


@given(canary=st.integers(0, 100))
def test_any_whole_percentage_is_taken_as_it_is(canary: int) -> None:
    text = route_file(BOTH, {"stable": 100 - canary, "canary": canary})

    assert shares(text) == {"ollama_stable": 100 - canary, "ollama_canary": canary}


@pytest.mark.parametrize(
    ("tracks", "weights", "message"),
    [
        (BOTH, {"stable": 90, "canary": 20}, "stable 90, canary 20 add up to 110; .* 100"),
        (BOTH, {"stable": 99}, "stable 99 add up to 99; they must add up to 100"),
        (BOTH, {}, "add up to 0"),
        (BOTH, {"stable": 90, "green": 10}, "unknown track 'green'; tracks are stable, canary"),
        (BOTH, {"stable": 90.0, "canary": 10.0}, "stable is 90.0; it must be a whole number"),
        (BOTH, {"stable": 110, "canary": -10}, "canary is -10; it must be a whole number"),
        (BOTH, {"stable": 99, "canary": True}, "canary is True; it must be a whole number"),
        ((STABLE,), {"stable": 90, "canary": 10}, "canary is 10, but there is no such version"),
    ],
)
def test_weights_that_make_no_sense_are_refused_with_the_key_and_what_to_do(
    tracks: tuple[ServiceSpec, ...], weights: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=rf"^rollout\.services\.ollama\.weights.*{message}"):
        route_file(tracks, weights)


@pytest.mark.parametrize("tracks", [(CANARY,), (CANARY, STABLE), (STABLE, STABLE)])
def test_versions_are_stable_and_then_perhaps_a_canary(tracks: tuple[ServiceSpec, ...]) -> None:
    with pytest.raises(ValueError, match=r"^services\.ollama: it has the tracks .* stable and"):
        route_files(tracks, {})


def test_every_service_has_a_file_of_its_own_for_all_its_versions() -> None:
    files = route_files((*BOTH, TRITON), {"ollama": {"stable": 50, "canary": 50}})

    assert {path: shares(text) for path, text in files.items()} == {
        "/etc/envoy/routes/ollama.yaml": {"ollama_stable": 50, "ollama_canary": 50},
        "/etc/envoy/routes/triton.yaml": {"triton_stable": 100},
    }


def test_the_version_changes_with_the_routes_and_with_nothing_else() -> None:
    texts = [route_file(BOTH, {"stable": 90, "canary": 10}) for _ in range(2)]
    other = route_file(BOTH, {"stable": 89, "canary": 11})

    assert texts[0] == texts[1]
    assert parsed(texts[0])["version_info"] != parsed(other)["version_info"]


def test_a_stamp_says_which_step_of_which_rollout_wrote_the_file() -> None:
    plain = parsed(route_file(BOTH, {"stable": 100}))
    stamped = parsed(route_file(BOTH, {"stable": 100}, stamp="r7-step2"))

    assert stamped["version_info"] == f"r7-step2-{plain['version_info']}"
    assert stamped["resources"] == plain["resources"]


def test_the_header_decides_who_the_user_is_and_the_cookie_where_it_is_missing() -> None:
    route = routes(route_file(BOTH, {"stable": 100}))[-1]["route"]

    assert route["weighted_clusters"]["use_hash_policy"] is True
    assert route["hash_policy"] == [
        {"header": {"header_name": "x-researchflow-user"}, "terminal": True},
        {"cookie": {"name": "researchflow-user"}},
    ]


def test_only_what_has_not_been_sent_is_tried_again() -> None:
    policy = routes(route_file(BOTH, {"stable": 100}))[-1]["route"]["retry_policy"]

    assert set(policy["retry_on"].split(",")) == {"connect-failure", "refused-stream"}


def test_what_is_refused_comes_before_everything_else() -> None:
    *refused, last = routes(route_file((TRITON,), {"stable": 100}))

    assert refused
    assert all(route["direct_response"]["status"] == 403 for route in refused)
    assert last["match"] == {"prefix": "/"}


def test_of_a_service_with_one_writer_changes_go_to_stable_whatever_the_weights_are() -> None:
    both = tuple(
        Faiss.describe(FaissArgs(), Context(track=track)) for track in ("stable", "canary")
    )

    found = routes(route_file(both, {"canary": 100}))

    writes = [route["route"] for route in found if "headers" in route["match"]]
    assert writes
    assert all(
        route["weighted_clusters"]["clusters"] == [{"name": "faiss_stable", "weight": 100}]
        for route in writes
    )
    assert shares(route_file(both, {"canary": 100})) == {"faiss_stable": 0, "faiss_canary": 100}
