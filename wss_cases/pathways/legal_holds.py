"""Holds on records. Everything that deletes, shreds, cleans or moves records asks here first."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, Text, column, or_, select, table
from sqlalchemy.orm import Mapped, aliased, mapped_column

from wss_cases.access.visibility import finds_any
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import Base, Id, Versioned, db, exactly_one, named_enum
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import Pathway


class HoldKind(Labelled):
    """Why a record must not change."""

    RECORDS_REQUEST = "records_request", _l("Records request")
    LEGAL_HOLD = "legal_hold", _l("Legal hold")
    COURT_ORDER = "court_order", _l("Court order")


class LegalHold(Versioned, Base):
    """A records request, legal hold or court order.

    While it is open, nothing of its student, case or circle is deleted, shredded, cleaned or moved to another school.
    """

    __tablename__ = "legal_hold"
    __table_args__ = (
        exactly_one("student_id", "case_id", "pathway_id", name="one_subject"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(closed_at is null) = (closed_by_id is null)", name="closing"),
        CheckConstraint("closed_at is null or closed_reason <> ''", name="closed_reason"),
    )
    PRIVATE = frozenset({"reason", "asked_by", "closed_reason"})

    id: Mapped[Id]
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"), index=True)
    pathway_id: Mapped[int | None] = mapped_column(ForeignKey("pathway.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    kind: Mapped[HoldKind] = mapped_column(named_enum(HoldKind, "kind"))
    asked_by: Mapped[str] = mapped_column(String(200), default="")
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    closed_reason: Mapped[str] = mapped_column(Text, default="")


HELPER = table("circle_outside_keeper", column("case_id"), column("student_id"))
"""A table of the circles package, which stands above: the columns that holds need of it."""
OPEN = LegalHold.closed_at.is_(None)


def _students_of(case_id: Any) -> Any:
    # correlation is named explicitly: a subquery nested this deep does not correlate by itself, and would hold
    # everyone's records
    return (
        select(CaseParticipant.student_id)
        .where(CaseParticipant.case_id == case_id, CaseParticipant.student_id.is_not(None))
        .correlate_except(CaseParticipant)
    )


def circle_held() -> ColumnElement[bool]:
    """SQL: a hold protects the pathway, its case, or a student in it; for a statement over Pathway."""
    on = or_(
        LegalHold.pathway_id == Pathway.id,
        LegalHold.case_id == Pathway.case_id,
        LegalHold.student_id.in_(_students_of(Pathway.case_id)),
    )
    return select(LegalHold.id).where(OPEN, on).correlate_except(LegalHold).exists()


def case_held(case_id: Any) -> ColumnElement[bool]:
    """SQL: a hold protects the case, one of its circles, or a student in it."""
    circles = select(Pathway.id).where(Pathway.case_id == case_id).correlate_except(Pathway)
    on = or_(
        LegalHold.case_id == case_id, LegalHold.pathway_id.in_(circles), LegalHold.student_id.in_(_students_of(case_id))
    )
    return select(LegalHold.id).where(OPEN, on).correlate_except(LegalHold).exists()


def keeps_case(ids: Any, first: date) -> ColumnElement[bool]:
    """SQL: an open hold keeps its case in view after years, and the cases of its student.

    All tables are aliased, because the outer statement may have joined the same ones.
    """
    hold, circle, person = aliased(LegalHold), aliased(Pathway), aliased(CaseParticipant)
    # correlation is named explicitly, as above: without it these would be the circles and students of all cases
    circles = select(circle.id).where(circle.case_id == ids).correlate_except(circle)
    people = select(person.student_id).where(person.case_id == ids).correlate_except(person)
    on = or_(hold.case_id == ids, hold.pathway_id.in_(circles), hold.student_id.in_(people))
    return select(hold.id).where(hold.closed_at.is_(None), on).correlate_except(hold).exists()


def keeps_report(ids: Any, first: date) -> ColumnElement[bool]:
    """SQL: an open hold on a student keeps the reports that name the student in view."""
    hold, person = aliased(LegalHold), aliased(IncidentPerson)
    joined = select(hold.id).join(person, person.student_id == hold.student_id)
    return finds_any(joined.where(person.incident_id == ids, hold.closed_at.is_(None)))


def student_held(student_id: Any) -> ColumnElement[bool]:
    """SQL: a hold protects the student, or a case or circle that they are in or helped to keep."""
    cases = cases_of_student(student_id)
    circles = select(Pathway.id).where(Pathway.case_id.in_(cases)).correlate_except(Pathway)
    on = or_(LegalHold.student_id == student_id, LegalHold.case_id.in_(cases), LegalHold.pathway_id.in_(circles))
    return select(LegalHold.id).where(OPEN, on).correlate_except(LegalHold).exists()


def cases_of_student(student_id: Any) -> Any:
    """A select of the cases that a student is in, and of those whose circles they helped to keep."""
    mine = select(CaseParticipant.case_id).where(CaseParticipant.student_id == student_id)
    helped = select(HELPER.c.case_id).where(HELPER.c.student_id == student_id)
    return mine.correlate_except(CaseParticipant).union_all(helped.correlate_except(HELPER))


def is_case_held(case_id: int) -> bool:
    return bool(db.session.scalar(select(case_held(case_id))))


def is_student_held(student_id: int) -> bool:
    return bool(db.session.scalar(select(student_held(student_id))))


OPENED = "hold.opened"
RELEASED = "hold.released"


def open_hold(uow: UnitOfWork, hold: LegalHold) -> LegalHold:
    """Add a hold. Its circles are locked first, so that a shredding comes either before or after it, never during it.

    Raises Refused without a reason.
    """
    if not hold.reason.strip():
        raise Refused("reason", _("Write what it is about, without what was said in the circle."))
    theirs = select(CaseParticipant.case_id).where(CaseParticipant.student_id == hold.student_id)
    of = Pathway.case_id.in_(theirs) if hold.student_id is not None else Pathway.case_id == hold.case_id
    uow.session.execute(select(Pathway.id).where(of).order_by(Pathway.id).with_for_update()).all()
    hold.opened_at, hold.opened_by_id = uow.now, uow.actor.user_id
    add_audited(uow, hold, OPENED)
    return hold


def release_hold(uow: UnitOfWork, hold: LegalHold, reason: str, version: int | None) -> None:
    """Close a hold that was loaded under lock. Raises Refused without a reason, or when it is closed already."""
    if version is not None and hold.version != version:
        raise Refused("", _("Someone else changed this in the meantime. Please review it again."))
    if hold.closed_at is not None:
        raise Refused("", _("This was already closed."))
    if not reason.strip():
        raise Refused("reason", _("Write why it ended."))
    hold.closed_at, hold.closed_by_id, hold.closed_reason = uow.now, uow.actor.user_id, reason.strip()
    uow.audit(RELEASED, "legal_hold", hold.id, changes_of(hold))


ROOM = Room(exemptions={"incident": (keeps_report,), "case_record": (keeps_case,)})
