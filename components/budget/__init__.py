"""What a stack comes to a month and may come to: settings, estimate, and a component for both."""

from .args import CostArgs, PriceArgs
from .component import Budget
from .monthly import monthly

__all__ = ["Budget", "CostArgs", "PriceArgs", "monthly"]
