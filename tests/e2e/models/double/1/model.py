"""The smallest model there is: it doubles numbers.

Tensors go by DLPack: this backend was built for numpy 1 and takes arrays of numpy 2 amiss.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import triton_python_backend_utils as triton  # type: ignore[import-not-found]


class TritonPythonModel:
    """What Triton's Python backend looks for."""

    def execute(self, requests: list[Any]) -> list[Any]:
        """One answer for each request."""
        return [triton.InferenceResponse([self._doubled(request)]) for request in requests]

    def _doubled(self, request: Any) -> Any:
        numbers = np.from_dlpack(triton.get_input_tensor_by_name(request, "NUMBERS"))
        return triton.Tensor.from_dlpack("DOUBLED", numbers * 2)
