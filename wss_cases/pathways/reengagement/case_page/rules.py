"""The next step of each live return."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.rules import LIVE, Pathway, PathwayState, Step, ids, waiting
from wss_cases.pathways.reengagement.plan.queries import days_of
from wss_cases.pathways.reengagement.plan.rules import Meeting, meeting_of


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """The next step of each live return by id: plan, meeting, first day back, review, or outcome."""
    live = [row for row in rows if row.state in LIVE]
    plans = days_of(row.id for row in live) if live else {}
    return {row.id: step_of(row, plans.get(row.id), today, now) for row in live}


def step_of(row: Pathway, plan: Any, today: date, now: datetime) -> Step:
    """The next step of a live return, decided from the days of its plan; `plan` is None without a plan. Pure."""
    if plan is None or row.state is PathwayState.PROPOSED:
        return Step("plan_return", _l("Plan the return"), "reengagement.details", ids(row), on=row.start_by)
    if plan.return_on is None:
        return Step("plan_return", _l("Enter when the student returns"), "reengagement.details", ids(row))
    meeting = meeting_of(plan)
    if meeting is Meeting.PLANNED and plan.meeting_at is not None and plan.meeting_at <= now:
        words = _l("Record whether the re-entry meeting took place")
        return Step("answer_meeting", words, "reengagement.answer", ids(row), on=plan.return_on, urgent=True)
    if plan.returned_on is None and plan.return_on <= today:
        return Step("back", _l("Is the student back?"), "reengagement.back", ids(row), on=plan.return_on)
    if plan.returned_on is None and meeting in (Meeting.NOT_PLANNED, Meeting.MISSED):
        words = _l("Plan the re-entry meeting")
        return Step("plan_meeting", words, "reengagement.meeting", ids(row), on=plan.return_on)
    if plan.returned_on is None:
        return waiting(row, plan.return_on)
    if plan.next_review_on is None:
        words = _l("Complete it with its outcome")
        return Step("complete", words, "reengagement.complete", ids(row), on=row.expected_end)
    if plan.next_review_on <= today:
        return Step("review", _l("Review the return"), "reengagement.review", ids(row), on=plan.next_review_on)
    return waiting(row, plan.next_review_on)
