"""Pure decisions about rounds: when one is open, how much a code takes in an hour, and how a tally is written."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from wss_cases.surveys.instrument.states import VALUES, SurveyScale

HOUR: Final = timedelta(hours=1)
MOST_BY_LINK, MOST_BY_WALL = 20, 200
"""What is sent by one link in an hour, refused or not; by the code on the wall as many as a few classes can."""

NOTICE: Final = timedelta(days=7)
"""For so long families know of a round before it opens."""

LONGEST: Final = timedelta(days=60)

FEWEST: Final = 10
"""Answers to a question from which on it is counted at all."""

AGAIN: Final = timedelta(days=30)
"""For so long a group of which ten or more answered is not asked again: the same people and one more would tell by the
difference what that one said."""

DIGITS: Final = 6

Counts = dict[str, int]
"""How often each value of each question was chosen, by `question:value`."""


def is_open(one: Any, today: date) -> bool:
    """Whether a round takes answers. A row with `counted_at`, `opens_on`, `closes_on`."""
    return one.counted_at is None and one.opens_on <= today <= one.closes_on


def hour_of(began: datetime | None, now: datetime) -> datetime:
    """Return when the hour began in which something is sent: the one that runs, or a new one."""
    return began if began is not None and now - began < HOUR else now


def blank(questions: Sequence[tuple[str, SurveyScale]]) -> Counts:
    """Return the counts of questions that no one has answered yet."""
    return {f"{code}:{value}": 0 for code, scale in questions for value in VALUES[scale]}


def counted(counts: Counts, values: Mapping[str, int]) -> Counts:
    """Return counts with one answer more. Raises KeyError for a question or value that is not asked."""
    chosen = [f"{code}:{value}" for code, value in values.items()]
    if not set(chosen) <= set(counts):
        raise KeyError(chosen)
    return {name: number + (name in chosen) for name, number in counts.items()}


def written(counts: Counts) -> str:
    """Return counts as a text of one length, whatever they are."""
    return "\n".join(f"{name}={number:0{DIGITS}d}" for name, number in counts.items())


def read(text: str) -> Counts:
    """Return the counts that `written` wrote."""
    return {name: int(number) for name, number in (line.split("=") for line in text.splitlines())}
