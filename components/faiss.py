"""FAISS: the vector service (guide, "FAISS Configuration"), an image of our own."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from .context import Context
from .service import AIService
from .spec import (
    Drain,
    Health,
    HttpCheck,
    Port,
    Resources,
    Scrape,
    Scratch,
    ServiceSpec,
    Volume,
)
from .types import STRICT, ByteSize, CpuQuantity, Gibibytes, ImageReference, size_in_bytes

PORT = 5000
DATA = "/data"

IndexType = Annotated[str, Field(pattern=r"^[A-Za-z0-9_,()+.-]+$", max_length=200)]
"""``IVF,PQ`` or any string of faiss' ``index_factory``; the server judges it when it starts."""
Workers = Annotated[int, Field(strict=True, ge=1, le=1024)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FaissArgs:
    """Settings of the vector service; the guide's FAISS_* variables in lower case.

    There is no setting for replicas: a vector store has one writer.
    """

    image: ImageReference = "researchflow/faiss-server:0.1.0"
    index_type: IndexType = "IVF,PQ"
    """FAISS_INDEX_TYPE: kind of the indexes that are built."""
    cache_size: ByteSize = "10GB"
    """FAISS_CACHE_SIZE: memory that indexes may take, in decimal units."""
    num_workers: Workers = 8
    """FAISS_NUM_WORKERS: threads that faiss uses for one call."""
    cpu: CpuQuantity = 4
    memory: Gibibytes = 10.5
    """Memory limit in GiB; more than ``cache_size``, for the process itself comes on top."""
    data_volume: Gibibytes = 100
    """Size in GiB of the volume that holds the indexes."""

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
    """The one vector server that writes, with its indexes on a volume."""

    service = "faiss"
    args_type = FaissArgs
    tracked = True

    @classmethod
    def describe(cls, args: FaissArgs, context: Context) -> ServiceSpec:
        return ServiceSpec(
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
                "FAISS_ROLE": "writer",
                "FAISS_DATA_DIR": DATA,
                "LOG_LEVEL": log_level(context),
            },
            health=Health(
                ready=HttpCheck(port=PORT, path="/health", tool="python"),
                # Any answer will do: a restart cures neither a full disk nor a damaged index.
                live=HttpCheck(port=PORT, path="/metrics", tool="python"),
            ),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            volumes=(Volume(name="data", path=DATA, size=args.data_volume),),
            scratch=(Scratch(path="/tmp", size=0.25),),
            one_writer=True,
            scrape=Scrape(port=PORT),
            # The server itself gives running requests 30 seconds.
            drain=Drain(seconds=60),
        )


def log_level(context: Context) -> str:
    """The level as Python's logging names it."""
    return "warning" if context.log_level == "warn" else context.log_level
