"""A return on the case page: its panel and its next step."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.school_time import day_words, day_words_with_year, district_zone, moment_words
from wss_cases.pathways.common.models import LIVE, Panel, Pathway, PathwayState, Step, ids, waiting
from wss_cases.pathways.reengagement.opening import tone_of
from wss_cases.pathways.reengagement.plan import (
    AwayCause,
    Meeting,
    ReengagementPlan,
    ReviewAnswer,
    days_of,
    meeting_of,
    plan_of,
    return_words,
    reviews_of,
)
from wss_cases.roster.directory.queries import get_school, school_days

REVIEW_TONES = {ReviewAnswer.SETTLED: "moss", ReviewAnswer.NEEDS_MORE: "sun", ReviewAnswer.NOT_BACK: "brick"}


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """The return's panel on the case page; the caller has checked the pathway."""
    plan, days = plan_of(row.id), school_days(row.school_id)
    live = row.state in LIVE
    values: dict[str, Any] = {
        "live": live,
        "planned": row.state is not PathwayState.PROPOSED,
        "plan_href": url_for("reengagement.details", **ids(row)),
        "until": "",
        "rows": [],
        "meeting": None,
        "reviews": [],
    }
    if plan is not None:
        waits = row.state is PathwayState.PREPARING and plan.returned_on is None
        is_reviewed = row.state is PathwayState.ACTIVE and plan.returned_on is not None
        words = return_words(plan.return_on, plan.returned_on, today, days)
        values |= {
            "until": words if live or plan.returned_on else "",
            "tone": tone_of(plan.return_on, plan.returned_on, today, days),
            "rows": _rows(plan),
            "meeting": _meeting(row, plan, now),
            "back_href": url_for("reengagement.back", **ids(row)) if waits else None,
            "review_href": url_for("reengagement.review", **ids(row)) if is_reviewed else None,
            "next_review": day_words(plan.next_review_on),
            "reviews": [
                {
                    "title": day_words(return_review.on_day),
                    "note": return_review.note or None,
                    "tag": str(ReviewAnswer(return_review.answer).label),
                    "tone": REVIEW_TONES.get(return_review.answer, "slate"),
                }
                for return_review in reviews_of(row.id)
            ],
        }
    return Panel("pathways/reengagement/case_page/panel.html", values)


def _rows(plan: ReengagementPlan) -> list[dict[str, Any]]:
    return [
        {"label": _("Reason for being away"), "value": str(AwayCause(plan.cause).label) if plan.cause else ""},
        {"label": _("First day away"), "value": day_words_with_year(plan.away_from)},
        {"label": _("First day back"), "value": day_words_with_year(plan.returned_on or plan.return_on)},
        {"label": _("Who the student wants with them"), "value": plan.supporters},
        {"label": _("Supports"), "value": plan.supports},
        {"label": _("Missed work"), "value": plan.work_missed},
    ]


def _meeting(row: Pathway, plan: ReengagementPlan, now: datetime) -> dict[str, Any]:
    school = get_school(row.school_id)
    zone = school.time_zone if school else district_zone()
    standing = meeting_of(plan)
    live = row.state in LIVE and row.state is not PathwayState.PROPOSED
    when = dotted(moment_words(plan.meeting_at, zone), plan.meeting_place)
    begun = plan.meeting_at is not None and plan.meeting_at <= now
    may_plan = live and standing is not Meeting.HELD and plan.return_on is not None
    return {
        "state": str(Meeting(standing).label),
        "tone": {Meeting.HELD: "moss", Meeting.PLANNED: "teal", Meeting.MISSED: "sun"}.get(standing, "slate"),
        "when": when if plan.meeting_at is not None else "",
        "plan_words": _("Reschedule it") if standing is Meeting.PLANNED else _("Schedule the meeting"),
        "plan_href": url_for("reengagement.meeting", **ids(row)) if may_plan else None,
        "begun": live and standing is Meeting.PLANNED and begun,
        "answer_words": _("Did it take place?") if begun else _("It will not take place"),
        "answer_href": url_for("reengagement.answer", **ids(row))
        if live and standing not in (Meeting.HELD, Meeting.NOT_WANTED)
        else None,
    }


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
