"""Steps on cases for use cases of upper rooms: helpers that take their unit of work."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wss_cases.cases.case import models, queries
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import local_date
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import set_state
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School, Student

_WEIGHT = (
    PersonRole.BOTH,
    PersonRole.CAUSED_HARM,
    PersonRole.HARMED,
    PersonRole.WITNESS,
    PersonRole.SUPPORT,
    PersonRole.INVOLVED,
)


def stronger_role(one: PersonRole, other: PersonRole) -> PersonRole:
    """The stronger part when a person stands in two incidents; caused and harmed make both."""
    if {one, other} == {PersonRole.CAUSED_HARM, PersonRole.HARMED}:
        return PersonRole.BOTH
    return min(one, other, key=_WEIGHT.index)


def title(reference: str, harm: str, place: str) -> str:
    """A case's title: its number, the kind of harm, and where; never a name."""
    if place:
        return _("%(reference)s · %(harm)s, %(place)s", reference=reference, harm=harm, place=place)
    return _("%(reference)s · %(harm)s", reference=reference, harm=harm)


def person_words(person: Any) -> str:
    """A participant's name as the case team knows it: preferred name, else description, else the part."""
    if person.student is not None:
        return str(person.student.shown_name)
    return str(person.description or PersonRole(person.role).label)


def open_case(
    uow: UnitOfWork, incidents: Sequence[Incident], *, tier: int, lead_id: int | None, review_on: date
) -> models.Case:
    """Open a case from incidents of one school; its people are copied from theirs, its harm and place from the first.

    Raises Refused without an incident or a review date, NotFound without the school.
    """
    if not incidents:
        raise Refused("", _("A case is opened from at least one incident."))
    case = _new(
        uow,
        incidents[0].school_id,
        harm_kind=incidents[0].tile,
        location_code=incidents[0].location_code,
        tier=tier,
        lead_id=lead_id,
        next_review_on=review_on,
    )
    for incident in incidents:
        uow.session.add(models.CaseIncident(case_id=case.id, incident_id=incident.id))
        copy_people(uow, case, incident)
    uow.record(case, "case.opened", reference=case.reference, incidents=", ".join(i.reference for i in incidents))
    uow.session.flush()
    return case


def open_case_for(
    uow: UnitOfWork,
    student: Student,
    *,
    school_id: int,
    origin: models.CaseOrigin,
    tier: int,
    lead_id: int | None,
    review_on: date,
) -> models.Case:
    """Open a case without an incident, for one student, with its origin. Raises NotFound."""
    case = _new(uow, school_id, harm_kind=origin.value, tier=tier, lead_id=lead_id, next_review_on=review_on)
    uow.record(case, "case.opened_for_student", reference=case.reference, origin=origin.value)
    case.participants.append(models.CaseParticipant(role=PersonRole.INVOLVED, student_id=student.id))
    uow.session.flush()
    return case


def open_continued(
    uow: UnitOfWork,
    case: models.Case,
    person: models.CaseParticipant,
    *,
    school_id: int,
    lead_id: int | None,
    review_on: date,
) -> models.Case:
    """Open a case at another school for one person of a case, without its incidents. Raises NotFound."""
    new = _new(
        uow,
        school_id,
        harm_kind=case.harm_kind,
        tier=case.tier,
        lead_id=lead_id,
        next_review_on=review_on,
        continued_from_id=case.id,
    )
    new.participants.append(models.CaseParticipant(role=person.role, student_id=person.student_id))
    uow.session.flush()
    uow.record(new, "case.opened_continued", reference=new.reference)
    return new


def _new(uow: UnitOfWork, school_id: int, **columns: Any) -> models.Case:
    school = existing(uow.session.get(School, school_id))
    number = uow.next_number(f"case:{school.id}")
    return uow.add(
        models.Case(
            school_id=school_id,
            number=number,
            reference=f"{school.code}-{number:04d}",
            state=models.CaseState.INTAKE,
            opened_at=uow.now,
            opened_on=local_date(uow.now, school.time_zone),
            **columns,
        )
    )


def copy_people(uow: UnitOfWork, case: models.Case, incident: Incident) -> list[models.CaseParticipant]:
    """Add an incident's people to a case; a student already there keeps one entry with the stronger part.

    Students of another school are left out: their case is there.
    """
    known = {person.student_id: person for person in case.participants if person.student_id is not None}
    copied = {person.incident_person_id for person in case.participants}
    added = []
    for person in incident.people:
        if person.id in copied or person.other_school_id is not None:
            continue
        present = known.get(person.student_id) if person.student_id is not None else None
        if present is not None:
            present.role = stronger_role(present.role, person.role)
            continue
        participant = models.CaseParticipant(
            role=person.role,
            student_id=person.student_id,
            incident_person_id=person.id,
            description=person.staff.name if person.staff else person.description,
        )
        case.participants.append(participant)
        if person.student_id is not None:
            known[person.student_id] = participant
        added.append(participant)
    return added


def move_to(uow: UnitOfWork, case: models.Case, state: models.CaseState) -> bool:
    """Change the state of a case as the table allows, and record it; False when it has that state already.

    Raises Refused for a change that the table lacks, and for closing, which has its own use case.
    """
    if state == case.state:
        return False
    if state not in models.TRANSITIONS[case.state] or models.CaseState.CLOSED in (state, case.state):
        raise Refused("state", _("A case cannot be moved there from its current status."))
    case.state = state
    uow.record(case, "case.state_changed", state=state.value)
    return True


def reopen_case(uow: UnitOfWork, case: models.Case, reason: models.ReopenReason, review_on: date) -> None:
    """Open a closed case again, and the incidents that closed with it; its answers stay in the audit."""
    case.state, case.result, case.closed_at, case.next_review_on = models.CaseState.INTAKE, None, None, review_on
    case.agreement_kept, case.harmed_says, case.what_is_left, case.closed_despite = None, None, "", ""
    uow.record(case, "case.reopened", reason=reason.value)
    for incident in case.incidents:
        if incident.state is IncidentState.CLOSED:
            set_state(uow, incident, IncidentState.ROUTED)


def advance(uow: UnitOfWork, case: models.Case, state: models.CaseState) -> None:
    """Move a case forward to a later state; does nothing for an earlier one, or for a closed case."""
    order = list(models.CaseState)
    if case.state is not models.CaseState.CLOSED and order.index(state) > order.index(case.state):
        move_to(uow, case, state)


ROOM = Room(
    sentences=models.SENTENCES,
    loaders={"case_record": queries.load_case},
    exemptions={"incident": (queries.keeps_report,)},
)
