"""The circle's panel on the case page: its requirements, meetings, supporters and agreement."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import moment_words, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.agreements.pages import term_row
from wss_cases.pathways.circles.agreements.queries import may_read_terms
from wss_cases.pathways.circles.circle import models
from wss_cases.pathways.circles.circle.queries import told_who_said_what, with_known_keepers
from wss_cases.pathways.circles.circle.rules import as_told, unmet
from wss_cases.pathways.circles.meeting.pages import TONES
from wss_cases.pathways.circles.outside import outside_words
from wss_cases.pathways.circles.plans.models import plan_of
from wss_cases.pathways.circles.plans.pages import circle_plan_card
from wss_cases.pathways.circles.requirements.presenters import requirement_row
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms import completion_meeting_allowed
from wss_cases.pathways.common.models import LIVE, Panel, Pathway, PathwayState, ids
from wss_cases.training.records.models import names_of


def panel(actor: Actor, row: Pathway, today: date, now: datetime, seen: Circle | None = None) -> Panel:
    """The panel of this circle; the caller has checked the pathway. `seen`: the circle, when it was loaded already."""
    circle, values = seen or circle_of(row), ids(row)
    live = row.state in LIVE
    reads = may_read_terms(actor, row, circle)
    terms = circle.agreement.terms if circle.agreement else []
    meets_again = not circle.was_held or completion_meeting_allowed(circle)
    knows_answers = told_who_said_what(actor, row.school_id)
    requirements = as_told(
        circle.requirements_on(row.next_step_on if circle.waiting and row.next_step_on else today), knows_answers
    )
    own = {
        "ids": values,
        "live": live,
        "requirements": [requirement_row(requirement, circle, row) for requirement in requirements]
        if live and meets_again
        else [],
        "shut": len(unmet(requirements)),
        "ready": not unmet(requirements) and row.state is not PathwayState.PROPOSED,
        "planned": circle.waiting is not None,
        "parties": _parties(circle, values, knows_answers),
        "keepers": ", ".join([*circle.keeper_names.values(), *outside_words(row.id, today)]),
        "meetings": _meetings(circle, zone_of(row.school_id), now),
        "terms": [term_row(term, circle, reads, values, not row.case.result, today) for term in terms],
        "held": circle.was_held,
        "plan": circle_plan_card(plan_of(row.id), values),
        "reads": reads,
        "notes": can(actor, Permission.CIRCLE_NOTE_READ, with_known_keepers(row, circle.keeper_names)),
    }
    return Panel("pathways/circles/case_page/panel.html", own)


def _parties(circle: Circle, values: dict[str, Any], knows_answers: bool) -> list[dict[str, Any]]:
    rows = []
    for person in circle.invited:
        consent = circle.consents.get(person.id)
        supporters = [
            f"{supporter.name} ({models.SupporterRelation(supporter.relation).label})"
            for supporter in circle.supporters
            if supporter.participant_id == person.id and supporter.ended_at is None
        ]
        rows.append(
            {
                "name": circle.names[person.id],
                "href": url_for("circle_parties.party", participant_id=person.id, **values),
                "said": _said(consent) if knows_answers else "",
                "beside": _("with them: %(names)s", names=", ".join(supporters)) if supporters else "",
            }
        )
    return rows


def _said(consent: models.CircleConsent | None) -> str:
    state = models.consent_state(consent.consented, consent.not_now) if consent else models.ConsentState.NOT_ASKED
    return str(models.ConsentState(state).label)


def _meetings(circle: Circle, zone: str, now: datetime) -> list[dict[str, Any]]:
    former = {meeting.keeper_id for meeting in circle.meetings} - circle.keeper_names.keys()
    keepers = circle.keeper_names | (names_of(former) if former else {})
    return [_meeting(meeting, circle, keepers, zone, now) for meeting in circle.meetings]


def _meeting(
    meeting: models.CircleMeeting, circle: Circle, keepers: dict[int, str], zone: str, now: datetime
) -> dict[str, Any]:
    state = models.meeting_state(meeting.happened, meeting.not_held_reason)
    parts = [meeting.room, keepers.get(meeting.keeper_id, ""), _("%(minutes)d minutes", minutes=meeting.minutes)]
    came = [circle.names.get(line.participant_id or 0, "") for line in meeting.attendance if line.attended]
    came = [name for name in came if name]
    if came:
        parts.append(_("came: %(names)s", names=", ".join(came)))
    title = moment_words(meeting.starts_at, zone)
    if meeting.kind is models.MeetingKind.COMPLETION:
        title = _("%(when)s, agreement completion meeting", when=title)
    waiting = meeting.happened is None
    return {
        "id": meeting.id,
        "title": title,
        "meta": dotted(*parts),
        "tag": str(models.MeetingState(state).label),
        "tone": TONES.get(state, "slate"),
        "href": None if waiting else url_for("circles.answer", meeting_id=meeting.id),
        "waiting": waiting,
        "begun": meeting.starts_at <= now,
    }


blueprint = Blueprint("circle_follow_ups", __name__, url_prefix="/follow-ups/<int:follow_up_id>")


@blueprint.get("/agreement")
@gate(Permission.CASE_WORK)
def agreement(follow_up_id: int) -> Page:
    return _go(follow_up_id, "completion_meeting", "agreements.agreement")


@blueprint.get("/questionnaires")
@gate(Permission.CASE_WORK)
def questionnaires(follow_up_id: int) -> Page:
    return _go(follow_up_id, "questionnaire", "questionnaires.questionnaires")


def _go(follow_up_id: int, kind: str, endpoint: str) -> Page:
    follow_up = get_follow_up(current_actor(), follow_up_id)
    if follow_up.kind != kind or follow_up.case_id is None or follow_up.pathway_id is None:
        raise NotFound
    return redirect(url_for(endpoint, case_id=follow_up.case_id, pathway_id=follow_up.pathway_id), 303)


ROOM = Room(pages=(blueprint,))
