"""The case page: its tabs, one person, the case on paper, and what stands in the way of closing it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.actions import person_words
from wss_cases.cases.case.models import AgreementKept, Case, CaseParticipant, CaseResult, CaseState, HarmedSays
from wss_cases.cases.case.queries import get_case, get_participant, incidents_of, notes_of, place_words
from wss_cases.cases.safety_plans import living_plans
from wss_cases.casework.case_file import (
    TERM_KIND,
    CasePage,
    duty_words,
    head,
    history_items,
    history_seen,
    open_duties_of,
    open_page,
    outcome_words,
    terms_of,
)
from wss_cases.casework.case_list import cases_page
from wss_cases.casework.next_act import SECTION_LABELS, harm_words, kind_words, state_words
from wss_cases.casework.pathway_page import pathway_page
from wss_cases.casework.safety_plans.pages import safety_card, safety_of
from wss_cases.casework.story import story_of
from wss_cases.casework.transfer.models import moved_in
from wss_cases.followups.about import TONES, About, Card, about, block, cards
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.presenters import due_words
from wss_cases.followups.core.queries import FollowUpRow, for_case, visible_to
from wss_cases.followups.core.states import OTHERS_WAIT
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, day_words_with_year, moment_words
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.agreements.queries import open_terms_of
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement
from wss_cases.pathways.common.models import LIVE, PathwayState
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.common.queries import parted, pathways_of
from wss_cases.pathways.referrals.referral.models import OPEN as OPEN_REFERRAL
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.roster.directory.pages import guardian_words
from wss_cases.roster.directory.queries import GuardianOf, guardians_of, school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind


@dataclass(frozen=True)
class Record:
    """What the record says of an agreement and of what was tried: terms not kept by number, kinds that ended early."""

    not_kept: Sequence[int] = ()
    ended_early: Sequence[str] = ()

    def against(self, result: CaseResult | None, kept: AgreementKept | None, says: HarmedSays | None) -> list[str]:
        """Return what speaks against these answers, a sentence each: whoever gives them all the same says why."""
        repaired = result is CaseResult.REPAIRED
        words = []
        if self.not_kept and (repaired or kept is AgreementKept.KEPT):
            numbers = ", ".join(str(one) for one in self.not_kept)
            words.append(_("Not done: term number %(numbers)s of the agreement.", numbers=numbers))
        if self.ended_early and repaired:
            words.append(_("Ended early: %(kinds)s.", kinds=", ".join(self.ended_early)))
        if says is HarmedSays.NOT_REPAIRED and repaired:
            words.append(_("The person harmed says that the harm is not repaired."))
        return words


@dataclass(frozen=True)
class LeftOpen:
    """The open follow-ups of a case: those that others wait for or do, and the rest."""

    of_others: list[FollowUp] = field(default_factory=list)
    own: list[FollowUp] = field(default_factory=list)


def record_of(actor: Actor, case: Case) -> Record:
    """Return what the record of a case says, as the actor sees it, that its closing must not contradict."""
    terms = sorted(
        number for rows in terms_of(case.id).values() for number, _on, state in rows if state is TermState.NOT_KEPT
    )
    seen, _hidden = parted(actor, case.school_id, pathways_of(case.id))
    ended = [str(Kind(row.kind).label) for row in seen if row.state is PathwayState.ENDED_EARLY]
    return Record(terms, sorted(set(ended)))


def left_open(actor: Actor, case_id: int) -> LeftOpen:
    """Return what is open in a case: a family's call, first contact and others' work are nobody's to drop.

    What the actor does not see is not asked of them, and stays open with whoever does it.
    """
    of_case = select(FollowUp).where(FollowUp.case_id == case_id, FollowUp.state == FollowUpState.OPEN)
    statement = visible_to(of_case, actor, live=True)
    found = LeftOpen()
    for row in db.session.scalars(statement.order_by(FollowUp.due_on, FollowUp.id)):
        waits = row.kind in OTHERS_WAIT or row.owner_id not in (actor.user_id, None)
        (found.of_others if waits else found.own).append(row)
    return found


@dataclass(frozen=True)
class Blocker:
    """One thing that must end before a case closes, in words, and the page where it ends: none where the reader has no
    page of it."""

    words: str
    endpoint: str = ""
    ids: dict[str, Any] = field(default_factory=dict)


def blockers(actor: Actor, case: Case) -> list[Blocker]:
    """Return what stands in the way of closing, a sentence and a page each.

    Open legal duties, live pathways, open terms, referrals that are with a partner, safety plans that have not ended.
    Of what only the coordinator sees, that there is something.
    """
    seen, hidden = parted(actor, case.school_id, pathways_of(case.id))
    open_referral = select(Referral).where(Referral.case_id == case.id, Referral.state.in_(OPEN_REFERRAL))
    referrals = list(db.session.scalars(open_referral.order_by(Referral.id)))
    with_partner, unseen = {row.pathway_id for row in referrals}, {row.id for row in hidden}
    found = [
        Blocker(
            _("Legal duty still open: %(duty)s", duty=duty_words(duty.code)), "safeguards.duty", {"duty_id": duty.id}
        )
        for duty in open_duties_of(case.id)
    ]
    for row in seen:
        if row.state in LIVE:
            words = _("Pathway not ended: %(kind)s", kind=str(Kind(row.kind).label))
            found.append(Blocker(words, *_page_of(case, row.id)))
    found += _open_terms(case)
    for referral in referrals:
        if referral.pathway_id not in unseen:
            words = _("Referral not ended: %(name)s", name=referral.partner_name)
            found.append(Blocker(words, *_page_of(case, referral.pathway_id)))
    found += _living_plans(case)
    if any(row.state in LIVE or row.id in with_partner for row in hidden):
        found.append(Blocker(_("Something that only the coordinator sees has not ended. Ask the coordinator.")))
    return found


def _page_of(case: Case, pathway_id: int) -> tuple[str, dict[str, Any]]:
    return "pathways.pathway", {"case_id": case.id, "pathway_id": pathway_id}


def _open_terms(case: Case) -> list[Blocker]:
    return [
        Blocker(
            _("Agreement term not updated: number %(position)s", position=str(term.position)),
            "agreements.term",
            {
                "case_id": case.id,
                "pathway_id": db.session.get_one(Agreement, term.agreement_id).pathway_id,
                "term_id": term.id,
            },
        )
        for term in open_terms_of(case.id)
    ]


def _living_plans(case: Case) -> list[Blocker]:
    return [
        Blocker(
            _(
                "Safety plan not ended: %(name)s. End it, or transfer it to the new school.",
                name=person_words(plan.participant),
            ),
            "safety.plan",
            {"case_id": case.id, "plan_id": plan.id},
        )
        for plan in living_plans(case.id)
    ]


paper_pages = Blueprint("case_print", __name__, url_prefix="/cases/<int:case_id>")


@paper_pages.get("/print")
@gate(Permission.CASE_READ)
def paper(case_id: int) -> Page:
    """Choose sections and for whom; then the sheet, with every other child left out."""
    actor, now = current_actor(), clock.now()
    page = open_page(get_case(actor, case_id), actor, now)
    wanted = [name for name in request.args.getlist("section") if name in SECTION_LABELS]
    people = [(person.id, person_words(person)) for person in page.file.people]
    if not wanted:
        return render_template(
            "casework/case_page/paper/choice.html", case=page.case, sections=SECTION_LABELS, people=people
        )
    reader = next((row for row in page.file.people if row.id == number(request.args.get("for"))), None)
    return render_template(
        "casework/case_page/paper/paper.html",
        **head(page, actor, ""),
        wanted=wanted,
        sections=SECTION_LABELS,
        reader=person_words(reader) if reader else "",
        printed_on=day_words_with_year(page.today),
        people=_people(page.file.people, reader),
        pathways=_pathways(page, reader),
        follow_ups=_follow_ups(page, actor),
        story=story_of(page) if "summary" in wanted else [],
        entries=history_items(history_seen(page.case, actor, limit=200, incidents=page.file.incident_ids), page.zone),
    )


def _people(people: list[CaseParticipant], reader: CaseParticipant | None) -> list[tuple[str, str]]:
    return [
        (
            person_words(row) if reader is not None and row.id == reader.id else _("Another person"),
            str(PersonRole(row.role).label),
        )
        for row in people
    ]


def _pathways(page: CasePage, reader: CaseParticipant | None) -> list[dict[str, Any]]:
    shown, terms = [], terms_of(page.case.id)
    for row in page.file.pathways:
        if row.participant_id is not None and (reader is None or row.participant_id != reader.id):
            continue
        shown.append(
            {
                "kind": kind_words(row),
                "state": state_words(row),
                "terms": [
                    (position, day_words(due_on), str(TermState(state).label))
                    for position, due_on, state in terms.get(row.id, ())
                ],
            }
        )
    return shown


def _follow_ups(page: CasePage, actor: Actor) -> list[tuple[str, str]]:
    return [
        (day_words(row.due_on), _("Open") if row.state is FollowUpState.OPEN else _("Settled"))
        for row in for_case(actor, page.case.id)
    ]


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


ROOM = Room(pages=(paper_pages, blueprint))
