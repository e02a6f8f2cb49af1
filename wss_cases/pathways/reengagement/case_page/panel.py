"""What the case page shows of a return: days until it, the plan, the re-entry meeting, reviews."""

from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.foundation.dates import day_words, day_words_with_year, moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district_zone
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE, PathwayState
from wss_cases.pathways.common.steps import Panel, ids
from wss_cases.pathways.reengagement.plan.models import ReengagementPlan
from wss_cases.pathways.reengagement.plan.queries import plan_of, reviews_of
from wss_cases.pathways.reengagement.plan.rules import meeting_of, return_words
from wss_cases.pathways.reengagement.plan.states import AwayCause, Meeting, ReviewAnswer
from wss_cases.pathways.reengagement.returns.views import tone_of
from wss_cases.roster.directory.queries import get_school, school_days

REVIEW_TONES = {ReviewAnswer.SETTLED: "moss", ReviewAnswer.NEEDS_MORE: "sun", ReviewAnswer.NOT_BACK: "brick"}


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """Return this pathway's own part of the case page; the caller has checked the pathway."""
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
                    "title": day_words(one.on_day),
                    "note": one.note or None,
                    "tag": str(ReviewAnswer(one.answer).label),
                    "tone": REVIEW_TONES.get(one.answer, "slate"),
                }
                for one in reviews_of(row.id)
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
