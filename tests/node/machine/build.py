"""Builds what is missing of the node: ``python -m tests.node.machine.build``."""

from __future__ import annotations

import sys

from tests.cluster.control_plane.build import main

from .programs import NODE

if __name__ == "__main__":
    sys.exit(main(NODE))
