"""Python's garbage collector, kept out of work that makes many objects and keeps them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """No collection while the block runs.

    Nearly all objects of a plan or a check live until its end, so collecting is work for nothing,
    and the more the more there are.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
