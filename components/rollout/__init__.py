"""Rollout: which users see which version and which feature, and the files that say so."""

from .args import FreezeArgs, PassArgs, RolloutArgs, WeightsArgs
from .component import Rollout

__all__ = ["FreezeArgs", "PassArgs", "Rollout", "RolloutArgs", "WeightsArgs"]
