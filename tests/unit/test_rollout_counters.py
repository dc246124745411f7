"""From raw counters to what was added, whatever restarts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rf.rollout.core import Counts, Pod, Poll, Step, increase, windows, without_repeats
from rf.rollout.core.counters import total
from tests.unit.rollout_evidence import NONE, counts, poll


def test_a_window_holds_what_was_added_between_two_polls() -> None:
    step = Step(weight=10, polls=(poll(0, counts(100, 3)), poll(2, counts(130, 4), counts(50))))

    (window,) = windows(step)

    assert (window.start, window.end) == (0, 2)
    assert (window.candidate.requests, window.candidate.errors) == (30, 1)
    assert window.control.requests == 50


def test_a_counter_that_fell_says_that_the_pod_began_at_zero() -> None:
    added = increase(counts(1000, 9), counts(40, 2))

    assert (added.requests, added.errors, added.resets) == (40, 2, 1)


def test_one_fallen_counter_resets_all_even_if_others_have_overtaken() -> None:
    added = increase(counts(100, errors=50), counts(120, errors=1))

    assert (added.requests, added.errors) == (120, 1)


def test_buckets_that_would_not_be_cumulative_are_a_restart() -> None:
    before = Counts(requests=10, durations=(0, 10))
    after = Counts(requests=12, durations=(11, 12))

    assert increase(before, after).durations == (11, 12)


def test_changed_buckets_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="2 duration buckets became 3"):
        increase(Counts(durations=(1, 2)), Counts(durations=(1, 2, 3)))


def test_a_pod_that_misses_a_poll_goes_on_from_its_last() -> None:
    def at(time: float, **pods: int) -> Poll:
        return Poll(at=time, pods={n: Pod(candidate=counts(r)) for n, r in pods.items()})

    step = Step(weight=10, polls=(at(0, a=5, b=5), at(2, a=6), at(4, a=7, b=9)))

    assert [window.candidate.requests for window in windows(step)] == [1, 5]


def test_a_pod_first_seen_later_is_counted_from_its_second_poll() -> None:
    def at(time: float, **pods: int) -> Poll:
        return Poll(at=time, pods={n: Pod(candidate=counts(r)) for n, r in pods.items()})

    step = Step(weight=10, polls=(at(0, a=0), at(2, a=1, b=900), at(4, a=1, b=903)))

    assert [window.candidate.requests for window in windows(step)] == [1, 3]


@given(
    added=st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30),
)
def test_whatever_restarts_nothing_that_was_polled_is_lost_or_doubled(
    added: list[tuple[int, bool]],
) -> None:
    """A restart right after a poll loses nothing, as long as it shows: the counter falls."""
    shown, expected, polls = 1000, 0, [poll(0, counts(1000))]
    for at, (requests, restarts) in enumerate(added, start=1):
        falls = restarts and requests < shown
        shown = requests if falls else shown + requests
        expected += requests
        polls.append(poll(at, counts(shown)))

    found = windows(Step(weight=10, polls=tuple(polls)))

    assert sum(window.candidate.requests for window in found) == expected


@given(st.lists(st.integers(0, 2), max_size=30))
def test_leaving_out_repeats_loses_no_count_and_no_end(added: list[int]) -> None:
    shown, polls = 0, []
    for at, requests in enumerate(added):
        shown += requests
        polls.append(poll(at, counts(shown)))

    kept = without_repeats(polls)

    total = sum(w.candidate.requests for w in windows(Step(weight=1, polls=tuple(polls))))
    assert sum(w.candidate.requests for w in windows(Step(weight=1, polls=kept))) == total
    assert kept[:1] == tuple(polls[:1])
    assert kept[-1:] == tuple(polls[-1:])


def test_negative_counts_and_buckets_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Counts(requests=-1)
    with pytest.raises(ValueError, match="not cumulative"):
        Counts(durations=(3, 2))


def test_nothing_adds_nothing() -> None:
    assert total([NONE, counts(3, 1), Counts()]) == counts(3, 1)
    assert total([]) == Counts()


def test_different_buckets_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        total([Counts(durations=(1,)), Counts(durations=(1, 2))])
