"""The one next act of each live mentoring pathway."""

from collections.abc import Sequence
from datetime import date, datetime

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE, Kind, PathwayState
from wss_cases.pathways.common.steps import Step, ids, waiting
from wss_cases.pathways.mentoring.plan.models import MentoringPlan
from wss_cases.pathways.mentoring.plan.queries import logged_of, plans_of, with_card
from wss_cases.pathways.mentoring.plan.rules import last_day_of, next_due
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """Return the next act of each live pathway by its id: match, answer, end, review, log, or wait for a day."""
    live = [row for row in rows if row.state in LIVE]
    if not live:
        return {}
    numbers = [row.id for row in live]
    plans, cards, logged = (
        plans_of(numbers),
        with_card([row.id for row in live if row.kind == Kind.CHECK_IN_CHECK_OUT]),
        logged_of(numbers),
    )
    days = {school_id: school_days(school_id) for school_id in {row.school_id for row in live}}
    return {
        row.id: step_of(
            row, plans.get(row.id), row.id in cards, logged.get(row.id, (0, None)), today, days[row.school_id]
        )
        for row in live
    }


def step_of(
    row: Pathway,
    plan: MentoringPlan | None,
    has_card: bool,
    logged: tuple[int, date | None],
    today: date,
    days: SchoolDays,
) -> Step:
    """Return the next act of one live pathway; `logged`: how many sessions so far, and the newest day. Pure."""
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
    if row.kind == Kind.CHECK_IN_CHECK_OUT and not has_card:
        return Step("card", _l("Set up the daily card"), "mentoring.card", ids(row), on=plan.starts_on)
    return _session_step(row, plan, *logged, today, days)


def _session_step(
    row: Pathway, plan: MentoringPlan, logged: int, newest: date | None, today: date, days: SchoolDays
) -> Step:
    if plan.rhythm is None or plan.starts_on is None:
        return Step("course", _l("Set the schedule and the first day"), "mentoring.details", ids(row))
    due = next_due(plan, logged, today, days)
    if due is None:
        return waiting(row, plan.next_review_on or last_day_of(plan.starts_on, plan.weeks))
    if newest == today and due <= today:
        return waiting(row, days.add(today, 1))
    values = {"pathway_id": row.id}
    if row.kind == Kind.CHECK_IN_CHECK_OUT:
        words = _l("Check the student in")
        return Step("check_in", words, "mentoring_card.card", values, on=due, waits=due > today)
    words = _l("Log the mentoring session")
    return Step("session", words, "mentoring_sessions.student", values, on=due, waits=due > today)
