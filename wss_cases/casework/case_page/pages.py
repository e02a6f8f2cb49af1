"""The page of a case, its forms, and handing cases over: one, several, or all that a person leads.

Notes of circles that only their keepers read are never handed over with a case.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import ColumnElement, and_, or_, select
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.housing import may_know_of_housing
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.teams import colleagues
from wss_cases.cases.case.models import (
    AgreementKept,
    Case,
    CaseParticipant,
    CaseResult,
    CaseState,
    HarmedSays,
    ReopenReason,
)
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import get_case, get_participant, incidents_of, notes_of, place_words
from wss_cases.cases.progress import open_only, write_note
from wss_cases.casework.case_file.pages import CasePage, head, history_items, open_page, outcome_words
from wss_cases.casework.case_file.queries import TERM_KIND, history_seen
from wss_cases.casework.case_list import cases_page
from wss_cases.casework.case_page.queries import record_of
from wss_cases.casework.next_act import harm_words, kind_words
from wss_cases.casework.pathway_page import pathway_page
from wss_cases.casework.safety_plans.pages import safety_card, safety_of
from wss_cases.casework.story import story_of
from wss_cases.casework.transfer.queries import moved_in
from wss_cases.followups.about import TONES, About, Card, about, block, cards
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.pages import due_words
from wss_cases.followups.core.queries import FollowUpRow, for_case, tells_of_housing
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import TimelineEntry
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.invitations import tell_planned
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.pathways.common.queries import team_of
from wss_cases.pathways.common.rules import LIVE, Pathway
from wss_cases.roster.directory.pages import guardian_words
from wss_cases.roster.directory.queries import GuardianOf, guardians_of, school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import Kind

HANDED_OVER = "case.handed_over"


@use_case
def hand_over(uow: UnitOfWork, case_id: int, to_id: int, note: str) -> int:
    """Give a case to another person of the school's team, with a note; what the former lead had open goes along.

    Raises Refused without a note, for the present lead, or for somebody outside the team.
    """
    case = uow.load(Case, case_id, Permission.CASE_WORK, uow.version)
    _give(uow, case, to_id, note)
    if to_id != uow.actor.user_id:
        uow.notify(to_id, "case_assigned", case, f"case-assigned:{case.id}:{to_id}:{uow.now:%Y%m%d%H%M%S}")
    return case.id


@use_case
def hand_over_many(uow: UnitOfWork, case_ids: Sequence[int], from_id: int | None, to_id: int, note: str) -> int:
    """Give several cases of one lead to another person, all or none, with one note on each; they are told once.

    Returns how many. Raises Refused without a case, for one that is closed or no longer that lead's, and as
    `hand_over` does.
    """
    if not case_ids:
        raise Refused("cases", _("Choose at least one case."))
    for case_id in sorted(set(case_ids)):
        case = uow.load(Case, case_id, Permission.CASE_WORK)
        if case.lead_id != from_id:
            raise Refused("cases", _("Case %(reference)s now has another coordinator.", reference=case.reference))
        _give(uow, case, to_id, note)
    receiver = uow.session.get(UserAccount, to_id)
    if receiver is not None and to_id != uow.actor.user_id:
        key = f"cases-handed-over:{to_id}:{uow.actor.user_id}:{uow.now:%Y%m%d%H%M%S%f}"
        uow.notify(to_id, "cases_handed_over", receiver, key)
    return len(set(case_ids))


def _give(uow: UnitOfWork, case: Case, to_id: int, note: str) -> None:
    open_only(case)
    people = team_of(case.school_id, today_at(case.school_id, uow.now))
    if to_id not in people or to_id == case.lead_id:
        raise Refused("to", _("Choose the new coordinator of the case."))
    if not note.strip():
        raise Refused("note", _("Write what the next person needs to know."))
    former, case.lead_id = case.lead_id, to_id
    uow.record(case, HANDED_OVER, to=people[to_id], former=str(former or ""))
    write_note(uow, case, note)
    _pass_on(uow, case, former, to_id, people[to_id])
    tell_planned(uow, CircleMeeting.case_id == case.id)


def _pass_on(uow: UnitOfWork, case: Case, former: int | None, to_id: int, name: str) -> None:
    """Give what the former lead had open to the new one, but for what is not theirs to know of.

    Where the former lead might not know of a need for housing, it stayed with whoever led the case before.
    """
    receiver, before = colleagues([to_id], uow.now)[to_id], _kept_back_by(uow, case, former)
    of_case = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.state == FollowUpState.OPEN)
    theirs = _owned_by(FollowUp.owner_id, former, before, tells_of_housing())
    open_rows = of_case.where(follow_ups_known_to(receiver), theirs)
    for follow_up in uow.session.scalars(open_rows.order_by(FollowUp.id)):
        follow_up.owner_id, follow_up.snoozed_until = to_id, None
        uow.record(follow_up, "followup.reassigned", owner=name)
    live = select(Pathway).where(Pathway.case_id == case.id, Pathway.state.in_(LIVE), pathways_known_to(receiver))
    theirs = _owned_by(Pathway.owner_id, former, before, Pathway.kind == Kind.HOUSING_BASIC_NEEDS)
    for pathway in uow.session.scalars(live.where(theirs).order_by(Pathway.id)):
        pathway.owner_id = to_id
        uow.record(pathway, "pathway.owner", what=pathway.kind, to=name)


def _owned_by(
    owner: Any, former: int | None, before: Collection[int], of_housing: ColumnElement[bool]
) -> ColumnElement[bool]:
    kept_back = and_(of_housing, owner.in_(sorted(before)))
    return or_(owner.is_(None), owner == former, kept_back)


def _kept_back_by(uow: UnitOfWork, case: Case, former: int | None) -> set[int]:
    """The leads before one who might not know of a need for housing: none where the former lead may."""
    known = colleagues([former], uow.now).get(former) if former is not None else None
    if known is not None and may_know_of_housing(known, case.school_id):
        return set()
    over = select(TimelineEntry.data).where(TimelineEntry.case_id == case.id, TimelineEntry.kind == HANDED_OVER)
    leads = {data.get("former") for data in uow.session.scalars(over)}
    return {int(lead_id) for lead_id in leads if lead_id}


DAY = _l("Choose a day.")


class NoteForm(BaseForm):
    """A note in the shared record."""

    text = LongText(
        _l("Note"), [NotBlank(_l("Write the note."))], description=_l("Facts only; never what was said in a circle.")
    )


class ReviewForm(BaseForm):
    """The next review date."""

    review_on = DateField(_l("Next review"), validators=[InputRequired(DAY)])


class StateForm(BaseForm):
    """Where the case stands."""

    state = RadioField(
        _l("What is the status of the case?"), validators=[InputRequired(_l("Choose the status of the case."))]
    )


class HandOverForm(BaseForm):
    """To whom, with a note."""

    to = SelectField(_l("New coordinator"), validators=[InputRequired(_l("Choose the new coordinator of the case."))])
    note = LongText(
        _l("Note for the next person"), [NotBlank(_l("Write what the next person needs to know."))], limit=4000
    )


class CloseForm(BaseForm):
    """The three questions and the result."""

    agreement_kept = radio(_l("Was the agreement kept?"), AgreementKept, _l("Answer whether the agreement was kept."))
    harmed_says = radio(_l("What does the person harmed say?"), HarmedSays, _l("Choose what the person harmed says."))
    what_is_left = LongText(
        _l("What still needs attention?"),
        [NotBlank(_l("Write what still needs attention, or that nothing does."))],
        limit=4000,
        description=_l("What someone still needs to keep in mind. If nothing, say so."),
    )
    result = radio(_l("Result"), CaseResult, _l("Choose the result."))
    despite = LongText(
        _l("Why is it closing this way if the record does not match?"),
        [Optional()],
        limit=2000,
        description=_l("Only if a term was not done, a pathway ended early, or the person harmed says no."),
    )
    stay = SelectMultipleField(
        _l("Which of these stay open with the person responsible?"),
        description=_l("Someone is waiting for them. Resolve each on its own page, or let it stay."),
    )
    cancel_reason = ShortText(
        _l("Why are the other open follow-ups canceled?"), [Optional()], description=_l("Only if some are still open.")
    )


class ReopenForm(BaseForm):
    """Why, and the next review date."""

    reason = radio(_l("Why is it being reopened?"), ReopenReason, _l("Choose why it is being reopened."))
    note = LongText(_l("Note"), [Optional()], limit=4000)
    review_on = DateField(_l("Next review"), validators=[InputRequired(DAY)])


class MergeForm(BaseForm):
    """The other incident by its number."""

    reference = ShortText(_l("Number of the incident"), [NotBlank(_l("Write the number of the incident."))], limit=40)


class PersonForm(BaseForm):
    """A student found by name, or another person in words."""

    student = SelectMultipleField(_l("Student"), choices=[], validate_choice=False)
    description = ShortText(_l("Someone else"), [Optional()], description=_l("For example: grandmother, coach."))
    role = radio(_l("Role in the case"), PersonRole, _l("Choose the role."))


class RoleForm(BaseForm):
    """Another part in the case."""

    role = radio(_l("Role in the case"), PersonRole, _l("Choose the role."))


def state_choices(now: CaseState, allowed: frozenset[CaseState]) -> list[object]:
    """Return the states an open case can go to, in the order of its life."""
    return list(
        choices([(state.value, CaseState(state).label) for state in CaseState if state in allowed and state is not now])
    )


def follow_ups_of(actor: Actor, case: Case, today: date) -> dict[str, Any]:
    """Return the follow-ups of a case in words, for whoever may see the case."""
    days, rows = school_days(case.school_id), for_case(actor, case.id)
    whom = about(actor, rows, call=True)
    open_rows = [row for row in rows if row.state is FollowUpState.OPEN]
    made = cards(open_rows, lambda row: whom[row.id].person, lambda _school, first, last: days.between(first, last))
    return {
        "open_cards": [_card(card, whom, today, days) for card in made],
        "open_count": len(open_rows),
        "done_rows": [_done(row, whom[row.id]) for row in rows if row.state is not FollowUpState.OPEN],
        "add_href": url_for("followups.add", case_id=case.id),
    }


def _card(card: Card[FollowUpRow], whom: dict[int, About], today: date, days: SchoolDays) -> dict[str, Any]:
    lines = [_line(row, whom[row.id], today, days, named=not card.person) for row in card.rows]
    if not card.person:
        return {"who": "", "things": lines}
    first = card.rows[0]
    return block([row.id for row in card.rows], due_words(first.due_on, today, days), whom, lines)


def _line(row: FollowUpRow, whom: About, today: date, days: SchoolDays, *, named: bool) -> dict[str, Any]:
    due = due_words(row.due_on, today, days)
    return {
        "title": whom.titled(row.title) if named else row.title,
        "href": address_of(row),
        "meta": dotted(row.owner, *(whom.guardians if named else ())),
        "due": due.words,
        "tone": TONES.get(due.state, "slate"),
    }


def address_of(row: FollowUpRow) -> str:
    """Return the page of a follow-up: of an open term of an agreement the term's own."""
    if row.kind == TERM_KIND and row.state is FollowUpState.OPEN:
        return url_for("circles.term_of", follow_up_id=row.id)
    return url_for("followups.follow_up", follow_up_id=row.id)


def _done(row: FollowUpRow, whom: About) -> dict[str, Any]:
    is_done = row.state is FollowUpState.DONE
    return {
        "title": whom.titled(row.title),
        "meta": row.owner,
        "href": address_of(row),
        "is_done": is_done,
        "outcome": outcome_words(row.outcome) if is_done else _("Canceled"),
    }


blueprint = Blueprint("casework", __name__, url_prefix="/cases")

STATES = ("open", *CaseState, "all")


@blueprint.get("")
@gate(Permission.CASE_READ)
def cases() -> Page:
    """The list of cases: one's own or the school's, newest first or by one of its columns."""
    return cases_page(current_actor(), clock.now())


@blueprint.get("/<int:case_id>")
@gate(Permission.CASE_READ)
def case(case_id: int) -> Page:
    """One case: the first live pathway, or the tab that is asked for."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), actor, now)
    tab = request.args.get("tab", "")
    if tab == "people":
        return render_template(
            "casework/case_page/people.html",
            **head(page, actor, tab),
            person_words=person_words,
            roles=PersonRole.labels(),
            safety=safety_card(page.case, page.today),
        )
    if tab == "incident":
        return _incident_tab(page, actor)
    if tab == "history" or (not tab and not page.file.pathways and not page.file.follow_ups):
        return _history_tab(page, actor)
    if tab == "follow-ups" or not page.file.pathways:
        return render_template(
            "casework/case_page/follow_ups.html",
            **head(page, actor, "follow-ups"),
            **follow_ups_of(actor, page.case, page.today),
        )
    live = [row for row in page.file.pathways if row.ended_at is None]
    return pathway_page(page, actor, (live or page.file.pathways)[0])


def _history_tab(page: CasePage, actor: Actor) -> Page:
    entries = history_seen(page.case, actor, number(request.args.get("before")), incidents=page.file.incident_ids)
    notes = {note.id: note.text for note in notes_of(page.case.id)}
    closing = []
    kept, says = page.case.agreement_kept, page.case.harmed_says
    if kept is not None and says is not None:
        closing = [
            {"label": _("Was the agreement kept?"), "value": str(AgreementKept(kept).label)},
            {"label": _("What does the person harmed say?"), "value": str(HarmedSays(says).label)},
            {"label": _("What still needs attention?"), "value": page.case.what_is_left},
        ]
    against = record_of(actor, page.case).against(page.case.result, kept, says) if closing else []
    if against:
        closing.append({"label": _("What the record says"), "value": " ".join(against)})
    if against or page.case.closed_despite:
        closing.append({"label": _("Why it closed this way anyway"), "value": page.case.closed_despite})
    older = (
        url_for("casework.case", case_id=page.case.id, tab="history", before=entries[-1].id)
        if len(entries) == 50
        else None
    )
    return render_template(
        "casework/case_page/history.html",
        **head(page, actor, "history"),
        entries=history_items(entries, page.zone, notes),
        closing=closing,
        older=older,
        story=story_of(page) if not request.args.get("before") else [],
    )


def _incident_tab(page: CasePage, actor: Actor) -> Page:
    incidents = incidents_of(page.case.id)
    places = place_words(row.location_code for row in incidents)
    shown = [
        {
            "reference": row.reference,
            "href": url_for("incidents.incident", incident_id=row.id),
            "narrative": row.narrative,
            "rows": [
                {"label": _("What"), "value": harm_words(row.tile)},
                {"label": _("When"), "value": moment_words(row.occurred_at, page.zone)},
                {"label": _("Where"), "value": places.get(row.location_code, "")},
                {"label": _("Immediate action"), "value": row.immediate_action},
            ],
        }
        for row in incidents
    ]
    return render_template("casework/case_page/incident.html", **head(page, actor, "incident"), incidents=shown)


@blueprint.get("/<int:case_id>/people/<int:participant_id>")
@gate(Permission.CASE_READ)
def person(case_id: int, participant_id: int) -> Page:
    """One person's record in a case, alone."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), actor, now)
    found = get_participant(page.case, participant_id)
    own = [row for row in page.file.pathways if row.participant_id == found.id]
    return render_template(
        "casework/case_page/person.html",
        **head(page, actor, "people"),
        person=found,
        name=person_words(found),
        role=str(PersonRole(found.role).label),
        safety=safety_of(page.case, found.id, page.today),
        guardians=_guardian_rows(_guardians(page, found)),
        pathways=[(kind_words(row), url_for("pathways.pathway", case_id=case_id, pathway_id=row.id)) for row in own],
        student_href=url_for("students.student", student_id=found.student_id)
        if found.student is not None and actor.covers(found.student.school_id, *CASE_TEAM)
        else None,
    )


def _guardian_rows(found: list[GuardianOf] | None) -> list[dict[str, str]] | None:
    if found is None:
        return None
    return [{"name": one.name, "meta": guardian_words(one)} for one in found]


def _guardians(page: CasePage, found: CaseParticipant) -> list[GuardianOf] | None:
    """Return whom to call; None for a student of another school by now with whom nothing is left to do here."""
    if found.student is None:
        return []
    if found.student.school_id not in (None, page.case.school_id):
        goes_on_there = any(move.settled for move in moved_in([found], page.case))
        if goes_on_there or page.case.state is CaseState.CLOSED:
            return None
    return guardians_of(found.student.id)


ROOM = Room(pages=(blueprint,))
