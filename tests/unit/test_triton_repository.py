"""What Triton's repository looks like before the server starts."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.triton import repository
from components.triton.repository import Scheduling, completed, lay_out

EVERYTHING = Scheduling(instances=2, max_queue_delay=100, preferred_batch_sizes=(4, 8, 16))


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A volume with one model: two versions, labels and a config."""
    model = tmp_path / "volume" / "classifier"
    for version in ("1", "2"):
        (model / version).mkdir(parents=True)
        (model / version / "model.onnx").write_bytes(b"weights")
    (model / "labels.txt").write_text("cat\ndog\n")
    (model / "config.pbtxt").write_text("max_batch_size: 8\n")
    return tmp_path / "volume"


def test_a_model_that_says_nothing_gets_the_platforms_instances_and_batching() -> None:
    config = completed("max_batch_size: 8\n", EVERYTHING)

    assert config == (
        "max_batch_size: 8\n"
        "\ninstance_group { count: 2 }\n"
        "\ndynamic_batching { max_queue_delay_microseconds: 100"
        " preferred_batch_size: 4 preferred_batch_size: 8 }\n"
    )


def test_a_model_keeps_its_own_instances() -> None:
    config = completed("instance_group [{ count: 3 kind: KIND_CPU }]\n", EVERYTHING)

    assert config.count("instance_group") == 1
    assert "dynamic_batching" in config


@pytest.mark.parametrize(
    "own", ["dynamic_batching { }", "sequence_batching { }", "max_batch_size: 0"]
)
def test_a_model_that_batches_in_its_own_way_keeps_to_it(own: str) -> None:
    config = completed(f"{own}\n", EVERYTHING)

    assert "max_queue_delay" not in config


def test_an_ensemble_is_left_alone_because_triton_refuses_instances_for_it() -> None:
    config = 'platform: "ensemble"\nensemble_scheduling { step [] }\n'

    assert completed(config, EVERYTHING) == config


def test_no_preferred_size_exceeds_the_largest_batch_because_triton_refuses_that() -> None:
    assert "preferred_batch_size: 16" not in completed("max_batch_size: 8\n", EVERYTHING)
    assert "preferred_batch_size" not in completed("", EVERYTHING)


def test_words_in_comments_and_strings_are_no_fields() -> None:
    config = 'name: "dynamic_batching"  # no instance_group, no ensemble_scheduling\n'

    assert "instance_group { count: 2 }" in completed(config, EVERYTHING)
    assert "dynamic_batching {" in completed(config, EVERYTHING)


@given(st.text())
def test_without_settings_every_config_stays_as_it_is(config: str) -> None:
    assert completed(config, Scheduling()) == config


@given(st.sampled_from(["", "max_batch_size: 4", "instance_group { }", "dynamic_batching { }"]))
def test_what_was_completed_once_needs_nothing_more(config: str) -> None:
    once = completed(config, EVERYTHING)

    assert completed(once, EVERYTHING) == once


def test_models_are_linked_and_only_the_config_is_a_copy(volume: Path, tmp_path: Path) -> None:
    lay_out(volume, tmp_path / "laid-out", EVERYTHING)

    model = tmp_path / "laid-out" / "classifier"
    assert sorted(entry.name for entry in model.iterdir() if entry.is_symlink()) == [
        "1",
        "2",
        "labels.txt",
    ]
    assert (model / "2" / "model.onnx").read_bytes() == b"weights"
    assert "instance_group" in (model / "config.pbtxt").read_text()
    assert (volume / "classifier" / "config.pbtxt").read_text() == "max_batch_size: 8\n"


def test_a_model_without_a_config_gets_one(volume: Path, tmp_path: Path) -> None:
    (volume / "classifier" / "config.pbtxt").unlink()

    lay_out(volume, tmp_path / "laid-out", EVERYTHING)

    config = tmp_path / "laid-out" / "classifier" / "config.pbtxt"
    assert "instance_group { count: 2 }" in config.read_text()


def test_what_is_no_model_is_left_out(volume: Path, tmp_path: Path) -> None:
    (volume / "lost+found").mkdir()
    (volume / ".snapshots").mkdir()
    (volume / "README").write_text("not a model")

    lay_out(volume, tmp_path / "laid-out", EVERYTHING)

    assert [entry.name for entry in (tmp_path / "laid-out").iterdir()] == ["classifier"]


def test_a_second_start_forgets_models_that_are_gone(volume: Path, tmp_path: Path) -> None:
    (tmp_path / "laid-out" / "retired" / "1").mkdir(parents=True)

    lay_out(volume, tmp_path / "laid-out", EVERYTHING)

    assert not (tmp_path / "laid-out" / "retired").exists()


def test_it_runs_as_a_script_with_nothing_but_the_standard_library(
    volume: Path, tmp_path: Path
) -> None:
    script = tmp_path / "repository.py"
    script.write_text(Path(repository.__file__).read_text(encoding="utf-8"))

    subprocess.run(
        [sys.executable, "-I", "-S", script, volume, tmp_path / "out", "--instances=3"], check=True
    )

    assert "count: 3" in (tmp_path / "out" / "classifier" / "config.pbtxt").read_text()


def test_a_missing_volume_is_one_line_and_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"model repository: .*no-such-volume"):
        repository.main([str(tmp_path / "no-such-volume"), str(tmp_path / "out")])
