"""What a stack costs a month: a dated price table, and quantities multiplied by it.

Pure: nothing is read but the tables in ``data``, and nothing of the rest of the project is
imported at run time. ``services`` and ``infrastructure`` say what is needed (``Demand``),
``estimate`` prices it.

Money is ``Decimal`` US dollars. Each line of an estimate is rounded to cents, half up, and totals
are sums of the rounded lines: what is printed adds up.
"""

from .demand import Demand, Need, NotCounted
from .estimate import Estimate, Line, estimate
from .prices import Price, Prices, PricesError
from .range import Range

__all__ = [
    "Demand",
    "Estimate",
    "Line",
    "Need",
    "NotCounted",
    "Price",
    "Prices",
    "PricesError",
    "Range",
    "estimate",
]
