"""ollama_exporter: models, memory and GPU offload of Ollama; our own image.

Ollama has no metrics endpoint (report D §1.2).
"""

from pydantic.dataclasses import dataclass

from ... import ollama
from ...context import Context
from ...internal_tls.names import AUTHORITY, scheme, trusted
from ...service import AIService
from ...spec import ServiceSpec
from ...spec.health import Health, HttpCheck
from ...spec.network import Edge, Port, Scrape
from ...spec.runs import Resources
from ...types import STRICT, CpuQuantity, Gibibytes, ImageReference

PORT = 9778


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OllamaExporterArgs:
    """Settings of the Ollama exporter."""

    image: ImageReference = "researchflow/ollama-exporter:0.1.0"
    cpu: CpuQuantity = 0.1
    memory: Gibibytes = 0.125


class OllamaExporter(AIService[OllamaExporterArgs]):
    """Polls Ollama at every scrape, all servers behind its name."""

    service = "ollama-exporter"
    args_type = OllamaExporterArgs

    @classmethod
    def describe(cls, args: OllamaExporterArgs, context: Context) -> ServiceSpec:
        healthy = HttpCheck(port=PORT, path="/health", tool="python")
        level = "warning" if context.log_level == "warn" else context.log_level
        return ServiceSpec(
            name=cls.service,
            category="monitoring",
            image=args.image,
            user=10001,
            group=10001,
            environment={
                "OLLAMA_URL": f"{scheme(context)}://{ollama.Ollama.service}-stable:{ollama.PORT}",
                "LOG_LEVEL": level,
                **({"SSL_CERT_FILE": AUTHORITY} if context.internal_tls else {}),
            },
            certificates=trusted(context),
            ports=(Port(name="metrics", number=PORT),),
            health=Health(ready=healthy, live=healthy),
            resources=Resources(cpu=args.cpu, memory=args.memory),
            talks_to=(Edge(service=ollama.Ollama.service, port=ollama.PORT),),
            scrape=Scrape(port=PORT),
        )
