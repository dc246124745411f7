"""Builds what is missing of the node: ``python -m tests.node.machine.build``."""

from __future__ import annotations

import sys
from dataclasses import replace

from tests.cluster.control_plane.build import main

from .programs import NODE, can_compile_c

if __name__ == "__main__":
    # Without a compiler the tests say so; the rest is of use already.
    built = tuple(program for program in NODE.built if can_compile_c() or not program.cgo)
    sys.exit(main(replace(NODE, built=built)))
