"""The next step of each live mentoring pathway."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.rules import LIVE, Pathway, PathwayState, Step, ids, waiting
from wss_cases.pathways.mentoring.plan.queries import courses_of
from wss_cases.pathways.mentoring.plan.rules import last_day_of, next_due
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import Kind


def next_steps(rows: Sequence[Any], today: date, now: datetime, days: SchoolDays | None = None) -> dict[int, Step]:
    """The next step of each live pathway by id: match, answer, end, review, log, or wait for a day.

    `days`: the school's calendar, when all rows are of one school and it is loaded already.
    """
    live = [row for row in rows if row.state in LIVE]
    if not live:
        return {}
    courses = courses_of([row.id for row in live])
    schools = {row.school_id for row in live if row.id in courses}
    known = {school_id: days or school_days(school_id) for school_id in schools}
    return {row.id: step_of(row, courses.get(row.id), today, known.get(row.school_id)) for row in live}


def step_of(row: Pathway, plan: Any, today: date, days: SchoolDays | None) -> Step:
    """The next step of a live pathway, decided from its row of `courses_of`; `plan` is None without a plan. Pure."""
    if plan is None or plan.mentor_id is None:
        again = row.state is PathwayState.ACTIVE
        words = _l("Match a new mentor") if again else _l("Match with a mentor")
        return Step("match", words, "mentoring.match", ids(row), on=row.start_by, urgent=again)
    if row.state is PathwayState.PROPOSED:
        return Step("accept", _l("Record the student’s answer"), "pathway_acts.accept", ids(row), on=row.start_by)
    last = last_day_of(plan.starts_on, plan.weeks)
    if last is not None and last < today:
        return Step("finish", _l("Record how the mentoring ended"), "mentoring.finish", ids(row), on=last)
    if row.state is PathwayState.ACTIVE and plan.next_review_on is not None and plan.next_review_on <= today:
        return Step("review", _l("Review the mentoring"), "mentoring.review", ids(row), on=plan.next_review_on)
    if row.next_step and row.next_step_on is not None and row.next_step_on <= today:
        return Step("plan_step", row.next_step, "pathway_acts.plan", ids(row), on=row.next_step_on)
    if row.kind == Kind.CHECK_IN_CHECK_OUT and not plan.has_card:
        return Step("card", _l("Set up the daily card"), "mentoring.card", ids(row), on=plan.starts_on)
    return _session_step(row, plan, today, days)


def _session_step(row: Pathway, plan: Any, today: date, days: SchoolDays | None) -> Step:
    if plan.rhythm is None or plan.starts_on is None or days is None:
        return Step("course", _l("Set the schedule and the first day"), "mentoring.details", ids(row))
    due = next_due(plan, plan.logged, today, days)
    if due is None:
        return waiting(row, plan.next_review_on or last_day_of(plan.starts_on, plan.weeks))
    if plan.newest == today and due <= today:
        return waiting(row, days.add(today, 1))
    values = {"pathway_id": row.id}
    if row.kind == Kind.CHECK_IN_CHECK_OUT:
        words = _l("Check the student in")
        return Step("check_in", words, "mentoring_card.card", values, on=due, waits=due > today)
    words = _l("Log the mentoring session")
    return Step("session", words, "mentoring_sessions.student", values, on=due, waits=due > today)
