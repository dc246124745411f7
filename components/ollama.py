"""Ollama: LLM serving (guide, "Ollama Configuration" and "Ollama Optimization")."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from .context import Context
from .internal_tls.names import listening
from .internal_tls.sidecar import encrypted
from .matching import Matching
from .models_volume import ModelsVolumeArgs
from .service import AIService
from .spec import ServiceSpec
from .spec.health import ExecCheck, Health, HttpCheck, NoTool
from .spec.mounts import File, Scratch, Volume
from .spec.network import Port
from .spec.runs import Drain, Job, Resources
from .types import (
    STRICT,
    Count,
    CpuQuantity,
    Gibibytes,
    GoDuration,
    ImageReference,
    Seconds,
)

PORT = 11434
MODELS = "/models"
HOME = "/tmp/ollama"
DRAIN_SECONDS = 300
"""How long a running answer has to be finished before the server goes: long streams take minutes.

On Kubernetes only: Docker has nothing that comes before SIGTERM, which ends Ollama at once.
"""
SETTLE_SECONDS = 15
"""What the gateways have to learn that an address is gone: cached names and looks every 5 s."""

ModelName = Annotated[
    str,
    Matching(
        r"^[a-z0-9][a-z0-9._/-]*:[A-Za-z0-9._-]+$",
        "a model of the Ollama library with its tag",
        example="llama3.2:3b",
    ),
]
"""A model of the Ollama library with its tag, such as ``llama3.2:3b``."""
KvBytes = Annotated[int, Field(strict=True, ge=0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ModelArgs:
    """A model that is pulled before Ollama starts, and what it needs of a GPU's memory."""

    name: ModelName
    size: Gibibytes
    """Weights in GiB, as loaded."""
    kv_bytes_per_token: KvBytes
    """Bytes of key and value cache a token takes: 2 × layers × KV heads × head size × bytes."""
    context_length: Count = 4096
    """Tokens of context for each request."""

    def vram(self, parallel: int) -> float:
        """GiB of GPU memory with ``parallel`` requests: Ollama reserves context for each."""
        return self.size + self.kv_bytes_per_token * self.context_length * parallel / 2**30


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OllamaArgs(ModelsVolumeArgs):
    """Settings of Ollama; the guide's OLLAMA_* variables in lower case."""

    image: ImageReference = "ollama/ollama:0.17.4"
    num_parallel: Count = 4
    """OLLAMA_NUM_PARALLEL: requests a loaded model answers at once."""
    num_thread: Count = 8
    """OLLAMA_NUM_THREAD. Ollama has no such variable: it becomes ``num_thread`` of each model."""
    keep_alive: GoDuration = "5m"
    """OLLAMA_KEEP_ALIVE: how long an idle model stays loaded."""
    models: Annotated[tuple[ModelArgs, ...], Field(min_length=1)] = (
        ModelArgs(name="llama3.2:3b", size=2.0, kv_bytes_per_token=114_688),
    )
    """Models to serve. The start-up check asks for each."""
    cpu: CpuQuantity = 4
    memory: Gibibytes = 8
    gpus: Annotated[int, Field(strict=True, ge=0)] = 0
    """GPUs for each replica; 0 runs on the CPU. Needs the setting ``gpu``."""
    models_volume: Gibibytes = 100
    """Size in GiB of the volume that holds the models."""
    pull_timeout: Seconds = 3600
    """Seconds that pulling the models may take."""


class Ollama(AIService[OllamaArgs]):
    """LLM servers whose models are in place before they take traffic."""

    service = "ollama"
    args_type = OllamaArgs
    tracked = True

    @classmethod
    def describe(cls, args: OllamaArgs, context: Context) -> ServiceSpec:
        models = Volume(
            name="models", path=MODELS, size=args.models_volume, shared=args.shared_models
        )
        spec = ServiceSpec(
            name=cls.service,
            track=context.track,
            category="inference",
            image=args.image,
            user=1000,
            group=1000,
            replicas=args.replicas,
            ports=(Port(name="http", number=PORT),),
            environment=environment(context)
            | {
                "OLLAMA_NUM_PARALLEL": str(args.num_parallel),
                "OLLAMA_KEEP_ALIVE": args.keep_alive,
                # The pull job writes the models; a server that prunes would fight it.
                "OLLAMA_NOPRUNE": "1",
            },
            health=health(args.models),
            resources=Resources(cpu=args.cpu, memory=args.memory, gpus=args.gpus),
            volumes=(models,),
            scratch=(Scratch(path="/tmp", size=0.25),),
            drain=Drain(seconds=DRAIN_SECONDS, command=drain_command(context)),
            jobs=(pull_job(args, context),),
            facts=gpu_memory(args, context),
        )
        return encrypted(spec, context, "http")


def health(models: Iterable[ModelArgs]) -> Health:
    """Started once every model is there."""
    show = " && ".join(f"ollama show {model.name} >/dev/null" for model in models)
    tool = NoTool(reason="no curl or wget in the image; Docker uses the start-up check")
    return Health(
        startup=ExecCheck(command=("sh", "-c", show)),
        ready=HttpCheck(port=PORT, path="/api/version", tool=tool),
        live=HttpCheck(port=PORT, path="/", tool=tool),
        startup_seconds=300,
    )


def drain_command(context: Context) -> tuple[str, ...]:
    """Waits for the end of the connections to the server.

    On SIGTERM Ollama closes them at once, whatever is under way (``Serve`` in its
    ``server/routes.go``). A gateway closes those to a server that is gone from its name as soon as
    no request uses them; the image has a shell and grep to look, and no better tool.
    """
    _, port = listening(context, PORT)
    # 0.0.0.0 is both families to Go, and all connections are then in the list of IPv6.
    lists = "/proc/net/tcp /proc/net/tcp6"
    open_ = f"grep -qs ':{port:04X} [0-9A-F]*:[0-9A-F]* 01 ' {lists}"
    wait = f"n={SETTLE_SECONDS}; while {open_} && [ $n -lt {DRAIN_SECONDS} ]; do "
    return ("sh", "-c", f"sleep {SETTLE_SECONDS}; {wait}sleep 1; n=$((n+1)); done")


def gpu_memory(args: OllamaArgs, context: Context) -> dict[str, float]:
    """GiB that all models take at once, and GiB that a server's GPUs have; nothing without GPUs."""
    if not args.gpus or context.gpu is None:
        return {}
    return {
        "vramGibibytes": sum(model.vram(args.num_parallel) for model in args.models),
        "gpuMemoryGibibytes": args.gpus * context.gpu.vram,
    }


def environment(context: Context) -> dict[str, str]:
    """What the server and the pull job share."""
    host, port = listening(context, PORT)
    return {
        "HOME": HOME,
        "OLLAMA_HOST": f"{host}:{port}",
        "OLLAMA_MODELS": MODELS,
        "OLLAMA_DEBUG": "1" if context.log_level == "debug" else "0",
    }


def pull_job(args: OllamaArgs, context: Context) -> Job:
    """Pulls the models, then writes each one's parameters into it.

    The job runs a server of its own on the models volume, so that the serving pods need no way
    out of the platform.
    """
    steps = [
        "set -eu",
        "ollama serve & server=$!",
        "until ollama list >/dev/null 2>&1; do kill -0 $server; sleep 1; done",
    ]
    for number, model in enumerate(args.models):
        steps += [
            f"ollama pull {model.name}",
            f"ollama create {model.name} -f /etc/ollama/{number}.modelfile",
        ]
    steps += ["kill $server", "wait $server || true"]
    return Job(
        name="models",
        command=("sh", "-c", "\n".join(steps)),
        environment=environment(context) | {"OLLAMA_HOST": f"127.0.0.1:{PORT}"},
        resources=Resources(cpu=1, memory=2),
        timeout_seconds=args.pull_timeout,
        internet=True,
        scratch=(Scratch(path="/tmp", size=0.25),),
        files=tuple(
            File(path=f"/etc/ollama/{number}.modelfile", content=modelfile(model, args))
            for number, model in enumerate(args.models)
        ),
    )


def modelfile(model: ModelArgs, args: OllamaArgs) -> str:
    """Parameters that Ollama takes from a model only, not from its environment."""
    return (
        f"FROM {model.name}\n"
        f"PARAMETER num_thread {args.num_thread}\n"
        f"PARAMETER num_ctx {model.context_length}\n"
    )
