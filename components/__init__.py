"""ResearchFlow's AI platform as components that other Pulumi programs can use too.

The platforms are imported by name (``components.platforms.kubernetes.platform``,
``components.platforms.docker.platform``): each brings an SDK that takes about a second to load.
"""

from .capacity import CapacityArgs
from .context import Context, GpuArgs
from .faiss import Faiss, FaissArgs
from .flags import Flags, FlagsArgs
from .gateway import Gateway, GatewayArgs
from .ollama import ModelArgs, Ollama, OllamaArgs
from .platforms import DockerArgs, KubernetesArgs
from .redis import Redis, RedisArgs
from .service import AIService, Platform
from .spec import ServiceSpec
from .spec.network import Edge
from .triton import Triton, TritonArgs

__all__ = [
    "AIService",
    "CapacityArgs",
    "Context",
    "DockerArgs",
    "Edge",
    "Faiss",
    "FaissArgs",
    "Flags",
    "FlagsArgs",
    "Gateway",
    "GatewayArgs",
    "GpuArgs",
    "KubernetesArgs",
    "ModelArgs",
    "Ollama",
    "OllamaArgs",
    "Platform",
    "Redis",
    "RedisArgs",
    "ServiceSpec",
    "Triton",
    "TritonArgs",
]
