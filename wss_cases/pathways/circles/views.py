"""Pages of circles: the list, consent, holds, the meeting and what came of it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.actor import CASE_TEAM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.school_choice import chosen_school_id
from wss_cases.cases.queries import get_participant
from wss_cases.cases.rules import person_words
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, moment_words, time_words
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.pages import Page, form_page
from wss_cases.pathways.circles import actions, actions_meeting
from wss_cases.pathways.circles.agreements.queries import term_of_follow_up
from wss_cases.pathways.circles.forms import AnswerForm, ConsentForm, LiftForm, MeetingForm
from wss_cases.pathways.circles.queries import (
    MeetingRow,
    circle_of,
    get_meeting,
    meetings_between,
)
from wss_cases.pathways.circles.states import NotHeld
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.states import KIND_LABELS, Kind
from wss_cases.pathways.common.views import ACT, act_context, page_of, today_of
from wss_cases.roster.queries import get_school, school_days

blueprint = Blueprint("circles", __name__)

ZONE = "America/Chicago"
PATHWAY = "/cases/<int:case_id>/pathways/<int:pathway_id>"


def zone_of(school_id: int | None) -> str:
    """Return a school's time zone; the district's where no school is chosen."""
    school = get_school(school_id) if school_id is not None else None
    return school.time_zone if school else ZONE


@blueprint.get("/circles")
@gate(Permission.CASE_WORK)
def circles() -> Page:
    """Meetings that need an answer, those of today, and those to come."""
    actor, now = current_actor(), clock.now()
    school_id = chosen_school_id(actor, *CASE_TEAM)
    zone = zone_of(school_id)
    today = clock.local_date(now, zone)
    midnight = clock.at_local(today, 0, 0, zone)
    tomorrow = clock.at_local(today + timedelta(days=1), 0, 0, zone)
    return render_template(
        "circles/circles.html",
        to_answer=meetings_between(actor, school_id, None, midnight, waiting=True),
        today=meetings_between(actor, school_id, midnight, tomorrow),
        coming=meetings_between(actor, school_id, tomorrow, None, waiting=True),
        past=meetings_between(actor, school_id, None, midnight, newest_first=True, limit=15),
        words=lambda row: _words(row, zone),
        now=now,
    )


def _words(row: MeetingRow, zone: str) -> dict[str, str]:
    kind = str(KIND_LABELS[Kind(row.kind)]) if row.kind in set(Kind) else row.kind
    return {
        "title": f"{kind} · {row.reference}",
        "when": moment_words(row.starts_at, zone),
        "time": time_words(row.starts_at, zone),
    }


@blueprint.get("/follow-ups/<int:follow_up_id>/term")
@gate(Permission.CASE_WORK)
def term_of(follow_up_id: int) -> Page:
    """Go to the agreement term that a follow-up stands for."""
    found, agreement = term_of_follow_up(current_actor(), follow_up_id)
    values: dict[str, Any] = {
        "case_id": agreement.case_id,
        "pathway_id": agreement.pathway_id,
        "term_id": found.id,
    }
    return redirect(url_for("agreements.term", **values), 303)


@blueprint.route(f"{PATHWAY}/consent/<int:participant_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def consent(case_id: int, pathway_id: int, participant_id: int) -> Page:
    """Record what one party said about taking part."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    person = get_participant(row.case, participant_id)
    said = circle_of(row).consents.get(participant_id)
    form = ConsentForm(
        version=row.version,
        consented=None if said is None or said.consented is None else ("yes" if said.consented else "no"),
        guardian={True: "yes", False: "no", None: "not_asked"}[said.guardian_consented if said else None],
        given_on=today_of(row.school_id),
    )
    return form_page(
        form,
        lambda: actions.record_consent(
            actor,
            row.id,
            participant_id,
            form.consented.data == "yes",
            {"yes": True, "no": False}.get(form.guardian.data),
            form.given_on.data,
            now,
            form.request_key.data,
        ),
        page_of(row),
        ACT,
        **act_context(row, _("Consent of %(name)s", name=person_words(person)), _("Save the answer")),
    )


@blueprint.route(f"{PATHWAY}/holds/<rule>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def hold(case_id: int, pathway_id: int, rule: str) -> Page:
    """Read a hold, and say why its condition is met."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    found = next((hold for hold in circle_of(row).holds if hold.rule == rule), None)
    if found is None:
        raise NotFound
    form = LiftForm()
    language = locale_code()
    because, until = (texts.get(language) or texts["en"] for texts in (found.because, found.until))
    return form_page(
        form,
        lambda: actions.lift_hold(actor, row.id, rule, form.reason.data, now, form.request_key.data),
        page_of(row),
        ACT,
        **act_context(
            row,
            _("Hold %(rule)s", rule=rule),
            _("Lift the hold"),
            facts=[because, _("It holds until: %(until)s", until=until)],
        ),
    )


@blueprint.route(f"{PATHWAY}/meeting", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def meeting(case_id: int, pathway_id: int) -> Page:
    """Plan the meeting, or move it."""
    actor, now = current_actor(), clock.now()
    row = get_pathway(actor, case_id, pathway_id)
    zone, today = zone_of(row.school_id), today_of(row.school_id)
    days = school_days(row.school_id)
    planned = circle_of(row).waiting
    local = clock.local(planned.starts_at, zone) if planned else None
    form = MeetingForm(
        day=local.date() if local else days.add(today, 1),
        time=local.time() if local else None,
        room=planned.room if planned else "",
        keeper=str(planned.keeper_id if planned else row.owner_id or ""),
    )
    form.day.quick = [(day_words(days.add(today, n)), days.add(today, n).isoformat()) for n in (1, 3, 5)]
    form.keeper.choices = people_choices(actions.keepers_at(row.school_id, today))
    return form_page(
        form,
        lambda: actions.plan_meeting(
            actor,
            row.id,
            starts_at=clock.at_local(form.day.data, form.time.data.hour, form.time.data.minute, zone),
            room=form.room.data,
            keeper_id=number(form.keeper.data) or 0,
            now=now,
            request_key=form.request_key.data,
        ),
        page_of(row),
        ACT,
        **act_context(
            row, _("Move the meeting") if planned else _("Plan the meeting"), _("Save the meeting")
        ),
    )


@blueprint.route("/circles/<int:meeting_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def answer(meeting_id: int) -> Page:
    """Did it happen? Then who came."""
    actor, now = current_actor(), clock.now()
    found = get_meeting(actor, meeting_id)
    row = get_pathway(actor, found.case_id, found.pathway_id)
    form = AnswerForm(version=found.version)
    names = circle_of(row).names
    form.attended.choices = choices([(str(key), name) for key, name in names.items()])
    title = _("Did the meeting happen?")
    place = f"{moment_words(found.starts_at, zone_of(row.school_id))} · {found.room}"
    return form_page(
        form,
        lambda: actions_meeting.answer_meeting(
            actor,
            meeting_id,
            happened=form.happened.data == "yes",
            reason=NotHeld(form.reason.data) if form.reason.data else None,
            attended={int(value) for value in form.attended.data or []},
            version=form.seen_version,
            now=now,
            request_key=form.request_key.data,
        ),
        page_of(row),
        ACT,
        **act_context(row, title, _("Save the answer"), facts=[place]),
    )
