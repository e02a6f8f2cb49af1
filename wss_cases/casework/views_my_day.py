"""My day: what is due, what meets today, what waits for me; each one tap from its act."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.engine import might
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.states import CaseState
from wss_cases.casework.queries import TERM_KIND
from wss_cases.casework.queries_my_day import (
    REVIEWERS,
    CircleToday,
    Item,
    MyDay,
    Waiting,
    my_day,
    own_reports,
)
from wss_cases.casework.views_page import harm_words
from wss_cases.casework.words_desk import cover_words
from wss_cases.followups.states import CONVERSATION, RECORD_PAGES, RECORDED_ELSEWHERE
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, long_day_words, time_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.incidents.states import STATE_LABELS
from wss_cases.pathways.common.states import KIND_LABELS, Kind
from wss_cases.pathways.mentoring.queries import my_students
from wss_cases.pathways.mentoring.views_sessions import rows_of
from wss_cases.pathways.reengagement.views_returns import return_lines

blueprint = Blueprint("my_day", __name__)

NOON, EVENING = 12, 17
MOST_MENTORED = 6
TAGS = {"overdue": "brick", "today": "sun"}


@blueprint.get("/my-day")
@gate(Permission.FOLLOWUP_READ)
def page() -> Page:
    """The home page of everyone who works in a school."""
    actor, now = current_actor(), clock.now()
    day = my_day(actor, now)
    team = actor.has(*CASE_TEAM)
    reports = [] if team else _reports(actor)
    return render_template(
        "casework/my_day.html",
        greeting=_greeting(clock.local(now, day.time_zone).hour),
        lede=_lede(day),
        overdue=[_row(item) for item in day.overdue],
        due_today=[_row(item) for item in day.due_today],
        coming=[_row(item) for item in day.coming],
        circles=[_circle(meeting, actor, now) for meeting in day.circles],
        waiting=_waiting(day.waiting),
        waiting_count=day.waiting.count,
        caseload=_caseload(day) if team else None,
        reports=reports,
        mentoring=_mentoring(actor),
        returns=return_lines(actor) if team else [],
        team=team,
        reviewer=actor.has(*REVIEWERS),
        empty=day.is_empty,
        covers=[cover_words(row, actor) for row in day.covers],
    )


def _mentoring(actor: Actor) -> dict[str, Any] | None:
    found = my_students(actor)
    rows = [row for row in rows_of(found) if not row["waits"]]
    return {"students": rows[:MOST_MENTORED], "count": len(rows)} if found else None


def _greeting(hour: int) -> str:
    if hour < NOON:
        return _("Good morning")
    return _("Good afternoon") if hour < EVENING else _("Good evening")


def _lede(day: MyDay) -> str:
    parts = []
    if day.overdue:
        parts.append(_("%(number)d overdue", number=len(day.overdue)))
    if day.due_today:
        parts.append(_("%(number)d due today", number=len(day.due_today)))
    if len(day.circles) == 1:
        [circle] = day.circles
        parts.append(_("1 circle at %(time)s", time=time_words(circle.starts_at, circle.time_zone)))
    elif day.circles:
        parts.append(_("%(number)d circles today", number=len(day.circles)))
    counts = ", ".join(parts) or _("nothing due today")
    return f"{long_day_words(day.today)} · {counts}"


def _row(item: Item) -> dict[str, Any]:
    row = item.row
    harm = harm_words(row.harm_kind) if row.harm_kind else ""
    whose = "" if row.owner_id == current_actor().user_id else _("for %(name)s", name=row.owner)
    href = url_for("followups.follow_up", follow_up_id=row.id)
    if row.kind == CONVERSATION and might(current_actor(), Permission.INCIDENT_REVIEW):
        act, words = url_for("review_acts.conversation", incident_id=row.incident_id), _("How did it go?")
    elif row.kind in RECORDED_ELSEWHERE and row.kind in RECORD_PAGES:
        act = url_for(RECORD_PAGES[row.kind], follow_up_id=row.id)
        words = _("Kept?") if row.kind == TERM_KIND else _("Record it")
    else:
        act, words = href, _("Record it")
    return {
        "title": row.title,
        "href": href,
        "meta": " · ".join(part for part in (row.reference, harm, whose) if part),
        "reference": row.reference,
        "due": item.due.words,
        "tone": TAGS.get(item.due.state, "slate"),
        "act": act,
        "act_words": words,
    }


def _circle(meeting: CircleToday, actor: Actor, now: datetime) -> dict[str, Any]:
    kind = str(KIND_LABELS[Kind(meeting.kind)]) if meeting.kind in set(Kind) else meeting.kind
    href = url_for("pathways.pathway", case_id=meeting.case_id, pathway_id=meeting.pathway_id)
    words = _("Open the circle’s page")
    if meeting.happened is None and meeting.starts_at <= now:
        href, words = url_for("circles.answer", meeting_id=meeting.id), _("Did it happen?")
    keeper = _("you") if meeting.keeper_id == actor.user_id else meeting.keeper
    return {
        "title": f"{time_words(meeting.starts_at, meeting.time_zone)} {kind}",
        "meta": " · ".join(
            part for part in (meeting.reference, meeting.room, _("keeper: %(name)s", name=keeper)) if part
        ),
        "href": href,
        "words": words,
        "reference": meeting.reference,
    }


def _waiting(waiting: Waiting) -> list[dict[str, str]]:
    found = []
    if waiting.to_review:
        words = ngettext("%(num)d report to review", "%(num)d reports to review", waiting.to_review)
        found.append({"title": words, "href": url_for("review.queue"), "meta": _("Read why, and decide")})
    if waiting.duties:
        words = ngettext("%(num)d legal duty is open", "%(num)d legal duties are open", waiting.duties)
        found.append(
            {"title": words, "href": url_for("safeguards.duties"), "meta": _("Whom to tell, and by when")}
        )
    for case_id, reference, harm in waiting.new_cases:
        href = url_for("casework.case", case_id=case_id)
        found.append({"title": _("New case"), "href": href, "meta": f"{reference} · {harm_words(harm)}"})
    for incident_id, reference in waiting.questions:
        href = url_for("incidents.incident", incident_id=incident_id)
        found.append({"title": _("A question about your report"), "href": href, "meta": reference})
    return found


def _caseload(day: MyDay) -> dict[str, Any]:
    count = day.caseload
    preparing = count.get(CaseState.INTAKE, 0) + count.get(CaseState.PREPARING, 0)
    process, watching = count.get(CaseState.IN_PROCESS, 0), count.get(CaseState.MONITORING, 0)
    words = [
        (preparing, _("%(number)d preparing", number=preparing)),
        (process, _("%(number)d in process", number=process)),
        (watching, _("%(number)d watching an agreement", number=watching)),
    ]
    said = [text for number, text in words if number]
    if day.stuck:
        said.append(_("%(number)d with a review overdue", number=day.stuck))
    return {
        "total": sum(count.values()),
        "parts": [(preparing, 1), (process, 2), (watching, 3)],
        "words": " · ".join(said),
    }


def _reports(actor: Actor) -> list[dict[str, str]]:
    return [
        {
            "title": f"{reference} · {harm_words(tile)}",
            "href": url_for("incidents.incident", incident_id=incident_id),
            "meta": day_words(day),
            "state": str(STATE_LABELS[state]),
        }
        for incident_id, reference, tile, state, day in own_reports(actor)
    ]
