"""Whom a school calls, and who stands on the way to it: sergeants, Safe Passage routes, filed teams. No student."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned


class SchoolSergeant(Versioned, Base):
    """A school's contact at one police district, from a day on (None: nobody said); `ended_at` when theirs no more."""

    __tablename__ = "school_sergeant"
    __table_args__ = (Index("ix_school_sergeant_school", "school_id", "ended_at"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    police_district: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(60), default="")
    starts_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]


class ThreatTeam(Versioned, Base):
    """One filing of a school's threat-assessment team: its seats by role and the day; no names, no assessments."""

    __tablename__ = "threat_team"
    __table_args__ = (Index("ix_threat_team_school", "school_id", "filed_on"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    filed_on: Mapped[date]
    roles: Mapped[list[str]] = mapped_column(default=list)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class SafePassageRoute(Versioned, Base):
    """Where and when adults of a vendor stand on the way to a school; `ended_at` when they stand there no more."""

    __tablename__ = "safe_passage_route"
    __table_args__ = (Index("ix_safe_passage_route_school", "school_id", "ended_at"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    place: Mapped[str] = mapped_column(String(200))
    hours: Mapped[str] = mapped_column(String(120))
    vendor: Mapped[str] = mapped_column(String(200))
    starts_on: Mapped[date]
    ended_at: Mapped[datetime | None]
