"""Taking somebody out of a report who was named in error: what hangs on it, who agrees, what ends, who is told."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, delete, exists, null, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.cases.case.models import Case, CaseIncident, CaseParticipant, PlanState, SafetyPlan
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.casework.pathway_page import let_go
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.making import cancel_row, make
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum, where
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l, marked
from wss_cases.foundation.keys import unwrap, wrap
from wss_cases.foundation.pages import link
from wss_cases.foundation.school_time import local_date, today_at, zone_of
from wss_cases.incidents.deputies import ASKED as DEPUTY_ASKED
from wss_cases.incidents.deputies import ask_deputy
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson, OfIncident
from wss_cases.incidents.incident.queries import parties_of, refuse_party
from wss_cases.incidents.incident.rules import SUFFERED, highest_group, person_words
from wss_cases.incidents.incident.states import REPORTED_ROLE_LABELS, IncidentState, PersonKind
from wss_cases.incidents.other_schools import tell
from wss_cases.incidents.pages import report_rows
from wss_cases.incidents.telling import forget_people
from wss_cases.intake.corrections.facts import is_reporters, review_began
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.changes import REDACTED, changes_of
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import Disclosure, OutboxMessage
from wss_cases.journal.rooms import ForDeputy, SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.notes.pages import bring_over, own_key_of
from wss_cases.pathways.common.actions import note_end
from wss_cases.pathways.common.models import LIVE, EndReason, Pathway
from wss_cases.pathways.legal_holds import OPEN, LegalHold, case_held, student_held
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy, ReleaseState
from wss_cases.records.retention.deletion.erasure import (
    AUDIT,
    INSTEAD,
    names_of,
    take_names_out,
    take_names_out_of_sealed,
)
from wss_cases.records.retention.reach import TABLES, Reach, Reader, Rows, table
from wss_cases.roster.directory.models import Guardian
from wss_cases.roster.directory.queries import schools_by_id
from wss_cases.roster.names.finder import Finder
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty
from wss_cases.safeguards.police.review.models import PoliceReview


class TakingOutState(Labelled):
    ASKED = "asked", _l("Waiting for a second person")
    DONE = "done", _l("Removed")
    REFUSED = "refused", _l("Not removed")


SENTENCES: Final[dict[str, Any]] = {
    "named_in_error.asked": _l("Someone is said to be named in error. A second person reviews it."),
    "named_in_error.refused": _l("Second review: no one is removed"),
    "named_in_error.done": _l("Someone was named in error and was removed. Reason: %(why)s"),
}


class TakingOut(OfIncident, Versioned, Base):
    __tablename__ = "taking_out"
    __table_args__ = (
        Index("ix_taking_out_incident", "incident_id"),
        Index("uq_taking_out_asked", "incident_person_id", unique=True, **where("state = 'asked'")),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided"),
        CheckConstraint(
            "state <> 'done' or not needs_second or asked_by_id is null or decided_by_id <> asked_by_id",
            name="second_person",
        ),
    )
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_person_id: Mapped[int] = mapped_column(ForeignKey("incident_person.id"))
    state: Mapped[TakingOutState] = mapped_column(named_enum(TakingOutState, "state"), default=TakingOutState.ASKED)
    needs_second: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]


load_taking_out = by_id(TakingOut)
IN_PREPARATION = (ReleaseState.PREPARING, ReleaseState.HANDED_ON)


def may_take_out(actor: Actor, incident: Incident) -> bool:
    # the reporter until the review begins
    return can(actor, Permission.INCIDENT_REVIEW, incident) or is_reporters(actor, incident, review_began(incident))


def joined_to(incident: Incident) -> list[Incident]:
    # what it was merged into, and what was merged into that
    root = incident.duplicate_of_id or incident.id
    same = (Incident.id == root) | (Incident.duplicate_of_id == root)
    others = db.session.scalars(select(Incident).where(same, Incident.id != incident.id).order_by(Incident.id))
    return [incident, *others]


def told_by(reports: Collection[Incident]) -> list[Incident]:
    # of which these are parts: the name may stand in their texts
    ids = {report.part_of_id for report in reports if report.part_of_id is not None}
    found = db.session.scalars(select(Incident).where(Incident.id.in_(sorted(ids))).order_by(Incident.id))
    return [one for report in list(found) for one in joined_to(report)]


def named_as(student_id: int, reports: Collection[Incident]) -> list[IncidentPerson]:
    return [person for report in reports for person in report.people if person.student_id == student_id]


def is_held(reports: Collection[Incident], student_id: int) -> bool:
    """Whether a records request, a hold or an order keeps the reports, their cases or the student's record."""
    ids = [report.id for report in reports]
    cases = db.session.scalars(select(CaseIncident.case_id).where(CaseIncident.incident_id.in_(ids)))
    held = [student_held(student_id), *(case_held(case_id) for case_id in cases)]
    people = select(IncidentPerson.student_id).where(IncidentPerson.incident_id.in_(ids))
    held.append(select(LegalHold.id).where(OPEN, LegalHold.student_id.in_(people)).exists())
    if any(db.session.scalar(select(one)) for one in held):
        return True
    asked = select(FamilyRelease.incident_ids).where(
        FamilyRelease.school_id.in_([report.school_id for report in reports]), FamilyRelease.state.in_(IN_PREPARATION)
    )
    return any(set(ids) & set(requested) for requested in db.session.scalars(asked))


def needs_second(reports: Collection[Incident], student_id: int, told: Collection[Any]) -> bool:
    """Whether a duty, a notification, a removal, a disclosure or a person harmed hangs on a student's part."""
    if told or any(one.role in SUFFERED for report in reports for one in report.people):
        return True
    ids = [report.id for report in reports]
    hanging = (
        exists().where(LegalDuty.incident_id.in_(ids), LegalDuty.state != DutyState.NOT_APPLICABLE),
        exists().where(PoliceReview.incident_id.in_(ids)),
        exists().where(DisciplineAction.incident_id.in_(ids), DisciplineAction.student_id == student_id),
    )
    return any(db.session.scalar(select(one)) for one in hanging)


def told_of(student_id: int, rows: Rows) -> list[Disclosure]:
    statement = select(Disclosure).where(Disclosure.student_id == student_id).order_by(Disclosure.id)
    return [one for one in db.session.scalars(statement) if one.object_id in rows.get(one.object_type, set())]


def copies_with(student_id: int, reports: Collection[Incident], names: Finder) -> list[FamilyRelease]:
    statement = (
        select(FamilyRelease, FamilyReleaseCopy.text)
        .join(FamilyReleaseCopy, FamilyReleaseCopy.release_id == FamilyRelease.id)
        .where(FamilyRelease.school_id.in_([report.school_id for report in reports]))
        .order_by(FamilyRelease.id)
    )
    ids = {report.id for report in reports}
    went = [(row, text) for row, text in db.session.execute(statement) if ids & set(row.incident_ids)]
    return [row for row, text in went if row.student_id == student_id or names.names_in(text)]


def contacts_about(people: Collection[IncidentPerson]) -> list[GuardianContact]:
    statement = select(GuardianContact).where(
        GuardianContact.incident_person_id.in_([one.id for one in people]),
        GuardianContact.result.in_(("reached", "voicemail")),
    )
    return list(db.session.scalars(statement.order_by(GuardianContact.id)))


def proposals(*of_report: Any) -> list[TakingOut]:
    statement = select(TakingOut).where(TakingOut.state == TakingOutState.ASKED, *of_report)
    return list(db.session.scalars(statement.order_by(TakingOut.id)))


def for_deputy(row: TakingOut) -> ForDeputy | None:
    if row.state is not TakingOutState.ASKED:
        return None
    person = db.session.get_one(IncidentPerson, row.incident_person_id)
    report = db.session.get_one(Incident, row.incident_id)
    who = [(_("Student"), person_words(person)), (_("Role"), str(REPORTED_ROLE_LABELS[person.role]))]
    return ForDeputy(_("Named in error"), [*report_rows(report), *who], [row.reason, report.narrative])


def reports_of(row: TakingOut) -> list[int]:
    return [report.id for report in joined_to(db.session.get_one(Incident, row.incident_id))]


def _says(message: OutboxMessage, actor: Actor) -> Mail:
    row = load_taking_out(message.object_id)
    words = _("Someone is said to be named in error in a report. Please review it, and answer.")
    return Mail(
        _("Second review of a report"), [words], link(f"/incidents/{row.incident_id if row else 0}#named-in-error")
    )


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    row = load_taking_out(message.object_id)
    waits = row is not None and row.state is TakingOutState.ASKED and row.asked_by_id != actor.user_id
    return waits and can(actor, Permission.INCIDENT_REVIEW, row)


MESSAGES = (MessageKind("named_in_error.asked", _says, _waits),)


def mask_sealed(uow: UnitOfWork, rows: Rows, names: Finder) -> None:
    """Take these names out of circles' notes and answers. The audit log has that it was done, never what they said."""
    take_names_out_of_sealed(uow, rows, names)
    notes = select(CircleNote).where(CircleNote.id.in_(rows.get("circle_note", set()))).order_by(CircleNote.id)
    for note in uow.session.scalars(notes.with_for_update()):
        if note.sealed_key is not None:
            bring_over(uow, uow.session.get_one(Pathway, note.pathway_id))
        try:
            own = own_key_of(uow, note)
            text = unwrap(own, note.sealed_text)
        except ValueError:
            continue
        masked = names.without(text, INSTEAD)
        if masked != text:
            note.sealed_text = wrap(own, masked)
            uow.audit(AUDIT, "circle_note", note.id, {"sealed_text": [REDACTED, REDACTED]})
    uow.session.flush()


KEPT = frozenset({"disclosure", "family_release", "family_release_copy", "record_review", "past_opening"})
"""Tables whose rows stay as they are: what was told to whom, and what was asked for."""
GO = ("notified_student", "questioning", "discipline_action", "restraint_record")
"""Rows that are about nobody but the student: they go, and what they held is in the audit log alone."""
LET_GO = ("referral", "reengagement_plan")


def reach_of(uow: UnitOfWork, reports: list[Incident], student_id: int) -> Rows:
    """Ids by table: rows of these reports, their cases, and of another school's report of which one is a part."""
    reader = Reader(uow.session, student_id)
    cases = {case.id for report in reports for case in cases_of_incident(report.id)}
    ids = {report.id for report in (*reports, *told_by(reports))}
    reach = Reach(stays=reader.below({"incident": ids, "case_record": cases}, permanent=False))
    reader.told(reach)
    return {name: rows for name, rows in reach.stays.items() if rows}


def take_out_of(uow: UnitOfWork, reports: list[Incident], student_id: int, rows: Rows) -> None:
    """Take a student out of reports that are one: the row stays for whoever it was, what was opened for them ends."""
    _end_what_was_opened(uow, reports, student_id)
    uow.session.flush()
    masked = {name: ids for name, ids in rows.items() if name not in KEPT}
    names = names_of(student_id, Reach(stays=masked))
    take_names_out(uow, masked, names, keep=True)
    mask_sealed(uow, masked, names)
    _let_rows_go(uow, rows, student_id)
    draft = table("incident_draft")
    uow.session.execute(delete(draft).where(draft.c.incident_id.in_([report.id for report in reports])))
    uow.session.expire_all()
    _unlink(uow, reports, student_id)


def _end_what_was_opened(uow: UnitOfWork, reports: list[Incident], student_id: int) -> None:
    parts = _parts(reports, student_id)
    why = _("A person was named in error.")
    for case, part in parts:
        mine = select(Pathway).where(Pathway.participant_id == part.id, Pathway.state.in_(LIVE))
        for row in uow.session.scalars(mine.order_by(Pathway.id).with_for_update()):
            let_go(uow, row)
            note_end(uow, row, EndReason.NAMED_IN_ERROR, "")
        plans = select(SafetyPlan).where(SafetyPlan.participant_id == part.id, SafetyPlan.state != PlanState.ENDED)
        for plan in uow.session.scalars(plans.with_for_update()):
            plan.state, plan.ended_why = PlanState.ENDED, why
            plan.ended_on = today_at(case.school_id, uow.now)
            uow.audit("safety_plan.named_in_error", "safety_plan", plan.id, changes_of(plan))
    named = [person.id for person in named_as(student_id, reports)]
    part_ids = [part.id for _case, part in parts]
    about = or_(FollowUp.incident_person_id.in_(named), FollowUp.participant_id.in_(part_ids))
    about &= FollowUp.state == FollowUpState.OPEN
    for follow_up in uow.session.scalars(select(FollowUp).where(about).order_by(FollowUp.id).with_for_update()):
        cancel_row(uow, follow_up, why)


def _parts(reports: list[Incident], student_id: int) -> list[tuple[Case, CaseParticipant]]:
    """The student's parts in the cases of reports, but for a case in which another report names them too."""
    ids, found = {report.id for report in reports}, []
    for case in {case.id: case for report_id in ids for case in cases_of_incident(report_id)}.values():
        if not named_as(student_id, [other for other in case.incidents if other.id not in ids]):
            found += [(case, part) for part in case.participants if part.student_id == student_id]
    return found


def _let_rows_go(uow: UnitOfWork, rows: Rows, student_id: int) -> None:
    for name in GO:
        one = table(name)
        mine = one.c.id.in_(rows.get(name, set())) & (one.c.student_id == student_id)
        for row in uow.session.execute(select(one).where(mine)).mappings().all():
            _drop(uow, name, dict(row))
    for name in LET_GO:
        one = table(name)
        mine = one.c.id.in_(rows.get(name, set())) & (one.c.student_id == student_id)
        for row_id in list(uow.session.scalars(select(one.c.id).where(mine))):
            uow.audit("named_in_error.let_go", name, row_id, {"student_id": [student_id, None]})
            uow.session.execute(
                update(one).where(one.c.id == row_id).values(student_id=null(), version=one.c.version + 1)
            )


def _drop(uow: UnitOfWork, name: str, row: dict[str, Any]) -> None:
    """Delete a row and what it owns; the audit log alone keeps what it held."""
    for below in reversed(list(TABLES)):
        for column in TABLES[below].owners:
            keys = table(below).c[column].foreign_keys
            if any(key.column.table.name == name for key in keys):
                mine = select(table(below)).where(table(below).c[column] == row["id"])
                for owned in uow.session.execute(mine).mappings().all():
                    _drop(uow, below, dict(owned))
    uow.audit("named_in_error.removed", name, row["id"], {key: [_plain(value), None] for key, value in row.items()})
    uow.session.execute(delete(table(name)).where(table(name).c.id == row["id"]))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return getattr(value, "value", value)
    return str(value)


def _unlink(uow: UnitOfWork, reports: list[Incident], student_id: int) -> None:
    parts, named = _parts(reports, student_id), named_as(student_id, reports)
    for case, part in parts:
        part.student, part.student_id, part.description = None, None, ""
        uow.record(part, "case.person_taken_out", case_id=case.id)
    for person in named:
        person.kind, person.student, person.student_id = PersonKind.NOT_IDENTIFIED, None, None
        person.grade, person.description, person.family_text, person.facts, person.may_tell = None, "", "", {}, []
        uow.record(person, "incident.person_changed")
    for report in reports:
        forget_people(uow, report, {person.id for person in named})
        report.behavior_group = highest_group(report.people)
    uow.session.flush()


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
