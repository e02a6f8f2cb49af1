"""Mentoring on the case page: its panel and its next step."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import CaseOrigin
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.school_time import day_words, day_words_with_year, today_at
from wss_cases.pathways.common.models import LIVE, Panel, Pathway, PathwayState, Step, ids, waiting
from wss_cases.pathways.mentoring.opening import start_of, start_rows
from wss_cases.pathways.mentoring.plan import models, queries, rules
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind

MOST_SESSIONS = 5
STANDS_TONES = {"goal_reached": "moss", "goal_partly_reached": "sun"}


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """The mentoring panel on the case page; the caller has checked the pathway."""
    plan, days = queries.plan_of(row.id), school_days(row.school_id)
    until = today if row.ended_at is None else min(today, today_at(row.school_id, row.ended_at))
    live = row.state in LIVE
    matched = plan is not None and plan.mentor_id is not None
    values: dict[str, Any] = {
        "live": live,
        "active": row.state is PathwayState.ACTIVE,
        "matched": matched,
        "logged_now": matched and row.state in queries.LOGGED,
        "rows": _rows(plan) if plan is not None else [],
        "match": url_for("mentoring.match", **ids(row)),
        "course": url_for("mentoring.details", **ids(row)) if live else None,
        "review": url_for("mentoring.review", **ids(row)),
        "finish": url_for("mentoring.finish", **ids(row)),
        "log": url_for("mentoring_sessions.student", pathway_id=row.id),
        "reviews": [_review(review) for review in queries.reviews_of(row.id)],
        "started": _started(row),
    }
    if plan is not None:
        values |= _delivered(row, plan, until, days)
    if row.kind == Kind.CHECK_IN_CHECK_OUT:
        values |= _card(row, until, days, plan is not None)
    return Panel("pathways/mentoring/case_page/panel.html", values)


def _started(row: Pathway) -> list[dict[str, str]]:
    start = start_of(row.case_id) if row.case.harm_kind == CaseOrigin.SUPPORT else None
    return start_rows(start) if start is not None else []


def _rows(plan: models.MentoringPlan) -> list[dict[str, str]]:
    codes = [code for code in plan.match_reasons.split(",") if code in set(models.Reason)]
    mentor = plan.mentor.name if plan.mentor else ""
    organisation = plan.mentor.organisation if plan.mentor else ""
    parts = (
        (_("Mentor"), dotted(mentor, organisation)),
        (_("Group"), plan.group.name if plan.group else ""),
        (_("Why this mentor"), " · ".join(str(models.Reason(code).label) for code in codes)),
        (_("Goal"), plan.goal),
        (_("Schedule"), rules.rhythm_words(plan)),
        (_("First and last day"), rules.span_words(plan)),
        (_("Next review"), day_words_with_year(plan.next_review_on)),
        (_("What comes next"), str(models.After(plan.comes_after).label) if plan.comes_after else ""),
    )
    return [{"label": label, "value": value} for label, value in parts if value]


def _delivered(row: Pathway, plan: models.MentoringPlan, until: date, days: SchoolDays) -> dict[str, Any]:
    logged = queries.sessions_of(row.id)
    if not logged and plan.rhythm is None and plan.mentor_id is None:
        return {}
    delivered = rules.dose(plan, logged, until, days)
    return {
        "dose": {
            "title": rules.dose_sentence(delivered),
            "rows": rules.dose_rows(delivered),
            "minutes": rules.minutes_words(delivered),
        },
        "sessions": [_session(session) for session in logged[:MOST_SESSIONS]],
    }


def _session(session: models.MentoringSession) -> dict[str, str]:
    words, tone = rules.session_words(session)
    return {"day": day_words(session.on_day), "tag": words, "tone": tone, "note": session.note}


def _card(row: Pathway, until: date, days: SchoolDays, planned: bool) -> dict[str, Any]:
    card, card_days = queries.card_and_days(row.id, rules.school_days_back(until, days)[0])
    lines = url_for("mentoring.card", **ids(row)) if row.state in LIVE else None
    if card is None:
        return {"card_asked": True, "card_lines": lines}
    usable = planned and row.state in queries.LOGGED
    return {
        "card_asked": True,
        "card_lines": lines,
        "teachers": url_for("periods.teachers", **ids(row)) if row.state in LIVE else None,
        "chart": rules.card_chart(card, card_days, until, days),
        "card": url_for("mentoring_card.card", pathway_id=row.id) if usable else None,
    }


def _review(review: models.MentoringReview) -> dict[str, str]:
    return {
        "title": day_words_with_year(review.on_day),
        "tag": str(models.STANDS_LABELS[review.goal_stands]),
        "tone": STANDS_TONES.get(review.goal_stands, "slate"),
        "note": dotted(str(models.GoesOn(review.goes_on).label), review.note),
    }


def next_steps(rows: Sequence[Any], today: date, now: datetime, days: SchoolDays | None = None) -> dict[int, Step]:
    """The next step of each live pathway by id: match, answer, end, review, log, or wait for a day.

    `days`: the school's calendar, when all rows are of one school and it is loaded already.
    """
    live = [row for row in rows if row.state in LIVE]
    if not live:
        return {}
    courses = queries.courses_of([row.id for row in live])
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
    last = rules.last_day_of(plan.starts_on, plan.weeks)
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
    due = rules.next_due(plan, plan.logged, today, days)
    if due is None:
        return waiting(row, plan.next_review_on or rules.last_day_of(plan.starts_on, plan.weeks))
    if plan.newest == today and due <= today:
        return waiting(row, days.add(today, 1))
    values = {"pathway_id": row.id}
    if row.kind == Kind.CHECK_IN_CHECK_OUT:
        words = _l("Check the student in")
        return Step("check_in", words, "mentoring_card.card", values, on=due, waits=due > today)
    words = _l("Log the mentoring session")
    return Step("session", words, "mentoring_sessions.student", values, on=due, waits=due > today)
