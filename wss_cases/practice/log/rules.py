"""Pure decisions about the practice log: whose an entry is, its tier, and what a class or place is called in a form."""

from typing import Any

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.practice.log.states import SECOND_TIER, PracticeKind, Purpose


def own_entry_or_team(actor: Actor, entry: Any) -> bool:
    """Who logged or led it while they work at its school; the case team has every entry of its school."""
    own = actor.user_id is not None and actor.user_id in (entry.logged_by_id, entry.led_by_id)
    return actor.covers(entry.school_id, *(STAFF if own else CASE_TEAM))


def tier_of(kind: PracticeKind, purpose: Purpose | None) -> int:
    """Return 1 for what is for everybody, 2 for what is for some or answers something that happened."""
    return 2 if kind in SECOND_TIER or purpose is Purpose.AFTER else 1


def group_value(grade: int | None, place: str) -> str:
    """Return how a form sends a grade and a class or place."""
    return f"{'' if grade is None else grade}|{place}"


def group_in(value: str) -> tuple[int | None, str]:
    """Return the grade and the class or place that a form sent."""
    grade, _bar, place = value.partition("|")
    return (int(grade) if grade else None), place
