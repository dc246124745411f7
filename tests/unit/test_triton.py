"""What the Triton spec promises."""

import shlex

import pytest
from pydantic import ValidationError

from components.context import Context
from components.spec import ServiceSpec
from components.spec.health import HttpCheck
from components.triton import DynamicBatchingArgs, Triton, TritonArgs


def spec_of(args: TritonArgs | None = None) -> ServiceSpec:
    return Triton.describe(args or TritonArgs(), Context())


def command_of(args: TritonArgs | None = None) -> str:
    shell, option, line = spec_of(args).args
    assert (shell, option) == ("sh", "-c")
    return line


def test_clients_find_it_on_tritons_own_ports() -> None:
    numbers = {port.name: port.number for port in spec_of().ports}

    assert numbers == {"http": 8000, "grpc": 8001, "metrics": 8002}


def test_it_publishes_nothing_because_the_gateway_stands_before_it() -> None:
    assert all(port.published is None for port in spec_of().ports)
    assert spec_of().track == "stable"


def test_it_is_ready_when_all_its_models_are_and_may_take_five_minutes() -> None:
    health = spec_of().health

    assert "--strict-readiness=true" in command_of()
    assert (
        health.startup == health.ready == HttpCheck(port=8000, path="/v2/health/ready", tool="curl")
    )
    assert health.live == HttpCheck(port=8000, path="/v2/health/live", tool="curl")
    assert health.startup_seconds == 300


def test_nobody_loads_a_model_over_the_network_or_writes_the_volume() -> None:
    assert "--model-control-mode=none" in command_of()
    assert all(volume.read_only for volume in spec_of().volumes)


def test_the_server_takes_the_place_of_the_shell_so_that_it_gets_the_signals() -> None:
    lay_out, _, serve = command_of().partition(" && ")

    assert shlex.split(lay_out)[:4] == [
        "python3",
        "/etc/triton/repository.py",
        "/models",
        "/tmp/models",
    ]
    assert shlex.split(serve)[:3] == ["exec", "tritonserver", "--model-repository=/tmp/models"]


def test_the_script_that_lays_out_the_repository_comes_with_the_spec() -> None:
    (script,) = spec_of().files

    assert script.path == "/etc/triton/repository.py"
    compile(script.content, script.path, "exec")


def test_instances_and_batching_reach_every_model_that_leaves_them_open() -> None:
    batching = DynamicBatchingArgs(max_queue_delay_microseconds=500, preferred_batch_sizes=(4, 8))

    line = command_of(TritonArgs(instances=2, dynamic_batching=batching))

    assert (
        "--instances=2 --max-queue-delay=500 --preferred-batch-size=4 --preferred-batch-size=8"
        in line
    )


def test_models_stay_as_they_are_unless_a_setting_says_otherwise() -> None:
    assert "/models /tmp/models &&" in command_of()


def test_running_inferences_end_before_the_platform_loses_patience() -> None:
    args = TritonArgs(exit_timeout=120)

    assert "--exit-timeout-secs=120" in command_of(args)
    assert spec_of(args).drain.seconds > 120


def test_shared_memory_is_a_sized_piece_of_memory() -> None:
    sizes = {space.path: space.size for space in spec_of(TritonArgs(shared_memory=2)).scratch}

    assert sizes["/dev/shm"] == 2


def test_shared_memory_that_fills_the_limit_is_refused() -> None:
    with pytest.raises(ValidationError, match="lower shared_memory or raise memory"):
        TritonArgs(shared_memory=5, memory=5)


def test_replicas_need_a_volume_that_several_nodes_can_mount() -> None:
    with pytest.raises(ValidationError, match="set shared_models: true"):
        TritonArgs(replicas=2)


def test_gpus_are_counted_once_by_their_own_exporter() -> None:
    assert "--allow-gpu-metrics=false" in command_of()


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["--log-verbose=1"]),
        ("info", []),
        ("warn", ["--log-info=false"]),
        ("error", ["--log-info=false", "--log-warning=false"]),
    ],
)
def test_it_logs_at_the_level_that_the_stack_sets(level: str, expected: list[str]) -> None:
    spec = Triton.describe(TritonArgs(), Context(log_level=level))  # type: ignore[arg-type]

    assert [word for word in shlex.split(spec.args[-1]) if word.startswith("--log")] == expected
