"""How much the platform may use in all."""

from pydantic.dataclasses import dataclass

from .types import STRICT, CpuQuantity, Gibibytes


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CapacityArgs:
    """Size of the machine (Docker) or of the namespace's quota (Kubernetes).

    The defaults are the hardware minimum of the guide, section "System Requirements".
    """

    cpus: CpuQuantity = 8
    """CPU cores."""
    memory: Gibibytes = 32
    """RAM in GiB."""
    disk: Gibibytes = 500
    """Disk for models, indices and caches, in GiB."""
