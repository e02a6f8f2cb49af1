"""Telling another school about its own student. The student is found by the full number only, and nobody here learns
the name."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import func, select
from wtforms.validators import Optional

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.gate import act_page
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choice_field, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import append_text, person_of
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.rules import CapturedPerson, highest_group, number_given, person_words
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState, PersonKind, PersonRole
from wss_cases.incidents.other_schools import part_at, tell, where_words
from wss_cases.intake.corrections.people import join_cases
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import other_schools, schools_by_id
from wss_cases.roster.names.queries import finder_around


class TellForm(BaseForm):
    """Which student the other school is told about, and what it needs to know."""

    school = choice_field(
        _l("Their school"), validators=[Optional()], description=_l("Their school can tell who it is from your words.")
    )
    description = ShortText(_l("Describe them in a few words"))
    number = ShortText(_l("Their student number, if you know it"), limit=80)
    role = choice_field(_l("Role"), list(PersonRole.labels().items()))
    message = LongText(
        _l("What does their school need to know? Do not name any student of your school."),
        [NotBlank(_l("Write what their school needs to know."))],
        limit=2_000,
    )


def tell_form(schools: Iterable[School], given: IncidentPerson | None) -> TellForm:
    """The form with the schools that can be told; filled from a person whom the report knows by number only."""
    form = TellForm()
    if given is not None and not form.is_submitted():
        form.number.data, form.role.data = given.description, given.role.value
    form.school.choices = choices([("", _("I do not know")), *((str(one.id), one.name) for one in schools)])
    return form


SOUGHT = "student_number.sought"
TOLD_AS = "incident.told_as"
"""The audit entry, and nothing else, holds the other school's student."""
A_DAY = 10
"""Numbers that a person may try in 24 hours, right ones included."""


@dataclass(frozen=True)
class Told:
    """Who a school is told about, by roster or description, their part, and what the school needs to know."""

    role: PersonRole
    words: str
    student_id: int | None = None
    school_id: int | None = None
    description: str = ""
    number: str = ""


@use_case
def seek(uow: UnitOfWork, incident_id: int, number: str, school_id: int | None) -> int:
    """Id of the one active student at another school with exactly this number, 0 for none; always audited. Raises
    Refused after too many numbers in a day."""
    incident = tellable(uow, incident_id)
    uow.session.get(UserAccount, uow.actor.user_id, with_for_update=True)  # counts one try at a time
    tried = select(func.count(AuditEntry.id)).where(
        AuditEntry.actor_id == uow.actor.user_id, AuditEntry.action == SOUGHT, AuditEntry.at > uow.now - timedelta(1)
    )
    if (uow.session.scalar(tried) or 0) >= A_DAY:
        raise Refused("number", _("Too many numbers were tried today. Choose the school; it can identify the student."))
    known = select(Student.id).where(
        Student.student_number == number, Student.is_active, Student.school_id != incident.school_id
    )
    if school_id is not None:
        known = known.where(Student.school_id == school_id)
    student_ids = list(uow.session.scalars(known.limit(2)))
    student_id = student_ids[0] if len(student_ids) == 1 else 0
    uow.audit(SOUGHT, "incident", incident.id, {"number": [None, number], "student_id": [None, student_id or None]})
    return student_id


@use_case
def tell_school(uow: UnitOfWork, incident_id: int, told: Told) -> int:
    """Add another school's part to a report, or extend it, and tell its deans; returns the person's id. Raises
    Refused for text that names a student of this school, and for a person who is there already."""
    incident = tellable(uow, incident_id)
    refuse_blank("message", told.words, _("Write what their school needs to know."))
    refuse_names(incident, told.student_id, message=told.words, description=told.description)
    school = _school_of(uow, told)
    if school is None or school.id == incident.school_id:
        raise Refused("school", _("Choose their school, or enter their student number."))
    part = part_at(uow, incident, school)
    if told.student_id is not None and any(one.student_id == told.student_id for one in part.people):
        raise Refused("number", _("This student is already in the report."))
    kind = PersonKind.NOT_IDENTIFIED if told.student_id is None else PersonKind.STUDENT
    theirs = _add(uow, part, CapturedPerson(kind, told.student_id, told.description, told.role))
    if part.has_text:
        append_text(uow, part, told.words)
    else:
        part.narrative = told.words
    uow.record(part, "incident.people_changed")
    _back_in_review(uow, part)
    join_cases(uow, part, theirs)
    ours = _ours(uow, incident, told, school)
    uow.audit(TOLD_AS, "incident_person", ours.id, {"told_as": [None, theirs.id]})
    uow.record(incident, "incident.part_told", school=school.name)
    route_incident(uow, incident)
    if part.part_of_id != incident.id:
        route_incident(uow, part)
    tell(uow, part, "incident.part", f"part:{theirs.id}")
    return ours.id


def may_tell(incident: Incident, *, reviews: bool) -> bool:
    """Whether the report may be told: it is this school's own, not merged, and undecided or the actor reviews it."""
    own = incident.happened_at_id is None and incident.state is not IncidentState.DUPLICATE
    return own and (incident.state in UNDECIDED or reviews)


def tellable(uow: UnitOfWork, incident_id: int, version: int | None = None) -> Incident:
    """The locked report. Raises Refused if only a dean of its school may tell others or withdraw that."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_COMPLETE, version)
    if not may_tell(incident, reviews=can(uow.actor, Permission.INCIDENT_REVIEW, incident)):
        raise Refused("", _("Ask a dean of the school where it happened."))
    return incident


def _school_of(uow: UnitOfWork, told: Told) -> School | None:
    student = uow.session.get(Student, told.student_id) if told.student_id is not None else None
    school_id = student.school_id if student is not None else told.school_id
    return uow.session.get(School, school_id) if school_id is not None else None


def refuse_names(incident: Incident, student_id: int | None, **texts: str) -> None:
    """Raise Refused, by field, for a text about another school's student that names a student of the report."""
    here = [person.student_id for person in incident.people if person.student_id is not None]
    finder = finder_around(student_id or 0, here)
    for field, text in texts.items():
        if names := finder.names_in(text):
            named = ", ".join(names)
            raise Refused(
                field, _("This goes to another school. Leave out the names of students here: %(names)s", names=named)
            )


def _add(uow: UnitOfWork, report: Incident, who: CapturedPerson, other: School | None = None) -> IncidentPerson:
    person = person_of(uow, report.school_id, who, report.tile, report.local_date)
    person.other_school = other
    report.people.append(person)
    uow.session.flush()
    uow.record(person, "incident.person_added")
    report.behavior_group = highest_group(report.people)
    return person


def _ours(uow: UnitOfWork, incident: Incident, told: Told, school: School) -> IncidentPerson:
    """The report's person for the other school's student: a new one, or the one known only by that number."""
    given = number_given(incident.people)
    if given is None or given.description != told.number or incident.state not in UNDECIDED:
        who = CapturedPerson(PersonKind.NOT_IDENTIFIED, None, told.description, told.role)
        return _add(uow, incident, who, school)
    given.other_school, given.role, given.description = school, told.role, told.description
    uow.session.flush()
    uow.record(given, "incident.person_identified")
    return given


def _back_in_review(uow: UnitOfWork, part: Incident) -> None:
    if part.state not in UNDECIDED:
        part.state, part.outcome_reason = IncidentState.UNDER_REVIEW, ""
        uow.record(part, "incident.submitted_again")


blueprint = Blueprint("other_schools", __name__, url_prefix="/incidents/<int:incident_id>")


def _load(actor: Actor, incident_id: int) -> Incident:
    report = get_incident(actor, incident_id, Permission.INCIDENT_COMPLETE)
    if not may_tell(report, reviews=can(actor, Permission.INCIDENT_REVIEW, report)):
        raise NotFound
    return report


def _act(call: Invocation, report: Incident, form: TellForm) -> int:
    number, school_id = (form.number.data or "").strip(), int(form.school.data) if form.school.data else None
    student_id = None
    if number:
        own = replace(call, request_key=f"{call.request_key}:{number}:{school_id}")
        student_id = seek(own, report.id, number, school_id)
        if not student_id:
            raise Refused("number", _("No student of another school has exactly this number. Check it."))
    told = Told(
        role=PersonRole(form.role.data),
        words=form.message.data or "",
        student_id=student_id,
        school_id=school_id,
        description=form.description.data or "",
        number=number,
    )
    return tell_school(call, report.id, told)


def _words(report: Incident) -> dict[str, Any]:
    back, title = _address(report), _("A student of another school")
    return {
        "title": title,
        "go_words": _("Notify their school"),
        "crumbs": [(_("Incidents"), url_for("incidents.incidents")), (report.reference, back), (title, None)],
        "back_href": back,
        "intro": _(
            "Their own school sees their part, makes decisions about it, and calls the family. No one here sees the "
            "name. Each number tried is recorded."
        ),
        "fields": ["school", "description", "number", "role", "message"],
    }


def _address(report: Incident) -> str:
    return url_for("incidents.incident", incident_id=report.id)


act_page(
    blueprint,
    "/other-school",
    "tell",
    Permission.INCIDENT_COMPLETE,
    load=_load,
    form=lambda report: tell_form(other_schools(report.school_id), number_given(report.people)),
    act=_act,
    done=_address,
    words=_words,
    template="intake/review/acts/act.html",
)


def panel(actor: Actor, report: Incident) -> tuple[str, dict[str, Any]] | None:
    """Panel with where a part happened, or the schools told and a link to tell one; None for neither."""
    where = where_words(report)
    known = sorted({person.other_school_id for person in report.people if person.other_school_id is not None})
    told = [one.name for one in schools_by_id(known).values()] if not where else []
    may = may_tell(report, reviews=can(actor, Permission.INCIDENT_REVIEW, report))
    if not (where or told or may):
        return None
    href = url_for("other_schools.tell", incident_id=report.id) if may else ""
    wrong = [
        (person_words(one), url_for("named_in_error.take_back", incident_id=report.id, told_id=one.id))
        for one in report.people
        if may and one.other_school_id is not None
    ]
    return "intake/other_schools/_panel.html", {"where": where, "told": told, "href": href, "wrong": wrong}


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.INCIDENT, 5, panel),))
