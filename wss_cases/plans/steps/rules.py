"""Pure: when a step of a plan is due as a follow-up, and what is missing before it may be closed."""

from dataclasses import dataclass
from datetime import date

from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.pages import outcomes_of
from wss_cases.followups.core.states import PLAN_STEP
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.roster.directory.rules import SchoolDays


@dataclass(frozen=True)
class Shown:
    """What somebody says that shows how a step went: on which day, and in words."""

    on_day: date | None
    evidence: str


def due_day(planned: date, today: date, days: SchoolDays) -> date:
    """Return the school day on which a step is due that is planned for a date; one that is past has until the next."""
    return days.on_or_after(planned) if planned >= today else days.add(today, 1)


def is_overdue(state: FollowUpState | None, due_on: date, today: date) -> bool:
    """Whether a step that somebody is asked for is late."""
    return state is FollowUpState.OPEN and due_on < today


def lacking(outcome: str, shown: Shown, earliest: date, today: date) -> tuple[str, str] | None:
    """Return (field, words) of what is missing before a step may close with this outcome; None when nothing is.

    It was done between `earliest`, the first day of the plan's years, and today.
    """
    if outcome not in outcomes_of(PLAN_STEP):
        return "outcome", _("Choose how it went.")
    if shown.on_day is None:
        return "on_day", _("Enter the day.")
    if not earliest <= shown.on_day <= today:
        return "on_day", _("Choose a day between %(first)s and today.", first=day_words_with_year(earliest))
    if not shown.evidence.strip():
        if outcome == "done":
            return "evidence", _("Describe what shows that it was done. A step closes only with evidence.")
        return "evidence", _("Describe what was done and what is left.")
    return None
