"""The kinds of array that travel through the server, each named once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""Vectors or distances, one a row."""
Ids = NDArray[np.int64]
"""The callers' ids, or row numbers; -1 stands for none."""
Bits = NDArray[np.uint8]
"""A bitmap, least significant bit first."""
Anything = NDArray[Any]
