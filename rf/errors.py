"""Errors that a person can act on."""


class BadInputError(Exception):
    """The input is wrong, and the message says where and what to do; shown without a traceback."""


class ProgramError(Exception):
    """The program raised something it did not mean to: a defect, not bad input."""

    def __init__(self, message: str, trace: str) -> None:
        """Keep ``trace``, the traceback of the process that ran the program, for ``--debug``."""
        super().__init__(message)
        self.trace = trace


def first_line(error: Exception) -> str:
    """What ``error`` says, without what libraries add below that."""
    return str(error).partition("\n")[0]
