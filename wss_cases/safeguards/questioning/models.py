"""Questionings of students: their tables, and what is missing before one may start."""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.visibility import in_view
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db, named_enum
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.incidents.incident.models import IncidentPerson, OfIncident
from wss_cases.roster.directory.models import Student


class QuestionedBy(Labelled):
    """Who wants to question a student."""

    POLICE = "police", _l("Police")
    SCHOOL_SECURITY = "school_security", _l("School security")


class AdultPresent(Labelled):
    """The adult who is with the student while they are questioned."""

    GUARDIAN = "guardian", _l("The guardian")
    SUPPORT_PROFESSIONAL = "support_professional", _l("A support professional of the school")


class ClaimedException(Labelled):
    """Why somebody says that the rule does not hold this time."""

    BODILY_INJURY = "bodily_injury", _l("To prevent bodily injury")
    FLEEING = "fleeing", _l("To apprehend someone armed or fleeing")
    EVIDENCE = "evidence", _l("To prevent evidence from being destroyed")
    EMERGENCY = "emergency", _l("Another emergency or dangerous situation")


SENTENCES: Final[dict[str, Any]] = {
    "questioning.recorded": (_l("A questioning of a student was requested, and recorded before it started"), {}),
    "questioning.recorded_late": (_l("A questioning of a student was recorded after it had started"), {}),
    "questioning.notice": (_l("Questioning of a student: an attempt to tell the guardian was recorded"), {}),
    "questioning.prepared": (_l("Questioning of a student: who is with the student was recorded"), {}),
    "questioning.exception": (_l("Questioning of a student: an exception was claimed"), {}),
    "questioning.started": (_l("The questioning of a student started"), {}),
    "questioning.ended": (_l("The questioning of a student ended"), {}),
    "questioning.called_off": (_l("The questioning of a student did not take place"), {}),
}


class Questioning(OfIncident, Versioned, Base):
    """Who wants to question which student and why, and what has to stand before it may start.

    `recorded_late` says that it had begun when the record was made: nothing was refused then, and nothing is hidden.
    """

    __tablename__ = "questioning"
    __table_args__ = (
        Index("ix_questioning_incident", "incident_id"),
        Index("ix_questioning_school", "school_id", "recorded_at"),
        CheckConstraint("not recorded_late or (late_reason <> '' and started_at is not null)", name="late"),
        CheckConstraint("exception is null or exception_reason <> ''", name="exception"),
        CheckConstraint("adult_present is null or adult_name <> ''", name="adult"),
        CheckConstraint(
            "started_at is null or recorded_late or exception is not null or adult_present is not null", name="start"
        ),
        CheckConstraint(
            "ended_at is null or (started_at is not null and ended_at >= started_at and what_followed <> '')",
            name="ending",
        ),
        CheckConstraint("called_off_at is null or (started_at is null and what_followed <> '')", name="called_off"),
    )
    PRIVATE = frozenset({"why", "late_reason", "exception_reason", "what_followed", "who", "adult_name"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    duty_id: Mapped[int] = mapped_column(ForeignKey("legal_duty.id"))
    asked_by: Mapped[QuestionedBy] = mapped_column(named_enum(QuestionedBy, "asked_by"))
    who: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_late: Mapped[bool] = mapped_column(default=False)
    late_reason: Mapped[str] = mapped_column(Text, default="")
    adult_present: Mapped[AdultPresent | None] = mapped_column(named_enum(AdultPresent, "adult_present"))
    adult_name: Mapped[str] = mapped_column(String(200), default="")
    exception: Mapped[ClaimedException | None] = mapped_column(named_enum(ClaimedException, "claimed"))
    exception_reason: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    called_off_at: Mapped[datetime | None]
    what_followed: Mapped[str] = mapped_column(Text, default="")


class QuestioningNotice(Base):
    """One attempt to tell the guardian that the student is to be questioned; only `reached` is contact."""

    __tablename__ = "questioning_notice"
    PRIVATE = frozenset({"note", "told_whom"})

    id: Mapped[Id]
    questioning_id: Mapped[int] = mapped_column(ForeignKey("questioning.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    at: Mapped[datetime]
    manner: Mapped[str] = mapped_column(String(20))
    result: Mapped[str] = mapped_column(String(20))
    told_whom: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


@dataclass(frozen=True)
class QuestioningRow:
    """One questioning with its student and the attempts to tell the guardian, the oldest first."""

    record: Questioning
    student: Student
    notices: Sequence[QuestioningNotice]

    @property
    def results(self) -> list[str]:
        return [notice.result for notice in self.notices]


load_questioning = by_id(Questioning)


def get_questioning(actor: Actor, questioning_id: int) -> QuestioningRow:
    """Return a questioning at a school where the actor is on the case team. Raises NotFound."""
    statement = (
        select(Questioning, Student)
        .join(Student, Student.id == Questioning.student_id)
        .where(Questioning.id == questioning_id, in_view(Questioning, actor, *CASE_TEAM))
    )
    row = existing(db.session.execute(statement).first())
    return QuestioningRow(row[0], row[1], notices_of(questioning_id))


def notices_of(questioning_id: int) -> list[QuestioningNotice]:
    """Return the attempts to tell the guardian, the oldest first; the caller has checked the questioning."""
    statement = select(QuestioningNotice).where(QuestioningNotice.questioning_id == questioning_id)
    return list(db.session.scalars(statement.order_by(QuestioningNotice.at, QuestioningNotice.id)))


def questionings_of(incident_id: int) -> list[tuple[Questioning, Student]]:
    """Return the questionings on a report; the caller has checked the report."""
    statement = (
        select(Questioning, Student)
        .join(Student, Student.id == Questioning.student_id)
        .where(Questioning.incident_id == incident_id)
        .order_by(Questioning.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def students_of(incident_id: int) -> list[Student]:
    """Return the students of a report, whatever their part in it; the caller has checked the report."""
    named = select(IncidentPerson.student_id).where(IncidentPerson.incident_id == incident_id)
    return list(db.session.scalars(select(Student).where(Student.id.in_(named)).order_by(Student.id)))


REACHED = "reached"


class Missing(enum.StrEnum):
    """What has to be there before a questioning may start."""

    NOTICE = "notice"
    ADULT = "adult"


def missing(record: Any, results: Collection[str]) -> list[Missing]:
    """Return what is missing before a questioning may start; `results` are those of attempts to tell the guardian.

    An exception, claimed with its reason, lets it start all the same; an attempt counts as notice and never as contact.
    """
    if record.exception is not None:
        return []
    lacking = [] if results else [Missing.NOTICE]
    return lacking if record.adult_present is not None else [*lacking, Missing.ADULT]


def has_contact(results: Collection[str]) -> bool:
    """Whether the guardian was reached; a voicemail, no answer and the like are attempts."""
    return REACHED in results
