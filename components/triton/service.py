"""Triton: model inference (guide, "Triton Optimization")."""

import shlex
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ..context import Context
from ..internal_tls.names import listening
from ..internal_tls.sidecar import encrypted
from ..models_volume import ModelsVolumeArgs
from ..service import AIService
from ..spec import ServiceSpec
from ..spec.health import Health, HttpCheck
from ..spec.mounts import File, Scratch, Volume
from ..spec.network import Port, Scrape
from ..spec.runs import Drain, Resources
from ..types import STRICT, Count, CpuQuantity, Gibibytes, ImageReference, Seconds
from . import repository

HTTP_PORT = 8000
GRPC_PORT = 8001
METRICS_PORT = 8002
MODELS = "/models"
REPOSITORY = "/tmp/models"
SCRIPT = "/etc/triton/repository.py"

# The kubelet counts from SIGTERM; Triton's own countdown must end first.
MARGIN = 15

Microseconds = Annotated[int, Field(strict=True, ge=0)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DynamicBatchingArgs:
    """How requests that arrive together are joined into one batch."""

    max_queue_delay_microseconds: Microseconds = 100
    """How long a request may wait for others, in µs."""
    preferred_batch_sizes: tuple[Count, ...] = ()
    """Sizes to send at once; a model gets those that its ``max_batch_size`` allows."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TritonArgs(ModelsVolumeArgs):
    """Settings of Triton.

    ``instances`` and ``dynamic_batching`` are defaults: Triton takes both from a model's own
    ``config.pbtxt`` only, so at each start a copy of that file is completed where it says nothing
    (see ``repository.py``). A model that says something keeps it, and the volume is never written.
    """

    image: ImageReference = "nvcr.io/nvidia/tritonserver:26.07-py3"
    instances: Count | None = None
    """Copies of each model in one server, on each GPU or on the CPU (guide, "Triton
    Optimization": increase model instances). Unset leaves it to Triton, which takes one."""
    dynamic_batching: DynamicBatchingArgs | None = None
    """Batching of models that have a ``max_batch_size``. Unset leaves models as they are."""
    exit_timeout: Seconds = 60
    """Seconds that running inferences have to finish when a server stops."""
    shared_memory: Gibibytes = 1
    """Size in GiB of /dev/shm, where Python models and clients exchange tensors. Part of
    ``memory``."""
    cpu: CpuQuantity = 4
    memory: Gibibytes = 5
    gpus: Annotated[int, Field(strict=True, ge=0)] = 0
    """GPUs for each replica; 0 runs on the CPU. Needs the setting ``gpu``."""
    models_volume: Gibibytes = 50
    """Size in GiB of the volume that holds the model repository."""

    @model_validator(mode="after")
    def _shared_memory_is_part_of_memory(self) -> "TritonArgs":
        if self.shared_memory >= self.memory:
            raise ValueError(
                f"shared_memory is {self.shared_memory:g} GiB and counts towards memory, which is "
                f"{self.memory:g} GiB: lower shared_memory or raise memory"
            )
        return self


class Triton(AIService[TritonArgs]):
    """Inference servers that are ready when every model of the repository is."""

    service = "triton"
    args_type = TritonArgs
    tracked = True

    @classmethod
    def describe(cls, args: TritonArgs, context: Context) -> ServiceSpec:
        ready = HttpCheck(port=HTTP_PORT, path="/v2/health/ready", tool="curl")
        spec = ServiceSpec(
            name=cls.service,
            track=context.track,
            category="inference",
            image=args.image,
            # The image's triton-server user, which its default user (root) gives way to.
            user=1000,
            group=1000,
            replicas=args.replicas,
            # Arguments, not a command: the image's entry point finds the CUDA libraries that suit
            # the node's driver.
            args=("sh", "-c", start(args, context)),
            ports=(
                Port(name="http", number=HTTP_PORT),
                Port(name="grpc", number=GRPC_PORT),
                Port(name="metrics", number=METRICS_PORT),
            ),
            health=Health(
                startup=ready,
                ready=ready,
                live=HttpCheck(port=HTTP_PORT, path="/v2/health/live", tool="curl"),
                startup_seconds=300,
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory, gpus=args.gpus),
            files=(File(path=SCRIPT, content=Path(repository.__file__).read_text("utf-8")),),
            volumes=(models(args),),
            scratch=(
                Scratch(path="/dev/shm", size=args.shared_memory),
                Scratch(path="/tmp", size=0.25),
            ),
            scrape=Scrape(port=METRICS_PORT),
            drain=Drain(seconds=args.exit_timeout + MARGIN),
        )
        return encrypted(spec, context, "http", "grpc")


def models(args: TritonArgs) -> Volume:
    """The repository, which the server only reads."""
    return Volume(
        name="models",
        path=MODELS,
        size=args.models_volume,
        read_only=True,
        shared=args.shared_models,
    )


def start(args: TritonArgs, context: Context) -> str:
    """The shell line that lays out the repository and then becomes the server."""
    lay_out = shlex.join(["python3", SCRIPT, MODELS, REPOSITORY, *scheduling(args)])
    return f"{lay_out} && exec {shlex.join(server(args, context))}"


def scheduling(args: TritonArgs) -> list[str]:
    """The options of ``repository.py`` that say what models lack."""
    options = []
    if args.instances is not None:
        options.append(f"--instances={args.instances}")
    if args.dynamic_batching is not None:
        options.append(f"--max-queue-delay={args.dynamic_batching.max_queue_delay_microseconds}")
        options += [
            f"--preferred-batch-size={size}" for size in args.dynamic_batching.preferred_batch_sizes
        ]
    return options


def server(args: TritonArgs, context: Context) -> list[str]:
    """The server's command line.

    With ``--model-control-mode=none`` nobody loads a model over the network: a writable repository
    is remote code execution (Triton's guide to secure deployment).
    """
    return [
        "tritonserver",
        f"--model-repository={REPOSITORY}",
        "--model-control-mode=none",
        "--strict-readiness=true",
        "--exit-on-error=true",
        f"--exit-timeout-secs={args.exit_timeout}",
        # The DCGM exporter reports GPUs. Each Triton reports all it sees, which would count twice.
        "--allow-gpu-metrics=false",
        *addresses(context),
        *LOG_FLAGS[context.log_level],
    ]


def addresses(context: Context) -> list[str]:
    """Where the server listens behind a sidecar. Metrics would move to loopback with HTTP."""
    if context.internal_tls is None:
        return []
    options = ["--metrics-address=0.0.0.0"]
    for name, number in (("http", HTTP_PORT), ("grpc", GRPC_PORT)):
        host, port = listening(context, number)
        options += [f"--{name}-address={host}", f"--{name}-port={port}"]
    return options


LOG_FLAGS = {
    "debug": ("--log-verbose=1",),
    "info": (),
    "warn": ("--log-info=false",),
    "error": ("--log-info=false", "--log-warning=false"),
}
