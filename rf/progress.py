"""A line that says what is going on, for people who wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def working(message: str) -> Iterator[None]:
    """Show ``message`` on stderr while the block runs; nothing at all without a terminal."""
    console = Console(stderr=True, highlight=False, markup=False)
    if not console.is_terminal:
        yield
        return
    with console.status(message):
        yield
