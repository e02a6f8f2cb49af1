"""That somebody was named in error: who said so, who agreed. Never who it was, once they are taken out."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.cases.case.models import CaseIncident
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum, where
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.pages import link
from wss_cases.incidents.incident.models import GuardianContact, Incident, IncidentPerson, OfIncident
from wss_cases.incidents.incident.rules import SUFFERED, person_words
from wss_cases.incidents.incident.states import REPORTED_ROLE_LABELS
from wss_cases.incidents.pages.presenters import report_rows
from wss_cases.intake.corrections.facts.queries import review_began
from wss_cases.intake.corrections.facts.rules import is_reporters
from wss_cases.journal.message_kinds import Mail, MessageKind
from wss_cases.journal.models import Disclosure, OutboxMessage
from wss_cases.journal.rooms import ForDeputy
from wss_cases.pathways.legal_holds import OPEN, LegalHold, case_held, student_held
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy, ReleaseState
from wss_cases.records.retention.reach import Rows
from wss_cases.roster.names.finder import Finder
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty
from wss_cases.safeguards.police.review.models import PoliceReview


class TakingOutState(Labelled):
    """Asked by one person where something hangs on it, and then agreed or refused by another."""

    ASKED = "asked", _l("Waiting for a second person")
    DONE = "done", _l("Removed")
    REFUSED = "refused", _l("Not removed")


SENTENCES: Final[dict[str, Any]] = {
    "named_in_error.asked": _l("Someone is said to be named in error. A second person reviews it."),
    "named_in_error.refused": _l("Second review: no one is removed"),
    "named_in_error.done": _l("Someone was named in error and was removed. Reason: %(why)s"),
}


class TakingOut(OfIncident, Versioned, Base):
    """One proposal about one person's row in a report; `needs_second`: something hangs on it, so another agrees."""

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
    """Whether this person takes somebody out: a dean or an administrator of the school, the reporter until review."""
    return can(actor, Permission.INCIDENT_REVIEW, incident) or is_reporters(actor, incident, review_began(incident))


def joined_to(incident: Incident) -> list[Incident]:
    """Return a report and those that are one with it: what it was merged into, and what was merged into that."""
    root = incident.duplicate_of_id or incident.id
    same = (Incident.id == root) | (Incident.duplicate_of_id == root)
    others = db.session.scalars(select(Incident).where(same, Incident.id != incident.id).order_by(Incident.id))
    return [incident, *others]


def told_by(reports: Collection[Incident]) -> list[Incident]:
    """Return the reports of other schools of which these are parts: the name may stand in their texts."""
    ids = {report.part_of_id for report in reports if report.part_of_id is not None}
    found = db.session.scalars(select(Incident).where(Incident.id.in_(sorted(ids))).order_by(Incident.id))
    return [one for report in list(found) for one in joined_to(report)]


def named_as(student_id: int, reports: Collection[Incident]) -> list[IncidentPerson]:
    """Return a student's parts in these reports."""
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
    """Return the entries of the record of disclosures about this student that went with these rows."""
    statement = select(Disclosure).where(Disclosure.student_id == student_id).order_by(Disclosure.id)
    return [one for one in db.session.scalars(statement) if one.object_id in rows.get(one.object_type, set())]


def copies_with(student_id: int, reports: Collection[Incident], names: Finder) -> list[FamilyRelease]:
    """Return copies that left the school with these reports: to the student's own family, or naming the student."""
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
    """Return the attempts to reach a guardian about these parts that left word."""
    statement = select(GuardianContact).where(
        GuardianContact.incident_person_id.in_([one.id for one in people]),
        GuardianContact.result.in_(("reached", "voicemail")),
    )
    return list(db.session.scalars(statement.order_by(GuardianContact.id)))


def asked_on(incident_id: int) -> list[TakingOut]:
    """Return what waits for a second person on a report; the caller has checked it."""
    statement = select(TakingOut).where(TakingOut.incident_id == incident_id, TakingOut.state == TakingOutState.ASKED)
    return list(db.session.scalars(statement.order_by(TakingOut.id)))


def asked_everywhere() -> list[TakingOut]:
    """Return what waits for a second person, in every school."""
    return list(db.session.scalars(select(TakingOut).where(TakingOut.state == TakingOutState.ASKED)))


def for_deputy(row: TakingOut) -> ForDeputy | None:
    """Return what the network's deputy must know to be the second person: who it is, why, and what was reported."""
    if row.state is not TakingOutState.ASKED:
        return None
    person = db.session.get_one(IncidentPerson, row.incident_person_id)
    report = db.session.get_one(Incident, row.incident_id)
    who = [(_("Student"), person_words(person)), (_("Role"), str(REPORTED_ROLE_LABELS[person.role]))]
    return ForDeputy(_("Named in error"), [*report_rows(report), *who], [row.reason, report.narrative])


def reports_of(row: TakingOut) -> list[int]:
    """Return the reports that are one with the one out of which somebody is to be taken, that one first."""
    return [report.id for report in joined_to(db.session.get_one(Incident, row.incident_id))]


def _says(message: OutboxMessage, actor: Actor) -> Mail:
    row = load_taking_out(message.object_id)
    words = _("Someone is said to be named in error in a report. Please review it, and answer.")
    href = link(f"/incidents/{row.incident_id if row is not None else 0}#named-in-error")
    return Mail(_("Second review of a report"), [words], href)


def _waits(message: OutboxMessage, actor: Actor) -> bool:
    row = load_taking_out(message.object_id)
    waits = row is not None and row.state is TakingOutState.ASKED and row.asked_by_id != actor.user_id
    return waits and can(actor, Permission.INCIDENT_REVIEW, row)


MESSAGES = (MessageKind("named_in_error.asked", _says, _waits),)
