"""Weekly cron expressions: the five fields, of which a week needs three.

The syntax is what KEDA's parser (robfig/cron v3) takes: days 0 to 6 or sun to sat, no 7, and no
range across the end of the week.
"""

import re
from functools import cache

DAY = 24 * 60
WEEK = 7 * DAY
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
HINT = "write MINUTE HOUR * * DAYS with single numbers, such as 0 7 * * mon-fri or 30 18 * * *"


@cache
def moments(cron: str) -> tuple[int, ...]:
    """The minutes since Sunday 00:00 at which ``cron`` strikes, sorted; ValueError in words."""
    found = re.fullmatch(r"(\d{1,2}) (\d{1,2}) \* \* (\S+)", cron)
    if found is None:
        message = f"is no weekly cron expression: {HINT}"
        raise ValueError(message)
    minute, hour, days = int(found[1]), int(found[2]), found[3]
    if minute >= 60 or hour >= 24:  # noqa: PLR2004 what a clock shows
        message = f"has no such time of day: {HINT}"
        raise ValueError(message)
    return tuple(sorted(day * DAY + hour * 60 + minute for day in _days(days)))


def longest_gap(cron: str) -> int:
    """The most minutes from one moment of ``cron`` to the next; ValueError as ``moments``."""
    found = moments(cron)
    turns = zip(found, (*found[1:], found[0] + WEEK), strict=True)
    return max(after - before for before, after in turns)


def _days(text: str) -> set[int]:
    if text == "*":
        return set(range(7))
    found: set[int] = set()
    for item in text.split(","):
        first, dash, last = item.partition("-")
        start, end = _day(first), _day(last if dash else first)
        if start > end:
            message = (
                f"has the days {item}, which wrap around Sunday; name each day, as fri,sat,sun"
            )
            raise ValueError(message)
        found.update(range(start, end + 1))
    return found


def _day(text: str) -> int:
    name = text.lower()
    if name in DAYS:
        return DAYS.index(name)
    if re.fullmatch("[0-6]", name):
        return int(name)
    message = f"has the day {text!r}; days are {', '.join(DAYS)}, or 0 (Sunday) to 6"
    raise ValueError(message)
