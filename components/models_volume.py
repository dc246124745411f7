"""The volume that holds a service's models, and how many servers may use it."""

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from .types import STRICT, Count, Switch


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ModelsVolumeArgs:
    """What services whose models are on a volume have in common."""

    # Pydantic reads the texts below attributes for the class itself, not for those made from it.
    replicas: Count = Field(
        default=1, description='How many servers share the traffic (guide, "Horizontal Scaling").'
    )
    shared_models: Switch = Field(
        default=False,
        description="The models volume can be mounted on several nodes (ReadWriteMany); replicas "
        "need it.",
    )

    @model_validator(mode="after")
    def _replicas_need_a_shared_volume(self) -> "ModelsVolumeArgs":
        if self.replicas > 1 and not self.shared_models:
            raise ValueError(
                f"replicas is {self.replicas}, but one models volume serves one node unless it is "
                "shared: set shared_models: true and a storage class that offers ReadWriteMany"
            )
        return self
