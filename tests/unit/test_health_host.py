"""``rf health --host``: a machine against the guide's "System Requirements"."""

import json
from dataclasses import replace

import pytest

from components.capacity import CapacityArgs
from components.context import GpuArgs
from rf.cli import run
from rf.exit_codes import ExitCode
from rf.health import measure
from rf.health.host import GIGABYTE, Engine, Facts, Gpu, Minimum, judged
from rf.health.measure import MEBIBYTE, parse_gpus
from rf.health.rows import Verdict, healthy

GPU = Gpu(name="NVIDIA RTX 3070", memory=8192 * MEBIBYTE, driver="580.65.06")
ENGINE = Engine(version="28.2.2", nvidia_runtime=True, root="/var/lib/docker")
MACHINE = Facts(
    cpus=8,
    memory=33_500_000_000,  # what Linux says of 32 GiB
    disk=491_000_000_000,  # ext4 on a disk of 500 GB
    disk_path="/var/lib/docker",
    gpus=(GPU,),
    engine=ENGINE,
)


def failed(facts: Facts, minimum: Minimum | None = None) -> list[str]:
    """What ``facts`` lack."""
    rows = judged(facts, minimum or Minimum())
    return [row.subject for row in rows if row.verdict is Verdict.FAILED]


def test_the_guides_smallest_machine_is_enough() -> None:
    assert failed(MACHINE) == []


@pytest.mark.parametrize(
    ("smaller", "subject"),
    [
        (replace(MACHINE, cpus=7), "CPU"),
        (replace(MACHINE, memory=31 * GIGABYTE), "RAM"),
        (replace(MACHINE, disk=400 * GIGABYTE), "disk at /var/lib/docker"),
        (
            replace(MACHINE, gpus=(replace(GPU, memory=6144 * MEBIBYTE),)),
            "VRAM of GPU 0 (NVIDIA RTX 3070)",
        ),
        (replace(MACHINE, engine=replace(ENGINE, version="20.09.3")), "Docker"),
        (replace(MACHINE, engine=replace(ENGINE, version="unknown")), "Docker"),
        (replace(MACHINE, engine=None, no_docker="no answer"), "Docker"),
        (
            replace(MACHINE, engine=replace(ENGINE, nvidia_runtime=False)),
            "NVIDIA runtime of Docker",
        ),
    ],
)
def test_each_thing_that_is_too_small_or_missing_is_named(smaller: Facts, subject: str) -> None:
    assert failed(smaller) == [subject]


def test_whatever_fails_comes_with_what_to_do() -> None:
    nothing = Facts(cpus=1, memory=1, disk=1, disk_path="/", no_gpu="none", no_docker="none")
    rows = judged(nothing, Minimum(needs_gpu=True))

    assert [row.subject for row in rows if not row.advice] == []
    assert not healthy(rows)


def test_a_missing_gpu_is_a_note_unless_the_stack_has_one() -> None:
    bare = replace(MACHINE, gpus=(), no_gpu="nvidia-smi is not there")

    assert failed(bare) == []
    assert failed(bare, Minimum(needs_gpu=True)) == ["GPU"]


def test_a_stack_may_want_more_than_the_guide() -> None:
    wanted = Minimum(capacity=CapacityArgs(cpus=32, memory=64), gpu=GpuArgs(vram=24))

    assert failed(MACHINE, wanted) == ["CPU", "RAM", "VRAM of GPU 0 (NVIDIA RTX 3070)"]


@pytest.mark.parametrize("version", ["20.10.24+dfsg1", "20.10", "28.2.2", "100.0.0"])
def test_docker_20_10_and_later_will_do(version: str) -> None:
    assert failed(replace(MACHINE, engine=replace(ENGINE, version=version))) == []


def test_gpus_are_read_as_nvidia_smi_lists_them() -> None:
    text = "NVIDIA A10G, 23028, 570.86.10\nNVIDIA H100 80GB HBM3, 81559, 570.86.10\n"

    first, second = parse_gpus(text)

    assert first == Gpu(name="NVIDIA A10G", memory=23028 * MEBIBYTE, driver="570.86.10")
    assert second.memory == 81559 * MEBIBYTE


def test_a_gpu_whose_memory_is_unknown_is_left_out() -> None:
    assert parse_gpus("NVIDIA GB10, [N/A], 580.95.05\n\n") == ()


@pytest.mark.parametrize(
    ("facts", "status"), [(MACHINE, ExitCode.DONE), (replace(MACHINE, cpus=2), ExitCode.UNHEALTHY)]
)
def test_the_exit_status_says_whether_the_machine_will_do(
    facts: Facts,
    status: ExitCode,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(measure, "measure", lambda: facts)

    assert run(("health", "--host", "--json")) == status
    assert json.loads(capfd.readouterr().out)["subject"] == "this machine"


def test_this_very_machine_can_be_measured() -> None:
    facts = measure.measure()

    assert facts.cpus > 0
    assert facts.memory > GIGABYTE / 10
    assert facts.disk > 0
    assert bool(facts.gpus) != bool(facts.no_gpu)
    assert (facts.engine is None) == bool(facts.no_docker)
