"""The harness of the cluster tier, as far as it needs no control plane."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.control_plane import commands, credentials
from tests.cluster.control_plane.binaries import (
    CLUSTER,
    MissingProgramsError,
    binaries,
    cached,
    unbuilt,
)
from tests.cluster.control_plane.build import linker_flags
from tests.cluster.control_plane.processes import free_ports, kill, start
from tests.cluster.waiting import NeverError, lowest_until_nothing, unready, until_nothing

APISERVER, KWOK = CLUSTER.built[0], CLUSTER.built[-1]
STARTER = """
import sys, time
from pathlib import Path
from tests.cluster.control_plane.processes import start

pid = start("sleep", ["sleep", "600"], Path(sys.argv[1])).process.pid
while Path(f"/proc/{pid}/comm").read_text() != "sleep\\n":
    time.sleep(0.01)
print(pid, flush=True)
time.sleep(600)
"""
needs_setpriv = pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="no setpriv on PATH (Debian: util-linux)"
)


def programs(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch(mode=0o755)


def state(pid: int) -> str:
    """The letter that Linux has for the state of a process; Z also where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


@needs_setpriv
def test_a_server_dies_with_whoever_started_it_even_by_sigkill(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert state(pid) != "Z"

    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()

    until_nothing(lambda: [] if state(pid) == "Z" else [f"{pid} runs"], seconds=5)


@needs_setpriv
def test_a_server_that_ended_is_told_with_its_last_words(tmp_path: Path) -> None:
    server = start("speaker", ["sh", "-c", "echo no such flag >&2; exit 3"], tmp_path)
    server.process.wait()

    assert server.ended == "speaker ended with status 3:\nno such flag"
    kill([server])


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(20))) == 20


def test_a_folder_named_by_the_environment_holds_all_that_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path / "bin", [program.name for program in CLUSTER.built])
    monkeypatch.setenv("RF_CLUSTER_BIN", str(tmp_path / "bin"))

    assert unbuilt() == ()


def test_the_cache_keeps_versions_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RF_CLUSTER_BIN", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    folder = tmp_path / "researchflow-ai" / f"kubernetes-{APISERVER.version}"
    assert cached(APISERVER) == folder / "kube-apiserver"
    assert cached(KWOK).parent.name == f"kwok-{KWOK.version}"


def test_what_is_missing_is_told_in_one_line_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path / "bin", ["openssl", "setpriv", "kwok"])
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("RF_CLUSTER_BIN", str(tmp_path / "none"))

    with pytest.raises(MissingProgramsError) as error:
        binaries()

    (line,) = str(error.value).splitlines()
    assert "etcd not on PATH (Debian: etcd-server)" in line
    assert "kube-apiserver, kube-controller-manager, kube-scheduler neither in" in line
    assert "make test-cluster" in line
    assert "needs Go" in line
    assert "kwok" not in line


def test_programs_on_the_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [*CLUSTER.system, *(program.name for program in CLUSTER.built)]
    programs(tmp_path / "bin", names)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("RF_CLUSTER_BIN", str(tmp_path / "none"))

    assert binaries() == {name: tmp_path / "bin" / name for name in names}


def test_kubernetes_answers_with_the_version_it_is_built_from() -> None:
    assert f"-X k8s.io/component-base/version.gitVersion={APISERVER.version}" in linker_flags(
        APISERVER
    )
    assert linker_flags(KWOK) == "-s -w"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on PATH (Debian: openssl)")
def test_tokens_are_in_private_files_and_in_no_command_line(tmp_path: Path) -> None:
    own = credentials.create(tmp_path / "credentials", "127.0.0.1")
    names = [*CLUSTER.system, *(program.name for program in CLUSTER.built)]
    found = {name: Path(name) for name in names}
    config = own.kubeconfig("kwok", "https://127.0.0.1:1", own.authority)
    lines = [
        commands.etcd(found, tmp_path, 1, 2),
        commands.apiserver(found, own, ("127.0.0.1", 3), 1),
        commands.controller_manager(found, config, own),
        commands.scheduler(found, config),
        commands.kwok(found, config),
    ]

    text = " ".join(word for line in lines for word in line)
    assert [user for user, token in own.tokens.items() if token in text] == []
    assert {path.stat().st_mode & 0o077 for path in own.folder.iterdir()} == {0}


def test_waiting_ends_when_no_problem_is_left() -> None:
    problems = iter([["one", "two"], ["two"], []])
    copies = iter([{"web": 2}, {"web": 1}, {"web": 2}, {"web": 2}])

    assert lowest_until_nothing(lambda: next(copies), lambda: next(problems)) == {"web": 1}


def test_waiting_in_vain_tells_what_for() -> None:
    with pytest.raises(NeverError, match="redis is not ready"):
        until_nothing(lambda: ["redis is not ready"], seconds=0)


COUNTS = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}


def deployment(generation: int = 1, **status: int) -> dict[str, object]:
    return {
        "kind": "Deployment",
        "metadata": {"generation": generation},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 1, **COUNTS, **status},
    }


def test_a_deployment_is_ready_when_all_its_copies_are_new_and_available() -> None:
    assert unready(deployment()) is None


@pytest.mark.parametrize(
    "status", [{"replicas": 3}, {"updatedReplicas": 1}, {"readyReplicas": 0}, {"generation": 2}]
)
def test_a_deployment_on_its_way_is_not_ready(status: dict[str, int]) -> None:
    assert unready(deployment(**status)) is not None


def test_a_job_is_ready_when_it_is_complete() -> None:
    complete = [{"type": "Complete", "status": "True"}]
    assert unready({"kind": "Job", "status": {"conditions": complete}}) is None
    failed = [{"type": "Failed", "status": "True"}]
    assert unready({"kind": "Job", "status": {"conditions": failed}}) is not None
    assert unready({"kind": "Job"}) is not None


def test_a_claim_is_ready_when_it_is_bound() -> None:
    claim = {"kind": "PersistentVolumeClaim", "status": {"phase": "Bound"}}
    assert unready(claim) is None
    assert unready({**claim, "status": {"phase": "Pending"}}) == "it is Pending"
