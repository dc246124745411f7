"""How specs become resources: one package a platform, chosen by the setting ``target``."""

from typing import Annotated

from pydantic import Field

from .docker.args import DockerArgs
from .kubernetes.args import KubernetesArgs

__all__ = ["DockerArgs", "KubernetesArgs", "Target"]

Target = Annotated[DockerArgs | KubernetesArgs, Field(discriminator="kind")]
"""The settings of whichever platform a stack deploys to."""
