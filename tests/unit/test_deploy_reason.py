"""Which line of a failed program is quoted. What Pulumi wrote here is cut from its real output."""

import pytest

from rf.deploy.runner import Answer

PROGRAM = """\
Updating (t):
 +  pulumi:pulumi:Stack wp-t creating (0s) error: Program failed with an unhandled exception:
Diagnostics:
  pulumi:pulumi:Stack (wp-t):
    error: Program failed with an unhandled exception:
    Traceback (most recent call last):
      File "__main__.py", line 7, in <module>
        inner()
      File "__main__.py", line 6, in inner
        raise ValueError("the door is shut\\nand a second line")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ValueError: the door is shut
    and a second line

Resources:
    2 created
    1 errored
"""
CHAIN = """\
Diagnostics:
  pulumi:pulumi:Stack (wp-t):
    error: Program failed with an unhandled exception:
    Traceback (most recent call last):
      File "__main__.py", line 12, in <module>
        {}["q"]
    KeyError: 'q'
    \n\
    The above exception was the direct cause of the following exception:
    \n\
    Traceback (most recent call last):
      File "__main__.py", line 13, in <module>
        raise RuntimeError("outer reason") from e
    RuntimeError: outer reason

Resources:
    1 errored
"""
GROUP = """\
    error: Program failed with an unhandled exception:
      + Exception Group Traceback (most recent call last):
      |   File "__main__.py", line 10, in <module>
      |     raise ExceptionGroup("several", [ValueError("a")])
      | ExceptionGroup: several (1 sub-exception)
      +-+---------------- 1 ----------------
        | ValueError: a
        +------------------------------------
"""
RESOURCE = """\
Diagnostics:
  pulumi:pulumi:Stack (wp-t):
    error: update failed

  pulumi-python:dynamic:Resource (d):
    error: Traceback (most recent call last):
      File "pulumi/dynamic/__main__.py", line 84, in wrapper
        return fn(self, request, context)
               ^^^^^^^^^^^^^^^^^^^^^^^^^^
    ValueError: provider said no

Resources:
    2 errored
"""
SETTINGS = """\
    pulumi:pulumi:Stack wp-t running error: F.yaml: bad
Diagnostics:
  pulumi:pulumi:Stack (wp-t):
    error: F.yaml: bad
    F.yaml: worse
    error: an unhandled error occurred: program exited with non-zero exit code: 1
"""
ENDED = """\
    error: an unhandled error occurred: program exited with non-zero exit code: 3

Resources:
    1 errored
"""
SEVERAL = """\
    error: 1 error occurred:
    \t* creating urn: the port is taken
"""
CUT_OFF = """\
error: Traceback (most recent call last):
  File "__main__.py", line 7, in <module>
"""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param(PROGRAM, "ValueError: the door is shut", id="a program that raised"),
        pytest.param(CHAIN, "RuntimeError: outer reason", id="the last exception of a chain"),
        pytest.param(GROUP, "ExceptionGroup: several (1 sub-exception)", id="a group"),
        pytest.param(RESOURCE, "ValueError: provider said no", id="a resource, not the summary"),
        pytest.param(SETTINGS, "error: F.yaml: bad", id="a refusal in words"),
        pytest.param(
            ENDED,
            "error: an unhandled error occurred: program exited with non-zero exit code: 3",
            id="the summary where there is nothing else",
        ),
        pytest.param(
            SEVERAL,
            "error: 1 error occurred: * creating urn: the port is taken",
            id="a headline with what it announces",
        ),
        pytest.param("noise\nerror: bad\nmore", "error: bad", id="the first error"),
        pytest.param("noise\n  fatal: gone\n", "fatal: gone", id="the last line without an error"),
        pytest.param("", "it ended with status 1", id="nothing"),
    ],
)
def test_the_line_that_says_something_is_quoted(written: str, said: str) -> None:
    assert Answer(status=1, output=written).reason == said
    assert Answer(status=1, output="", errors=written).reason == said


def test_a_traceback_that_was_cut_off_is_quoted_with_its_first_frame() -> None:
    said = Answer(status=1, output=CUT_OFF).reason

    assert said == (
        'error: Traceback (most recent call last): File "__main__.py", line 7, in <module>'
    )
