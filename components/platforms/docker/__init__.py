"""Specs as containers on one machine."""

from .args import DockerArgs
from .platform import DockerPlatform
from .provider import docker_provider

__all__ = ["DockerArgs", "DockerPlatform", "docker_provider"]
