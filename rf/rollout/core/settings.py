"""What the gates demand, and the pace: settings of the stack file, so that components own them."""

from components.rollout.gates import STEPS, GateArgs, PaceArgs

__all__ = ["STEPS", "GateArgs", "PaceArgs"]
