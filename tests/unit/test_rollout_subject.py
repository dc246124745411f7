"""What a rollout changes in a stack file, and what it leaves to people."""

from rf.rollout.core import PaceArgs, version_plan
from rf.rollout.subject import VersionSubject
from rf.stack_edit import edited

SUBJECT = VersionSubject(service="triton", version="0" * 12, changes={"image": "triton:2"})
GATES = {"rollout": {"services": {"triton": {"gates": {"error_rate": 0.1}}}}}


def test_the_gates_that_people_set_survive_a_rollback() -> None:
    during = edited(GATES, SUBJECT.prepare() | SUBJECT.back(10))

    assert edited(during, SUBJECT.clear()) == GATES


def test_they_survive_a_promotion() -> None:
    during = edited(GATES, SUBJECT.prepare())
    last = version_plan("triton", PaceArgs()).stages[-1]

    assert edited(during, SUBJECT.enter(last, None)) == GATES


def test_a_section_that_only_the_rollout_wrote_goes_with_it() -> None:
    during = edited({}, SUBJECT.prepare() | SUBJECT.back(10))

    assert edited(during, SUBJECT.clear()) == {}
