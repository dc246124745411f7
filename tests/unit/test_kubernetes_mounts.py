"""What pods mount, and the claims behind their volumes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.platforms.kubernetes.args import KubernetesArgs
from components.platforms.kubernetes.naming import fitted
from components.spec.mounts import File, HostMount, Scratch, SecretFile, Volume
from tests.unit.kubernetes_objects import (
    cluster,
    container,
    objects,
    only,
    pod,
    service,
)

DATA = Volume(name="data", path="/data", size=100)


def test_files_are_mounted_as_whole_directories_that_cannot_be_written() -> None:
    spec = service(
        files=(File(path="/etc/search/a.json", content="{}"),),
        secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),),
    )

    mounts = container(spec)["volumeMounts"]

    assert [mount["mountPath"] for mount in mounts] == ["/etc/search", "/run/secrets/search"]
    assert all(mount["readOnly"] and "subPath" not in mount for mount in mounts)


def test_a_secret_file_can_be_read_by_the_group_only() -> None:
    spec = service(secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),))

    (volume,) = pod(spec)["spec"]["volumes"]

    assert volume["secret"]["defaultMode"] == 0o440


def test_scratch_is_memory_with_a_ceiling() -> None:
    (volume,) = pod(service(scratch=(Scratch(path="/dev/shm", size=2),)))["spec"]["volumes"]

    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "2Gi"}


def test_every_mount_has_its_volume_and_every_volume_its_mount() -> None:
    spec = service(
        privileged_reason="all kinds at once",
        files=(File(path="/etc/search/a", content=""), File(path="/live/b", content="", live=True)),
        secret_files=(SecretFile(path="/run/secrets/search/key", template="${key}"),),
        volumes=(Volume(name="data", path="/data", size=1),),
        scratch=(Scratch(path="/tmp", size=1),),
        host_mounts=(HostMount(host="/proc", path="/host/proc"),),
    )

    volumes = [volume["name"] for volume in pod(spec)["spec"]["volumes"]]

    assert volumes == [mount["name"] for mount in container(spec)["volumeMounts"]]
    assert len(set(volumes)) == 6


def test_the_host_is_mounted_read_only() -> None:
    agent = service(
        privileged_reason="reads it", host_mounts=(HostMount(host="/proc", path="/host/proc"),)
    )

    (mount,) = container(agent)["volumeMounts"]

    assert mount["readOnly"] is True


@given(name=st.text("abc-", min_size=1, max_size=200).filter(lambda text: text[-1] != "-"))
def test_a_name_that_does_not_fit_a_label_is_cut_and_stays_unlike_others(name: str) -> None:
    assert len(fitted(name)) <= 63
    assert (fitted(name) == name) == (len(name) <= 63)
    assert len(name) <= 63 or fitted(name) != fitted(name + "x")


@pytest.mark.parametrize(
    ("shared", "mode", "storage_class"),
    [(False, "ReadWriteOnce", "fast"), (True, "ReadWriteMany", "nfs")],
)
def test_a_volume_is_a_claim_on_the_class_that_can_hold_it(
    *,
    shared: bool,
    mode: str,
    storage_class: str,
) -> None:
    on = cluster(args=KubernetesArgs(storage_class="fast", shared_storage_class="nfs"))

    claim = only("PersistentVolumeClaim", service(volumes=(replace(DATA, shared=shared),)), on=on)

    assert claim["spec"] == {
        "accessModes": [mode],
        "resources": {"requests": {"storage": "100Gi"}},
        "storageClassName": storage_class,
    }


def test_a_claim_on_the_default_class_names_none_and_is_not_awaited() -> None:
    claim = only("PersistentVolumeClaim", service(volumes=(DATA,)))

    assert "storageClassName" not in claim["spec"]
    assert claim["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_replicas_on_a_volume_that_one_node_mounts_are_refused() -> None:
    with pytest.raises(ValueError, match="has 2 replicas, but its volume data"):
        objects(service(replicas=2, volumes=(DATA,)))
