"""Taking out of a report whoever was named in error; where something hangs on it a second person agrees first."""

from datetime import datetime
from typing import Any

from wss_cases.access.actor import Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.grants import holders
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.followups.making import make
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, marked
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.incidents.deputies import ASKED as DEPUTY_ASKED
from wss_cases.incidents.deputies import ask_deputy
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson
from wss_cases.incidents.incident.queries import parties_of, refuse_party
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.incidents.other_schools import tell
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.records.named_in_error.messages import (
    TakingOut,
    TakingOutState,
    contacts_about,
    copies_with,
    is_held,
    joined_to,
    named_as,
    reports_of,
    told_by,
    told_of,
)
from wss_cases.records.named_in_error.unlinking import reach_of, take_out_of
from wss_cases.records.retention.deletion.erasure import INSTEAD, names_of
from wss_cases.records.retention.reach import Reach
from wss_cases.roster.directory.models import Guardian
from wss_cases.roster.directory.queries import schools_by_id

CORRECTION = "correction"


@use_case
def decide_taking_out(uow: UnitOfWork, taking_out_id: int, *, agrees: bool) -> int:
    """Agree that somebody was named in error, or let the report stand, as another person than who asked."""
    row = uow.load(TakingOut, taking_out_id, Permission.INCIDENT_REVIEW)
    incident = uow.load(Incident, row.incident_id, Permission.INCIDENT_REVIEW)
    if row.state is not TakingOutState.ASKED:
        raise Refused("", _("This has already been decided."))
    if row.asked_by_id == uow.actor.user_id:
        raise Refused("", _("A second person does the second review."))
    refuse_party(uow.actor.user_id, *reports_of(row))
    if agrees:
        refuse_one_person("", uow.actor.user_id, [row.asked_by_id], uow.now)
    _settle(uow, row, incident, agrees=agrees)
    return row.id


def settle_for_deputy(uow: UnitOfWork, row: TakingOut, agrees: bool) -> None:
    """Carry out what the network's deputy decided as the second person."""
    _settle(uow, row, uow.session.get_one(Incident, row.incident_id), agrees=agrees)


def _settle(uow: UnitOfWork, row: TakingOut, incident: Incident, *, agrees: bool) -> None:
    if agrees:
        carry_out(uow, row, incident, named_in(uow, incident, row.incident_person_id))
        return
    _decide(uow, row, TakingOutState.REFUSED)
    uow.record(row, "named_in_error.refused")
    uow.record(incident, "named_in_error.refused")
    for host in told_by(joined_to(incident)):
        if all(person.other_school_id != row.school_id for person in host.people):
            uow.record(host, "incident.part_kept", school=schools_by_id([row.school_id])[row.school_id].name)
            tell(uow, host, "incident.part_changed", f"part-kept:{row.id}:{host.id}")


def propose(uow: UnitOfWork, incident: Incident, person: IncidentPerson, reason: str, *, second: bool) -> TakingOut:
    """Write down that somebody was named in error, and ask a second person of the school where one has to agree."""
    row = uow.add(
        TakingOut(
            incident_id=incident.id, school_id=incident.school_id, incident_person_id=person.id,
            state=TakingOutState.ASKED, needs_second=second, reason=reason, asked_by_id=uow.actor.user_id,
            asked_at=uow.now,
        )
    )  # fmt: skip
    if second:
        uow.record(row, "named_in_error.asked")
        uow.record(incident, "named_in_error.asked")
        _ask(uow, row, incident)
    return row


def named_in(uow: UnitOfWork, incident: Incident, person_id: int) -> IncidentPerson:
    """A named student of a report. Raises Refused where there is none, and while the record is kept as it is."""
    person = uow.session.get(IncidentPerson, person_id)
    if person is None or person.incident_id != incident.id or person.student_id is None:
        raise Refused("", _("No student is named there in this report."))
    reports = joined_to(incident)
    if is_held([*reports, *told_by(reports)], person.student_id):
        words = _("A records request or a legal hold keeps this record as it is. No one is removed until it ends.")
        raise Refused("", words)
    return person


def _ask(uow: UnitOfWork, row: TakingOut, incident: Incident) -> None:
    for user_id in sorted(asks(row, uow.now).of_the_school):
        uow.notify(user_id, "named_in_error.asked", row, f"named-in-error:{row.id}:{user_id}")
    if ask_deputy(uow, row):
        uow.record(incident, DEPUTY_ASKED)


def asks(row: TakingOut, now: datetime) -> SecondLook:
    """Return who asked, and who else of the school may answer: no party to the report."""
    today = today_at(row.school_id, now)
    held = {number for role in (Role.ADMINISTRATOR, Role.DEAN) for number, _name in holders(role, row.school_id, today)}
    school = held - {row.asked_by_id or 0} - parties_of(*reports_of(row))
    return SecondLook(row.asked_by_id, row.asked_at, school)


def _decide(uow: UnitOfWork, row: TakingOut, state: TakingOutState) -> None:
    row.state, row.decided_by_id, row.decided_at = state, uow.actor.user_id, uow.now


def carry_out(uow: UnitOfWork, row: TakingOut, incident: Incident, person: IncidentPerson) -> None:
    """Take somebody out of a report, tell everyone who was told, and route it anew. For use cases."""
    student_id, reports = person.student_id, joined_to(incident)
    assert student_id is not None
    rows, named = reach_of(uow, reports, student_id), named_as(student_id, reports)
    told, contacts, names = told_of(student_id, rows), contacts_about(named), names_of(student_id, Reach(stays=rows))
    copies, why = copies_with(student_id, reports, names), names.without(row.reason, INSTEAD)
    _decide(uow, row, TakingOutState.DONE)
    row.reason = why
    uow.session.flush()
    for one in named:
        uow.audit("named_in_error.done", "incident_person", one.id, {"student_id": [student_id, None]})
    take_out_of(uow, reports, student_id, rows)
    uow.record(row, "named_in_error.done", why=why)
    for report in reports:
        uow.record(report, "named_in_error.done", why=why)
        days = {"days": [None, [report.local_date.isoformat()]]}
        uow.audit("figures.moved", "school", report.school_id, days)
    _tell_where_it_happened(uow, row, reports)
    partner = _("a partner in the record of disclosures")
    for whom in dict.fromkeys(partner if one.of_housing else one.told_whom for one in told):
        _correct(uow, row, whom)
    for contact in contacts:
        _correct_family(uow, row, student_id, contact)
    for copy in copies:
        _correct_copy(uow, row, student_id, copy)
    for report in reports:
        if report.state is not IncidentState.DUPLICATE:
            route_incident(uow, report)


def _tell_where_it_happened(uow: UnitOfWork, row: TakingOut, reports: list[Incident]) -> None:
    school = schools_by_id([row.school_id])[row.school_id].name
    for host in told_by(reports):
        uow.record(host, "incident.part_taken_out", school=school)
        tell(uow, host, "incident.part_changed", f"part-taken-out:{row.id}:{host.id}")


def _correct(uow: UnitOfWork, row: TakingOut, whom: str) -> Any:
    words = _("Tell %(whom)s: the report named a student in error", whom=whom)[:200]
    return make(
        uow, school_id=row.school_id, kind=CORRECTION, owner_id=row.asked_by_id or uow.actor.user_id,
        due_on=today_at(row.school_id, uow.now), incident_id=row.incident_id, title=words, single_mail=True,
    )  # fmt: skip


def _correct_family(uow: UnitOfWork, row: TakingOut, student_id: int, contact: GuardianContact) -> None:
    guardian = uow.session.get(Guardian, contact.guardian_id) if contact.guardian_id is not None else None
    whom = guardian.name if guardian is not None else _("A guardian")
    _register(uow, row, student_id, whom, contact.at, marked("Guardian"))
    contact.guardian_id = None
    uow.audit("named_in_error.let_go", "guardian_contact", contact.id, changes_of(contact))


def _correct_copy(uow: UnitOfWork, row: TakingOut, student_id: int, copy: FamilyRelease) -> None:
    assert copy.released_at is not None
    _register(uow, row, student_id, copy.asked_name[:200], copy.released_at, marked("Family copy"))


def _register(uow: UnitOfWork, row: TakingOut, student_id: int, whom: str, at: datetime, interest: str) -> None:
    """Ask for the correction to a family, whom only the record of disclosures names from now on."""
    asked = _correct(uow, row, _("the family in the record of disclosures"))
    day = local_date(at, zone_of(row.school_id)).isoformat()
    uow.disclose(
        asked, student_id, told_whom=whom, interest=interest, at=at, fields=[day],
        purpose=marked("Named in error in a report; must be told about the correction"),
    )  # fmt: skip
