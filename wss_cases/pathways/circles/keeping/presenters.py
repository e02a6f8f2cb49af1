"""A circle as its keeper sees it: who comes, when, where, the plan, what became of it. Neither case nor report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.states import MeetingState, meeting_state
from wss_cases.pathways.circles.meeting.presenters import came_by_role
from wss_cases.pathways.circles.meeting.views import TONES
from wss_cases.pathways.circles.outside.queries import outside_words
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.presenters import parts_of
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import Kind


def circle_rows(circles: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the circles that somebody leads as lines of a list."""
    return [
        {
            "title": str(Kind(one.kind).label),
            "href": url_for("keeping.circle", pathway_id=one.id),
            "meta": dotted(moment_words(one.starts_at, zone_of(one.school_id)), one.room)
            if one.starts_at is not None
            else _("No meeting is scheduled yet."),
            "tag": _("You lead it") if one.mine else None,
        }
        for one in circles
    ]


def circle_page(row: Pathway, circle: Circle, plan: CirclePlan | None, now: datetime) -> dict[str, Any]:
    """Return what a keeper's page of one circle shows. Nobody is named before a meeting is scheduled: until then no one
    has agreed to come.
    """
    waiting, zone = circle.waiting, zone_of(row.school_id)
    answered = [meeting for meeting in circle.meetings if meeting.happened is not None]
    begun = waiting is not None and waiting.starts_at <= now
    return {
        "title": str(Kind(row.kind).label),
        "when": moment_words(waiting.starts_at, zone) if waiting else "",
        "meta": _place(waiting, circle) if waiting else "",
        "people": _people(circle) if waiting else [],
        "keepers": ", ".join([*circle.keeper_names.values(), *outside_words(row.id, today_at(row.school_id, now))]),
        "answer": url_for("keeping.answer", pathway_id=row.id) if begun else None,
        "answered": [_answered(meeting, circle, zone) for meeting in answered],
        "parts": parts_of(plan) if plan else None,
        "plan": url_for("keeping.plan", pathway_id=row.id),
        "sheet": url_for("keeping.sheet", pathway_id=row.id),
    }


def _place(meeting: CircleMeeting, circle: Circle) -> str:
    leads = circle.keeper_names.get(meeting.keeper_id, "")
    return dotted(meeting.room, _("%(minutes)d minutes", minutes=meeting.minutes), leads)


def _people(circle: Circle) -> list[dict[str, str]]:
    beside: dict[int, list[str]] = {}
    for one in circle.supporters:
        if one.ended_at is None:
            beside.setdefault(one.participant_id, []).append(one.name)
    return [
        {"name": name, "beside": _("with them: %(names)s", names=", ".join(beside[key])) if key in beside else ""}
        for key, name in circle.names.items()
    ]


def _answered(meeting: CircleMeeting, circle: Circle, zone: str) -> dict[str, Any]:
    state = meeting_state(meeting.happened, meeting.not_held_reason)
    return {
        "title": moment_words(meeting.starts_at, zone),
        "tag": str(MeetingState(state).label),
        "tone": TONES.get(state, "slate"),
        "came": came_by_role(meeting, circle),
    }
