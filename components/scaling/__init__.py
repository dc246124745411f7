"""How many copies of a service run: by load, by the clock, or as somebody says for a while."""

from .args import LoadArgs, OverrideArgs, ScalingArgs
from .plan import Scaling, scaled

__all__ = ["LoadArgs", "OverrideArgs", "Scaling", "ScalingArgs", "scaled"]
