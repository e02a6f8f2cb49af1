"""The record of a restraint or a time-out (23 Ill. Adm. Code 1.285)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.incidents.incident.models import OfIncident


class RestraintKind(Labelled):
    """Kinds of 23 Ill. Adm. Code 1.285; others are prohibited there."""

    TIME_OUT = "time_out", _l("Time-out")
    ISOLATED_TIME_OUT = "isolated_time_out", _l("Isolated time-out")
    PHYSICAL_RESTRAINT = "physical_restraint", _l("Physical restraint")


class RestraintRecord(OfIncident, Versioned, Base):
    """One restraint or time-out of one student (23 Ill. Adm. Code 1.285). It is not discipline and not a removal."""

    __tablename__ = "restraint_record"
    __table_args__ = (
        Index("ix_restraint_record_school_date", "school_id", "local_date"),
        CheckConstraint("ended_at >= started_at", name="times"),
        CheckConstraint("(reviewed_on is null) = (review = '')", name="review"),
        CheckConstraint("harm = 'none' or harm_words <> ''", name="harm"),
    )
    PRIVATE = frozenset({"danger", "tried", "staff_present", "harm_words", "review", "guardian_name"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    kind: Mapped[RestraintKind] = mapped_column(named_enum(RestraintKind, "kind"))
    local_date: Mapped[date]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    danger: Mapped[str] = mapped_column(Text)
    tried: Mapped[str] = mapped_column(Text)
    staff_present: Mapped[str] = mapped_column(Text)
    harm: Mapped[str] = mapped_column(String(40))
    harm_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    guardian_told_at: Mapped[datetime | None]
    guardian_manner: Mapped[str] = mapped_column(String(40), default="", server_default="")
    guardian_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    reviewed_on: Mapped[date | None]
    review: Mapped[str] = mapped_column(Text, default="", server_default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]


SENTENCES = {
    "restraint.recorded": (_l("Restraint or time-out recorded: %(what)s"), {"what": RestraintKind.labels()}),
    "restraint.guardian_told": _l("The guardian was told about the restraint or time-out"),
    "restraint.reviewed": _l("The restraint or time-out was reviewed"),
}
