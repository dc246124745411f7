"""What the Ollama spec promises."""

import socket
import subprocess
from typing import Any

import pytest
from pydantic import ValidationError

from components.context import Context
from components.ollama import PORT, SETTLE_SECONDS, ModelArgs, Ollama, OllamaArgs, modelfile
from components.spec import ServiceSpec
from components.spec.health import ExecCheck


def spec_of(**args: Any) -> ServiceSpec:
    return Ollama.describe(OllamaArgs(**args), Context())


def test_the_guides_variables_reach_the_server() -> None:
    environment = spec_of(num_parallel=8, keep_alive="10m").environment

    assert environment["OLLAMA_NUM_PARALLEL"] == "8"
    assert environment["OLLAMA_KEEP_ALIVE"] == "10m"


def test_num_thread_is_a_parameter_of_the_models_because_ollama_has_no_such_variable() -> None:
    args = OllamaArgs(num_thread=16)

    assert "PARAMETER num_thread 16\n" in modelfile(args.models[0], args)
    assert "OLLAMA_NUM_THREAD" not in Ollama.describe(args, Context()).environment


def test_models_are_pulled_by_a_job_which_alone_may_leave_the_platform() -> None:
    (job,) = spec_of().jobs

    assert job.internet
    assert "ollama pull llama3.2:3b" in job.command[-1]


def test_the_start_up_check_asks_for_every_model() -> None:
    models = tuple(ModelArgs(name=n, size=1, kv_bytes_per_token=0) for n in ("a:1", "b:2"))

    check = spec_of(models=models).health.startup

    assert isinstance(check, ExecCheck)
    assert check.command[-1] == "ollama show a:1 >/dev/null && ollama show b:2 >/dev/null"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_draining_takes_until_the_last_connection_to_the_server_has_ended(address: str) -> None:
    *shell, script = spec_of().drain.command
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        port = server.getsockname()[1]
        here = script.replace(f":{PORT:04X} ", f":{port:04X} ")
        at_once = here.replace(f"sleep {SETTLE_SECONDS}", "sleep 0")
        with socket.create_connection((address, port)):
            draining = subprocess.Popen([*shell, at_once])
            with pytest.raises(subprocess.TimeoutExpired):
                draining.wait(1.5)

    assert draining.wait(10) == 0


def test_a_gpu_or_a_volume_of_its_own_is_released_before_the_next_copy_starts() -> None:
    assert spec_of(gpus=1, shared_models=True).recreate
    assert spec_of(shared_models=False).recreate
    assert not spec_of(shared_models=True).recreate


def test_replicas_need_a_volume_that_several_nodes_can_mount() -> None:
    with pytest.raises(ValidationError, match="set shared_models: true"):
        OllamaArgs(replicas=2)


@pytest.mark.parametrize("name", ["llama3.2", "a b:1", "x:1; rm -rf /", "$(id):1", ""])
def test_a_model_needs_a_name_with_a_tag_and_nothing_a_shell_could_read(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        ModelArgs(name=name, size=1, kv_bytes_per_token=1)


@pytest.mark.parametrize(
    ("size", "kv_bytes_per_token", "context", "parallel", "expected"),
    [
        # llama3.2:3b: 28 layers, 8 KV heads of 128, 2 bytes: 2*28*8*128*2 = 114 688 bytes a token;
        # 4096 tokens are 448 MiB, four requests 1.75 GiB, with 2 GiB of weights 3.75.
        (2.0, 114_688, 4096, 4, 3.75),
        # llama3.1:8b: 32 layers: 131 072 bytes; 8192 tokens are 1 GiB, eight requests 8.
        (4.75, 131_072, 8192, 8, 12.75),
        # An embedding model keeps no cache.
        (0.25, 0, 8192, 16, 0.25),
    ],
)
def test_gpu_memory_is_weights_plus_cache_for_every_parallel_request(
    size: float, kv_bytes_per_token: int, context: int, parallel: int, expected: float
) -> None:
    model = ModelArgs(
        name="m:1", size=size, kv_bytes_per_token=kv_bytes_per_token, context_length=context
    )

    assert model.vram(parallel) == expected
