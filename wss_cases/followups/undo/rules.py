"""Pure rules of several follow-ups at once, and of taking back what was just done."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.followups.core.states import RECORDED_ELSEWHERE
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.roster.directory.rules import SchoolDays

UNDO_FOR = timedelta(minutes=10)
MOST_AT_ONCE = 100
"""How many follow-ups are moved in one act: the rest stay for the next."""

SPREAD = (2, 3, 5, 10)
"""Over how many school days a heap can be spread."""


class CannotUndo(Labelled):
    """Why an act stands and is not taken back."""

    TAKEN_BACK = "taken_back", _l("This was already undone.")
    TOO_LATE = "too_late", _l("This can be undone for only ten minutes. Change it on its own page.")
    CHANGED = "changed", _l("Someone has changed it since. See its own page.")
    BUILT_ON = "built_on", _l("What it belongs to has since ended. Reopen that first.")


@dataclass(frozen=True)
class Standing:
    """How an act on one follow-up stands now: when it was done, the version it left, and what is there today."""

    at: datetime
    undone: bool
    version: int
    version_now: int
    ended_since: bool


def why_not_undone(act: Standing, now: datetime) -> CannotUndo | None:
    """Return why an act of one's own may not be taken back; None when it may.

    A clock that was put back does not lengthen the ten minutes: an act of the future is too late as well.
    """
    if act.undone:
        return CannotUndo.TAKEN_BACK
    if not timedelta(0) <= now - act.at <= UNDO_FOR:
        return CannotUndo.TOO_LATE
    if act.version != act.version_now:
        return CannotUndo.CHANGED
    return CannotUndo.BUILT_ON if act.ended_since else None


_ITS_OWN_PAGE = _l("Its date is set where it is recorded.")
FIXED: dict[str, Any] = {
    **dict.fromkeys(RECORDED_ELSEWHERE, _ITS_OWN_PAGE),
    "agreement_term": _l("The people who made the agreement chose this day."),
    "contact_person_harmed": _l("Someone was harmed: move it separately, with its own reason."),
    "care_screen": _l("It is due the same day."),
    "case_review": _l("Its date is set on the case."),
    "referral_consent_ends": _l("The family’s consent ends on this day."),
}
"""Kinds that no bulk act moves, and why."""

SAME_DAY = _l("It is due the same day.")


def why_fixed(kind: str, same_day: bool) -> Any:
    """Return in words why a follow-up is not moved together with others; None when it may be."""
    if kind in FIXED:
        return FIXED[kind]
    return SAME_DAY if same_day else None


def spread(count: int, today: date, number: int, days: SchoolDays) -> list[date]:
    """Return a day for each of `count` things in order, over the next `number` school days, as evenly as can be."""
    chosen = [days.add(today, ahead + 1) for ahead in range(number)]
    return [chosen[place * number // count] for place in range(count)]
