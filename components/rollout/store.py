"""Where a rollout's journal, lock and evidence are kept."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from ..types import STRICT

Text = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StoreArgs:
    """A folder is one machine's; a bucket or the cluster lets another machine go on."""

    kind: Literal["folder", "bucket", "cluster"] | None = None
    """Unless it is set: ``cluster`` (ConfigMaps) on Kubernetes, ``folder`` with Docker."""
    folder: Text = ".rf/rollouts"
    """Below the project."""
    bucket: Text | None = None
    """Name of a bucket of S3, reached with the credentials of whoever runs ``rf``."""
    prefix: Text = "rollouts"
    """What the keys in the bucket begin with."""

    @model_validator(mode="after")
    def _a_bucket_has_a_name(self) -> "StoreArgs":
        if (self.kind == "bucket") != (self.bucket is not None):
            raise ValueError("kind: bucket and bucket: NAME go together")
        return self
