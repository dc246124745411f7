"""Files on Kubernetes: one object a directory, and which change rolls the pods."""

from hypothesis import assume, given
from hypothesis import strategies as st

from components.platforms.kubernetes.files import CONFIG_HASH
from components.spec import ServiceSpec
from components.spec.mounts import File, SecretFile
from tests.unit.kubernetes_objects import kinds, objects, only, pod, service

TEXT = st.text(max_size=20)
CONFIG = "/etc/search/search.conf"
LIVE = "/etc/search/routes/routes.yaml"


def with_files(config: str = "", live: str = "") -> ServiceSpec:
    return service(
        files=(File(path=CONFIG, content=config), File(path=LIVE, content=live, live=True))
    )


def config_hash(spec: ServiceSpec) -> str:
    annotation: str = pod(spec)["metadata"]["annotations"][CONFIG_HASH]
    return annotation


def test_a_directory_is_one_config_map() -> None:
    spec = service(
        files=(
            File(path="/etc/search/a.conf", content="a"),
            File(path="/etc/search/b.conf", content="b"),
        )
    )

    assert only("ConfigMap", spec)["data"] == {"a.conf": "a", "b.conf": "b"}


def test_a_live_directory_has_a_config_map_of_its_own() -> None:
    found = objects(with_files(config="a", live="b"))

    assert found["ConfigMap", "search-stable-etc-search"].body["data"] == {"search.conf": "a"}
    assert found["ConfigMap", "search-stable-etc-search-routes"].body["data"] == {
        "routes.yaml": "b"
    }


def test_whoever_writes_a_live_file_does_it_under_one_name() -> None:
    """Another field manager's change would be a conflict for the next deployment."""
    found = objects(with_files(config="a", live="b"))

    annotations = {
        name: manifest.body["metadata"].get("annotations")
        for (kind, name), manifest in found.items()
        if kind == "ConfigMap"
    }
    assert annotations == {
        "search-stable-etc-search": None,
        "search-stable-etc-search-routes": {"pulumi.com/patchFieldManager": "rf-weights"},
    }


@given(before=TEXT, after=TEXT)
def test_the_pods_roll_exactly_when_a_configuration_file_changes(before: str, after: str) -> None:
    changed = config_hash(with_files(config=before)) != config_hash(with_files(config=after))

    assert changed == (before != after)


@given(before=TEXT, after=TEXT)
def test_the_pods_never_roll_when_a_live_file_changes(before: str, after: str) -> None:
    assume(before != after)

    assert pod(with_files(live=before)) == pod(with_files(live=after))


def test_a_renamed_configuration_file_rolls_the_pods() -> None:
    hashes = {
        config_hash(service(files=(File(path=path, content=""),)))
        for path in ("/etc/a/x", "/etc/a/y", "/etc/b/x")
    }

    assert len(hashes) == 3


def test_a_service_without_configuration_has_no_hash() -> None:
    live = service(files=(File(path=LIVE, content="", live=True),))

    assert "annotations" not in pod(live)["metadata"]


def test_secrets_are_templates_until_they_are_registered() -> None:
    spec = service(
        secret_files=(
            SecretFile(path="/run/secrets/search/key", template="${key}"),
            SecretFile(path="/run/secrets/search/hash", template="#${key|sha256}"),
        )
    )

    manifest = objects(spec)["Secret", "search-stable-run-secrets-search"]

    assert manifest.templates == {"key": "${key}", "hash": "#${key|sha256}"}
    assert not {"data", "stringData"} & manifest.body.keys()
    assert "ConfigMap" not in kinds(spec)


def test_a_workload_is_told_of_all_its_secrets_so_that_a_changed_one_rolls_it() -> None:
    spec = service(
        secret_files=(
            SecretFile(path="/run/secrets/a/key", template="${key}"),
            SecretFile(path="/run/secrets/b/other", template="${other}"),
        )
    )

    assert objects(spec)["Deployment", "search-stable"].templates == {
        "/run/secrets/a/key": "${key}",
        "/run/secrets/b/other": "${other}",
    }


def test_a_secret_that_the_server_watches_rolls_nothing() -> None:
    spec = service(
        secret_files=(
            SecretFile(path="/run/secrets/tls/tls.key", template="${key}", watched=True),
            SecretFile(path="/run/secrets/b/other", template="${other}"),
        )
    )

    found = objects(spec)
    assert found["Deployment", "search-stable"].templates == {"/run/secrets/b/other": "${other}"}
    assert found["Secret", "search-stable-run-secrets-tls"].templates == {"tls.key": "${key}"}
