"""Numbers as Kubernetes quantities.

In the canonical form that the API server answers with: ``1024Mi`` would come back as ``1Gi`` and
look like a difference after a refresh.
"""

from math import ceil

MILLI = 1000
KIBI = 1024


def cpu(cores: float) -> str:
    """0.25 is ``250m``, 4 is ``4``. Rounded up to a thousandth."""
    millicores = _up(cores * MILLI)
    return str(millicores // MILLI) if millicores % MILLI == 0 else f"{millicores}m"


def memory(gibibytes: float) -> str:
    """0.5 is ``512Mi``, 8 is ``8Gi``. Rounded up to a MiB."""
    amount, units = _up(gibibytes * KIBI), ["Mi", "Gi", "Ti", "Pi"]
    while amount % KIBI == 0 and len(units) > 1:
        amount //= KIBI
        units.pop(0)
    return f"{amount}{units[0]}"


def _up(number: float) -> int:
    # 0.07 * 1000 is a little more than 70, which is not meant to be 71.
    return ceil(round(number, 6))
