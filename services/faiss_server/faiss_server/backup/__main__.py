"""``python -m faiss_server.backup``: the same commands as ``python -m faiss_server backup``."""

from __future__ import annotations

import os
import sys

from .command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], os.environ))
