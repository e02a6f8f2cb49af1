"""What meets today, as cards of My day: when, where, who keeps it, the plan, and the act that is next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.foundation.dates import time_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.circle.states import MeetingKind
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.presenters import rounds_words
from wss_cases.pathways.common.states import Kind
from wss_cases.roster.directory.pages import whom_words
from wss_cases.workday.my_day.meetings.queries import CircleToday, ReentryToday


def circle_card(meeting: CircleToday, actor: Actor, now: datetime, students: Sequence[str]) -> dict[str, Any]:
    """Return a circle of today: whom its case is about (for its team), when, where, who keeps it, and what is next."""
    kind = str(Kind(meeting.kind).label) if meeting.kind in set(Kind) else meeting.kind
    if meeting.what is MeetingKind.COMPLETION:
        kind = _("Agreement completion meeting")
    href = url_for("pathways.pathway", case_id=meeting.case_id, pathway_id=meeting.pathway_id)
    words = _("Open the circle’s page")
    if meeting.happened is None and meeting.starts_at <= now:
        href, words = url_for("circles.answer", meeting_id=meeting.id), _("Did it take place?")
    if not meeting.of_team:
        return _led_card(meeting, kind, now)
    keeper = _("you") if meeting.keeper_id == actor.user_id else meeting.keeper
    card = _card(meeting, kind, href, words, _("keeper: %(name)s", name=keeper))
    card["meta"] = dotted(whom_words(students, actor), card["meta"])
    if meeting.plan_id is not None:
        card["plan_href"] = url_for("circle_plans.sheet", circle_plan_id=meeting.plan_id)
    return card


def _led_card(meeting: CircleToday, kind: str, now: datetime) -> dict[str, Any]:
    """Return a circle of today for a keeper who sees it and not its case."""
    href, words = url_for("keeping.circle", pathway_id=meeting.pathway_id), _("Open the circle’s page")
    if meeting.happened is None and meeting.starts_at <= now:
        href, words = url_for("keeping.answer", pathway_id=meeting.pathway_id), _("Did it take place?")
    card = _card(meeting, kind, href, words) | {"meta": meeting.room, "reference": kind}
    if meeting.plan_id is not None:
        card["plan_href"] = url_for("keeping.sheet", pathway_id=meeting.pathway_id)
    return card


def planned_card(plan: CirclePlan, start: datetime) -> dict[str, Any]:
    """Return a community circle that the person keeps today, with its plan; `start` is the beginning of the day."""
    href = url_for("circle_plans.plan", circle_plan_id=plan.id)
    return {
        "at": start,
        "title": plan.title,
        "meta": dotted(str(plan.kind.label), rounds_words(plan)),
        "href": href,
        "words": _("Open the plan"),
        "reference": plan.title,
    }


def reentry_card(meeting: ReentryToday, now: datetime) -> dict[str, Any]:
    """Return a re-entry meeting of today: when, where, and what is next about it."""
    of: dict[str, Any] = {"case_id": meeting.case_id, "pathway_id": meeting.pathway_id}
    what, href, words = _("Re-entry meeting"), url_for("pathways.pathway", **of), _("Prepare the meeting")
    if meeting.held:
        words = _("Go to the return")
    elif meeting.starts_at <= now:
        href, words = url_for("reengagement.answer", **of), _("Did it take place?")
    return _card(meeting, what, href, words)


def _card(meeting: CircleToday | ReentryToday, what: str, href: str, words: str, keeper: str = "") -> dict[str, Any]:
    return {
        "at": meeting.starts_at,
        "title": f"{time_words(meeting.starts_at, meeting.time_zone)} {what}",
        "meta": " · ".join(part for part in (meeting.reference, meeting.room, keeper) if part),
        "href": href,
        "words": words,
        "reference": meeting.reference,
    }
