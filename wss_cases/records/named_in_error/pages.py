"""People named in error in a report: two people decide, and a school that was told takes its student out too."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import select
from wtforms import HiddenField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.incident.states import WITHDRAWN, IncidentState
from wss_cases.incidents.other_schools import parts_of, tell
from wss_cases.intake.corrections.facts import review_began
from wss_cases.intake.corrections.people import join_cases
from wss_cases.intake.corrections.withdrawal import hangs_on
from wss_cases.intake.other_schools import TOLD_AS, may_tell, refuse_names, tellable
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.changes import changes_of
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.rooms import DeputyLooks, Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.records.named_in_error import actions
from wss_cases.records.named_in_error.actions import (
    TakingOut,
    TakingOutState,
    contacts_about,
    copies_with,
    decide_taking_out,
    joined_to,
    may_take_out,
    named_as,
    needs_second,
    proposals,
    propose,
    reach_of,
    told_of,
)
from wss_cases.records.retention.deletion.erasure import names_of
from wss_cases.records.retention.reach import Reach
from wss_cases.roster.directory.queries import schools_by_id


def _told_as(uow: UnitOfWork, incident: Incident, ours: IncidentPerson) -> IncidentPerson | None:
    """Return whom the other school has for a person: as it was told, or the only one there where that is not known."""
    kept = select(AuditEntry.changes).where(
        AuditEntry.action == TOLD_AS, AuditEntry.object_type == "incident_person", AuditEntry.object_id == ours.id
    )
    if (changes := uow.session.scalar(kept)) is not None:
        return uow.session.get(IncidentPerson, changes["told_as"][1])
    there = [part for part in parts_of(incident.id) if part.school_id == ours.other_school_id]
    own = [person for part in there for person in part.people if person.other_school_id is None]
    return own[0] if len(own) == 1 else None


def _take_back_there(uow: UnitOfWork, incident: Incident, theirs: IncidentPerson, reason: str) -> None:
    part = uow.session.get(Incident, theirs.incident_id, with_for_update=True)
    assert part is not None
    where = schools_by_id([incident.school_id])[incident.school_id].name
    uow.record(part, "incident.part_withdrawn", school=where, why=reason)
    asked = any(row.incident_person_id == theirs.id for row in proposals(TakingOut.incident_id == part.id))
    if theirs.student_id is not None and not asked:
        propose(uow, part, theirs, reason, second=True)
    else:
        tell(uow, part, "incident.part_changed", f"part-withdrawn:{theirs.id}")
    alone = all(person is theirs or person.other_school_id is not None for person in part.people)
    untouched = part.state is IncidentState.SUBMITTED and not review_began(part)
    if alone and untouched and not hangs_on(part):
        set_state(uow, part, IncidentState.NO_FURTHER_ACTION, reason=WITHDRAWN, note=reason)


@dataclass(frozen=True)
class Named:
    """A report and one person in it."""

    report: Incident
    person: IncidentPerson


def _address(report: Incident) -> str:
    return url_for("incidents.incident", incident_id=report.id)


def _above(named: Named) -> list[tuple[Any, str]]:
    return [(_("Incidents"), url_for("incidents.incidents")), (named.report.reference, _address(named.report))]


pages = Pages("named_in_error", __name__, trail=_above, url_prefix="/incidents/<int:incident_id>")
COMPLETE = Permission.INCIDENT_COMPLETE


class TakeOutForm(PlainForm):
    """Who it was not, and why."""

    person_id = HiddenField()
    reason = LongText(
        _l("How do you know that it was not this student?"), [NotBlank(_l("Enter the reason in a sentence."))],
        limit=2_000,
    )  # fmt: skip


def _shown() -> dict[str, Any]:
    """What both acts on one person of a report show."""
    return {
        "lede": lambda named: f"{named.report.reference} · {person_words(named.person)}",
        "start": lambda named: {"person_id": str(named.person.id)},
    }


def _named(actor: Actor, incident_id: int, person_id: int) -> Named:
    report = get_incident(actor, incident_id, COMPLETE)
    if not may_take_out(actor, report):
        raise NotFound
    person = next((row for row in report.people if row.id == person_id and row.student_id is not None), None)
    return Named(report, existing(person))


def _asks_second(named: Named) -> bool:
    student_id, reports = named.person.student_id or 0, joined_to(named.report)
    return needs_second(reports, student_id, contacts_about(named_as(student_id, reports)))


def _what_it_does(named: Named, _form: TakeOutForm) -> dict[str, Any]:
    intro = _(
        "The student is removed from this report and its case: from every page, list, count, export, and copy. "
        "What was opened for the student ends, and the name is removed from every text. Everyone outside who was "
        "told receives the correction. Legal duties continue. Only the audit log and the record of disclosures "
        "still show it."
    )
    second = _("Steps depend on this report, so a second person must agree before it takes effect.")
    return {"intro": intro, "warning": second if _asks_second(named) else ""}


@pages.act(
    "/people/<int:person_id>/named-in-error", Subject(Incident, _named, row=attrgetter("report")), TakeOutForm,
    COMPLETE, title=_l("Named in error"), more=_what_it_does,
    button=lambda named: _("Ask a second person") if _asks_second(named) else _("Remove this student"),
    then=lambda named, _answer: _address(named.report) + "#named-in-error", **_shown(),
)  # fmt: skip
def take_out(uow: UnitOfWork, incident: Incident, form: TakeOutForm) -> int:
    """Take a student out of a report, or ask a second person to agree where something hangs on it.

    Raises NotFound for whoever may not (see `may_take_out`), Refused for somebody who is no named student of this
    report, while a records request or a hold keeps the record as it is, and where a second person is asked already.
    """
    if not may_take_out(uow.actor, incident):
        raise NotFound
    person = actions.named_in(uow, incident, id_in(str(form.person_id.data)) or 0)
    student_id, reports = person.student_id or 0, joined_to(incident)
    named = named_as(student_id, reports)
    rows = reach_of(uow, reports, student_id)
    copies = copies_with(student_id, reports, names_of(student_id, Reach(stays=rows)))
    told = [*told_of(student_id, rows), *contacts_about(named), *copies]
    waits = select(TakingOut.id).where(
        TakingOut.incident_person_id.in_([one.id for one in named]), TakingOut.state == TakingOutState.ASKED
    )
    if uow.session.scalar(waits) is not None:
        raise Refused("", _("A second person was already asked."))
    row = propose(uow, incident, person, form.reason.data, second=needs_second(reports, student_id, told))
    if not row.needs_second:
        actions.carry_out(uow, row, incident, person)
    return row.id


def _told(actor: Actor, incident_id: int, told_id: int) -> Named:
    report = get_incident(actor, incident_id, COMPLETE)
    if not may_tell(report, reviews=can(actor, Permission.INCIDENT_REVIEW, report)):
        raise NotFound
    person = next((row for row in report.people if row.id == told_id and row.other_school_id is not None), None)
    return Named(report, existing(person))


def _what_comes_of_it(_named: Named, _form: TakeOutForm) -> dict[str, Any]:
    intro = _(
        "Here the person is set to not identified, so that you can enter who it was. The other school reads your "
        "reason, and its dean removes the student from its report. Do not name any student of your school."
    )
    return {"intro": intro}


@pages.act(
    "/told/<int:told_id>/take-back", Subject(Incident, _told, row=attrgetter("report")), TakeOutForm, COMPLETE,
    title=_l("The wrong student of another school"), button=_l("Withdraw it"), more=_what_comes_of_it,
    then=lambda named, _answer: _address(named.report), **_shown(),
)  # fmt: skip
def take_back(uow: UnitOfWork, incident: Incident, form: TakeOutForm) -> None:
    """Make a student of another school somebody not identified yet, and ask that school to take its student out.

    A report there in which nobody else stands, and on which nothing hangs, is withdrawn. Raises Refused for a reason
    that names a student here, and where a dean has to do it.
    """
    incident = tellable(uow, incident.id, uow.version)
    reason, person_id = form.reason.data, id_in(str(form.person_id.data))
    ours = next((row for row in incident.people if row.id == person_id and row.other_school is not None), None)
    if ours is None or ours.other_school is None:
        raise Refused("", _("No student of another school is named there in this report."))
    school, theirs = ours.other_school, _told_as(uow, incident, ours)
    refuse_names(incident, theirs.student_id if theirs is not None else None, reason=reason)
    ours.other_school = None
    ours.other_school_id = None
    uow.audit("incident.part_taken_back", "incident_person", ours.id, changes_of(ours))
    uow.record(incident, "incident.part_taken_back", school=school.name, why=reason)
    join_cases(uow, incident, ours)
    if theirs is not None:
        _take_back_there(uow, incident, theirs, reason)
    route_incident(uow, incident)


@pages.post("/named-in-error/<int:taking_out_id>")
@gate(Permission.INCIDENT_REVIEW)
def decide(incident_id: int, taking_out_id: int) -> Page:
    """Take the second look: agree, or let the report stand."""
    report = get_incident(current_actor(), incident_id, Permission.INCIDENT_REVIEW)
    existing(next((row for row in proposals(TakingOut.incident_id == report.id) if row.id == taking_out_id), None))
    decide_taking_out(submitted(BaseForm()), taking_out_id, agrees=request.form.get("agrees") == "yes")
    return redirect(_address(report), 303)


def panel(actor: Actor, report: Incident) -> tuple[str, dict[str, Any]] | None:
    """Return the students who can be taken out of a report, and what waits for a second person: to reporters theirs."""
    if not may_take_out(actor, report):
        return None
    reviews = can(actor, Permission.INCIDENT_REVIEW, report)
    asked = {row.incident_person_id: row for row in proposals(TakingOut.incident_id == report.id)}
    names = user_names([row.asked_by_id for row in asked.values()])
    people = {person.id: person_words(person) for person in report.people if person.student_id is not None}
    if not people:
        return None
    waiting = [
        {
            "name": people.get(person_id, ""),
            "reason": row.reason,
            "by": names.get(row.asked_by_id or 0, ""),
            "own": row.asked_by_id == actor.user_id,
            "href": url_for("named_in_error.decide", incident_id=report.id, taking_out_id=row.id),
        }
        for person_id, row in asked.items()
        if reviews or row.asked_by_id == actor.user_id
    ]
    links = [
        (name, url_for("named_in_error.take_out", incident_id=report.id, person_id=person_id))
        for person_id, name in people.items()
        if person_id not in asked
    ]
    return "records/named_in_error/_panel.html", {"waiting": waiting, "links": links}


ROOM = Room(
    pages=(pages,),
    sentences=actions.SENTENCES,
    messages=actions.MESSAGES,
    loaders={"taking_out": actions.load_taking_out},
    deputy_looks={
        "taking_out": DeputyLooks(
            actions.for_deputy, actions.settle_for_deputy, actions.proposals, actions.asks, actions.reports_of
        )
    },
    panels=(Panel(Place.INCIDENT, 50, panel),),
)
