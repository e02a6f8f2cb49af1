"""Schools, calendar days, students, guardians, staff, enrollments, and the state of imports."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.foundation.db import Base, CodeTable, Id, Versioned, named_enum, where
from wss_cases.foundation.school_time import district_zone
from wss_cases.roster.directory.rules import SCHOOL_HOURS, DayKind, MoveWhy, Restriction, name_on_screen


class Network(Versioned, Base):
    """A network that the district made or renamed; any other is known by the schools in it.

    `roster_name`: the feed's name of a renamed one.
    """

    __tablename__ = "network"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("roster_name"))

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80))
    roster_name: Mapped[str | None] = mapped_column(String(80))


class School(CodeTable, Versioned, Base):
    """A school. `code` begins its reference numbers; `source`+`sourced_id` identify it in the roster feed.

    `roster_network` is the feed's network; with `network_by_hand` the district has chosen another.
    """

    __tablename__ = "school"
    __table_args__ = (UniqueConstraint("source", "sourced_id"), UniqueConstraint("code"))

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(120), default="manual")
    sourced_id: Mapped[str] = mapped_column(String(120))
    identifier: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(40), default="")
    is_charter: Mapped[bool] = mapped_column(default=False)
    network: Mapped[str | None] = mapped_column(String(80), index=True)
    roster_network: Mapped[str | None] = mapped_column(String(80))
    network_by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())
    low_grade: Mapped[int | None]
    high_grade: Mapped[int | None]
    time_zone: Mapped[str] = mapped_column(String(60), default=district_zone)
    first_bell: Mapped[time] = mapped_column(default=lambda: SCHOOL_HOURS.on(date.max)[0])
    last_bell: Mapped[time] = mapped_column(default=lambda: SCHOOL_HOURS.on(date.max)[1])
    phone: Mapped[str] = mapped_column(String(60), default="", server_default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class CalendarDay(CodeTable, Base):
    """One date of one school year; a school's row replaces the district's row of that date.

    `last_bell` is a half day's own. The person who declared the day is in `said_by_id` and `said_at`; the calendar's
    own entry is kept in `planned_kind`. `unsettled_since`: what falls on this date is yet to be moved.
    """

    __tablename__ = "calendar_day"
    __table_args__ = (
        Index("uq_calendar_day_district", "day", unique=True, **where("school_id IS NULL")),
        UniqueConstraint("school_id", "day"),
        CheckConstraint("last_bell is null or kind = 'half'", name="last_bell"),
        CheckConstraint("planned_kind is null or said_at is not null", name="planned"),
    )

    id: Mapped[Id]
    school_year: Mapped[str] = mapped_column(String(7), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    day: Mapped[date] = mapped_column(index=True)
    kind: Mapped[DayKind] = mapped_column(named_enum(DayKind, "kind"))
    label: Mapped[str] = mapped_column(String(200), default="")
    last_bell: Mapped[time | None]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime | None]
    planned_kind: Mapped[DayKind | None] = mapped_column(named_enum(DayKind, "planned_kind"))
    planned_label: Mapped[str] = mapped_column(String(200), default="", server_default="")
    unsettled_since: Mapped[datetime | None] = mapped_column(index=True)


class CalendarMove(Base):
    """What the calendar moved from one date: the record and its table, from when to when, and why.

    `returned_at`: it was moved back, because there is school on that date after all.
    """

    __tablename__ = "calendar_move"
    __table_args__ = (
        Index("ix_calendar_move_school_day", "school_id", "day"),
        Index("ix_calendar_move_subject", "subject_type", "subject_id"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    day: Mapped[date]
    why: Mapped[MoveWhy] = mapped_column(named_enum(MoveWhy, "why"))
    label: Mapped[str] = mapped_column(String(200), default="")
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    moved_to: Mapped[date]
    moved_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]


class Student(Versioned, Base):
    """A student as in the roster; None is unknown.

    `search_key` is `rules.search_key` of every name, `search_key_family` the folded family name by which lists are
    sorted.
    """

    __tablename__ = "student"
    __table_args__ = (
        UniqueConstraint("source", "sourced_id"),
        CheckConstraint("grade is null or (grade >= -1 and grade <= 13)", name="grade"),
        Index("ix_student_search", "school_id", "search_key"),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(120), default="manual")
    sourced_id: Mapped[str] = mapped_column(String(120))
    student_number: Mapped[str] = mapped_column(String(80), default="", index=True)
    given_name: Mapped[str] = mapped_column(String(200))
    middle_name: Mapped[str] = mapped_column(String(200), default="")
    family_name: Mapped[str] = mapped_column(String(200))
    preferred_given_name: Mapped[str] = mapped_column(String(200), default="")
    preferred_family_name: Mapped[str] = mapped_column(String(200), default="")
    search_key: Mapped[str] = mapped_column(String(900))
    search_key_family: Mapped[str] = mapped_column(String(900), default="")
    grade: Mapped[int | None]
    birth_date: Mapped[date | None]
    race_ethnicity: Mapped[str | None] = mapped_column(String(40))
    sex: Mapped[str | None] = mapped_column(String(20))
    language: Mapped[str | None] = mapped_column(String(20))
    has_iep: Mapped[bool | None]
    has_504: Mapped[bool | None]
    is_english_learner: Mapped[bool | None]
    has_housing_support: Mapped[bool | None]
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    is_active: Mapped[bool] = mapped_column(default=True)

    @property
    def shown_name(self) -> str:
        """The displayed name: preferred where there is one, exactly as typed."""
        return name_on_screen(self.given_name, self.family_name, self.preferred_given_name, self.preferred_family_name)


class Enrolment(Base):
    """A student at a school from a first to a last day (None: still there)."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("student_id", "school_id", "starts_on"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
        Index("ix_enrolment_school_dates", "school_id", "starts_on", "ends_on"),
    )

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    grade: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Guardian(Base):
    __tablename__ = "guardian"
    __table_args__ = (UniqueConstraint("source", "sourced_id"),)

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(120), default="manual")
    sourced_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(400))
    language: Mapped[str | None] = mapped_column(String(20))
    phone: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(254), default="")


class StudentGuardian(Base):
    """A guardian of a student, and the relation."""

    __tablename__ = "student_guardian"
    __table_args__ = (UniqueConstraint("student_id", "guardian_id"),)

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardian.id"), index=True)
    relation: Mapped[str] = mapped_column(String(40), default="")
    is_primary: Mapped[bool] = mapped_column(default=False)
    guardian: Mapped[Guardian] = relationship()


class GuardianLimit(Versioned, Base):
    """Whether a guardian of a student may be contacted and may receive records; None is unknown.

    Apart from the roster's link, which an import may remove and bring back; no feed knows of court orders.
    """

    __tablename__ = "guardian_limit"
    __table_args__ = (
        UniqueConstraint("student_id", "guardian_id"),
        CheckConstraint("(restriction is null) = (restricted_on is null)", name="dated"),
        CheckConstraint("restriction is null or (not may_contact and not may_receive_records)", name="restricted"),
    )

    id: Mapped[Id]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardian.id"), index=True)
    may_contact: Mapped[bool | None]
    may_receive_records: Mapped[bool | None]
    restriction: Mapped[Restriction | None] = mapped_column(named_enum(Restriction, "restriction"))
    restricted_on: Mapped[date | None]


class StaffMember(Base):
    """An adult at a school as in the roster; may or may not have an account."""

    __tablename__ = "staff_member"
    __table_args__ = (
        UniqueConstraint("source", "sourced_id"),
        Index("ix_staff_member_search", "school_id", "search_key"),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(120), default="manual")
    sourced_id: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(400))
    search_key: Mapped[str] = mapped_column(String(900))
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    role: Mapped[str] = mapped_column(String(60), default="")
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    is_active: Mapped[bool] = mapped_column(default=True)


class StaffPost(Base):
    """A staff member's post at a school by the roster; a person at two schools has two."""

    __tablename__ = "staff_post"
    __table_args__ = (UniqueConstraint("staff_id", "school_id", "role"),)

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    role: Mapped[str] = mapped_column(String(60), default="")


class ImportRun(Base):
    """One import: its source, time and format, whether anything landed, and its report."""

    __tablename__ = "import_run"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime]
    landed: Mapped[bool] = mapped_column(default=True, server_default=true())
    report: Mapped[dict[str, Any]]


class ImportedRow(Base):
    """The last imported state of one feed row, to distinguish created, updated, unchanged and missing."""

    __tablename__ = "imported_row"
    __table_args__ = (UniqueConstraint("source", "file", "sourced_id"),)

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(120))
    file: Mapped[str] = mapped_column(String(40))
    sourced_id: Mapped[str] = mapped_column(String(300))
    digest: Mapped[str] = mapped_column(String(64))
    is_present: Mapped[bool] = mapped_column(default=True)
