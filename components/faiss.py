"""FAISS: the vector service (guide, "FAISS Configuration"), an image of our own."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from . import faiss_jobs
from .context import Context
from .faiss_backup import BackupArgs, facts
from .internal_tls.names import AUTHORITY, listening, scheme, trusted
from .internal_tls.sidecar import encrypted
from .matching import Matching
from .monitoring.pushgateway import Pushgateway
from .service import AIService
from .spec import ServiceSpec
from .spec.health import Health, HttpCheck
from .spec.mounts import Scratch, Volume
from .spec.network import Edge, Port, Scrape
from .spec.runs import Drain, Resources, ScheduledJob
from .types import STRICT, ByteSize, CpuQuantity, Gibibytes, ImageReference, size_in_bytes

PORT = 5000
DATA = "/data"

IndexType = Annotated[
    str,
    Field(max_length=200),
    Matching(
        r"^[A-Za-z0-9_,()+.-]+$",
        "a string of faiss' index_factory, without blanks",
        example="IVF4096,PQ32",
    ),
]
"""``IVF,PQ`` or any string of faiss' ``index_factory``; the server judges it when it starts."""
FsyncPolicy = Annotated[
    str,
    Matching(
        r"^(always|[1-9][0-9]{0,3}ms)$",
        "always or 1 to 9999 with ms",
        example="200ms",
    ),
]
"""When the log reaches the disk: before each acknowledgement, or at most so much later."""
Workers = Annotated[int, Field(strict=True, ge=1, le=1024)]
QueueLength = Annotated[int, Field(strict=True, ge=1, le=1024)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FaissArgs:
    """Settings of the vector service; the guide's FAISS_* variables in lower case.

    There is no setting for replicas: a vector store has one writer.
    """

    image: ImageReference = "researchflow/faiss-server:0.1.0"
    index_type: IndexType = "IVF,PQ"
    """FAISS_INDEX_TYPE: kind of the indexes that are built."""
    cache_size: ByteSize = "10GB"
    """FAISS_CACHE_SIZE: memory that indexes may take, in decimal units; then changes answer 507."""
    num_workers: Workers = 8
    """FAISS_NUM_WORKERS: threads that faiss uses for one call."""
    fsync: FsyncPolicy = "always"
    """When an acknowledged change is on disk: `always`, or at most some milliseconds later, such
    as `200ms`. A killed process loses nothing either way; a machine without power may lose the
    last interval."""
    max_body: ByteSize = "32MB"
    """The largest request that is taken, in decimal units; eight such may be in memory at once."""
    queue_length: QueueLength = 64
    """Searches that may wait, and changes; one more is answered 503 with Retry-After."""
    cpu: CpuQuantity = 4
    memory: Gibibytes = 10.5
    """Memory limit in GiB; more than ``cache_size``, for the process itself comes on top."""
    data_volume: Gibibytes = 100
    """Size in GiB of the volume that holds the indexes."""
    backup: BackupArgs = Field(default_factory=BackupArgs)
    """Where backups of the indexes go, when they are made and drilled, and which are kept."""

    @model_validator(mode="after")
    def _memory_holds_the_cache(self) -> "FaissArgs":
        cache = size_in_bytes(self.cache_size)
        if cache >= self.memory * 2**30:
            raise ValueError(
                f"cache_size is {self.cache_size} ({cache / 2**30:.2f} GiB), but memory is "
                f"{self.memory:g} GiB and must exceed it: lower cache_size or raise memory"
            )
        return self


class Faiss(AIService[FaissArgs]):
    """The vector server. The stable track writes; a canary follows it and only reads."""

    service = "faiss"
    args_type = FaissArgs
    tracked = True

    @classmethod
    def describe(cls, args: FaissArgs, context: Context) -> ServiceSpec:
        follows = context.track != "stable"
        spec = ServiceSpec(
            name=cls.service,
            track=context.track,
            category="data",
            image=args.image,
            user=10001,
            group=10001,
            ports=(Port(name="http", number=PORT),),
            environment={
                "FAISS_INDEX_TYPE": args.index_type,
                "FAISS_CACHE_SIZE": args.cache_size,
                "FAISS_NUM_WORKERS": str(args.num_workers),
                "FAISS_FSYNC": args.fsync,
                "FAISS_MAX_BODY": args.max_body,
                "FAISS_QUEUE_LENGTH": str(args.queue_length),
                **(follower(context) if follows else {"FAISS_ROLE": "writer"}),
                **listen_address(context),
                "FAISS_DATA_DIR": DATA,
                "LOG_LEVEL": log_level(context),
            },
            health=Health(
                ready=HttpCheck(port=PORT, path="/ready", tool="python"),
                # Any answer will do: a restart cures neither a full disk nor a damaged index.
                live=HttpCheck(port=PORT, path="/metrics", tool="python"),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            volumes=(Volume(name="data", path=DATA, size=args.data_volume),),
            scratch=(Scratch(path="/tmp", size=0.25),),
            talks_to=(Edge(service=cls.service, port=PORT),) if follows else (),
            one_writer=True,
            scrape=Scrape(port=PORT),
            # The server itself gives running requests 30 seconds.
            drain=Drain(seconds=60),
            certificates=trusted(context) if follows else (),
        )
        spec = encrypted(spec, context, "http")
        return spec if follows else _with_backups(spec, args.backup, context)


def follower(context: Context) -> dict[str, str]:
    """What a canary is told: the stable track is the one writer."""
    trust = {"SSL_CERT_FILE": AUTHORITY} if context.internal_tls else {}
    writer = f"{scheme(context)}://faiss-stable:{PORT}"
    return {"FAISS_ROLE": "follower", "FAISS_WRITER_URL": writer, **trust}


def listen_address(context: Context) -> dict[str, str]:
    """Where the server listens, if that is not where it does of its own accord."""
    if context.internal_tls is None:
        return {}
    host, port = listening(context, PORT)
    return {"LISTEN_ADDRESS": f"{host}:{port}"}


def _with_backups(spec: ServiceSpec, args: BackupArgs, context: Context) -> ServiceSpec:
    """The writer with what keeps its indexes; a follower has nothing of its own to keep."""
    return replace(
        spec,
        jobs=(faiss_jobs.restore(spec, args),) if args.restore_empty else (),
        scheduled=_by_the_clock(spec, args, context),
        facts={"backup": facts(args, clock=context.kubernetes)},
    )


def _by_the_clock(
    spec: ServiceSpec, args: BackupArgs, context: Context
) -> tuple[ScheduledJob, ...]:
    if not context.kubernetes:
        return ()
    return tuple(faiss_jobs.scheduled(spec, args, context.peer(Pushgateway.service)))


def log_level(context: Context) -> str:
    """The level as Python's logging names it."""
    return "warning" if context.log_level == "warn" else context.log_level
