"""Cases, the incidents they came from, their people, and their notes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from wss_cases.access.actor import Actor, Role
from wss_cases.access.visibility import Windowed, WindowedWith, exemptions_of, is_exempt, names_any
from wss_cases.cases.case import states
from wss_cases.cases.case.states import AgreementKept, CaseState, PlanState
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.school_time import at_local, district_zone, local_date
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import Student


class Case(Windowed, Versioned, Base):
    """One case: number and kind of harm. An open case always has a next review date.

    `closed_despite`: why it closed so although the record says otherwise.
    """

    __tablename__ = "case_record"
    __table_args__ = (
        UniqueConstraint("school_id", "number"),
        Index("ix_case_record_school_state", "school_id", "state", "id"),
        Index("ix_case_record_lead", "lead_id", "state"),
        CheckConstraint("state = 'closed' or next_review_on is not null", name="review_date"),
        CheckConstraint("(state = 'closed') = (result is not null)", name="result"),
    )
    PRIVATE = frozenset({"what_is_left", "closed_despite"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    number: Mapped[int]
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    harm_kind: Mapped[str] = mapped_column(String(40))
    location_code: Mapped[str] = mapped_column(String(60), default="")
    tier: Mapped[int] = mapped_column(default=2)
    state: Mapped[CaseState] = mapped_column(named_enum(CaseState, "state"), default=CaseState.INTAKE)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    opened_at: Mapped[datetime]
    opened_on: Mapped[date]
    next_review_on: Mapped[date | None] = mapped_column(index=True)
    closed_at: Mapped[datetime | None]
    result: Mapped[states.CaseResult | None] = mapped_column(named_enum(states.CaseResult, "result_kind"))
    agreement_kept: Mapped[AgreementKept | None] = mapped_column(named_enum(AgreementKept, "agreement_kept"))
    harmed_says: Mapped[states.HarmedSays | None] = mapped_column(named_enum(states.HarmedSays, "harmed_says"))
    what_is_left: Mapped[str] = mapped_column(Text, default="")
    closed_despite: Mapped[str] = mapped_column(Text, default="", server_default="")
    continued_from_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"), index=True)
    incidents: Mapped[list[Incident]] = relationship(secondary="case_incident", order_by=Incident.id)
    participants: Mapped[list["CaseParticipant"]] = relationship(order_by="CaseParticipant.id", back_populates="case")

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        """Open cases."""
        return cls.state.in_(states.OPEN)

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """What is in view from a day on: open, closed on that day or later, or kept by what hangs on it."""
        return or_(
            cls.always_visible(),
            cls.closed_at >= at_local(first, 0, 0, district_zone()),
            *exemptions_of(cls.__tablename__, cls.id, first),
        )

    def in_view_since(self, first: date) -> bool:
        """Whether this case is in view from a day on; reads the database only for one closed before it."""
        fresh = self.state in states.OPEN or (
            self.closed_at is not None and local_date(self.closed_at, district_zone()) >= first
        )
        return fresh or is_exempt(self, first)

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        """Cases in which any of these students stands."""
        return names_any(CaseParticipant, "case_id", cls.id, students)

    @classmethod
    def withheld(cls, role: Role) -> ColumnElement[bool] | None:
        """Deans, who decide discipline, do not see support that was opened without an incident."""
        return cls.harm_kind == states.CaseOrigin.SUPPORT.value if role is Role.DEAN else None

    def is_withheld(self, role: Role) -> bool:
        """Whether this case is kept from a role."""
        return role is Role.DEAN and self.harm_kind == states.CaseOrigin.SUPPORT

    @classmethod
    def closed_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Cases of a report that is closed to this person."""
        report: Any = aliased(Incident)
        joined = select(CaseIncident.id).join(report, report.id == CaseIncident.incident_id)
        return joined.where(CaseIncident.case_id == cls.id, report.closed_to(actor)).exists()

    def is_closed_to(self, actor: Actor) -> bool:
        """Whether this one is."""
        return any(report.is_closed_to(actor) for report in self.incidents)


class CaseIncident(Base):
    """Which incidents a case was opened from."""

    __tablename__ = "case_incident"
    __table_args__ = (UniqueConstraint("case_id", "incident_id"),)

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)


class CaseParticipant(Base):
    """One person's part in a case."""

    __tablename__ = "case_participant"
    __table_args__ = (Index("ix_case_participant_case", "case_id"), Index("ix_case_participant_student", "student_id"))
    PRIVATE = frozenset({"description"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    role: Mapped[PersonRole] = mapped_column(named_enum(PersonRole, "role"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    incident_person_id: Mapped[int | None] = mapped_column(ForeignKey("incident_person.id"))
    description: Mapped[str] = mapped_column(String(200), default="")
    case: Mapped[Case] = relationship(back_populates="participants")
    student: Mapped[Student | None] = relationship()


class OfCase(WindowedWith):
    """What hangs on a case (`case_id`) fades with it."""

    HOST = (Case, "case_id")
    PEOPLE = CaseParticipant


class CaseNote(Base):
    """A note in the shared record; never what was said in a circle."""

    __tablename__ = "case_note"
    PRIVATE = frozenset({"text"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


class SafetyPlan(OfCase, Versioned, Base):
    """How one person of a case is kept safe: steps, adults told, route, seat, phone; reviewed every 5 school days.

    It never moves the person harmed unless they ask, and is agreed only with steps, adults and what the guardian
    knows (CHECK). `ended_on` with `ended_why` when it is no longer needed; one that is not ended for each person.
    """

    __tablename__ = "safety_plan"
    __table_args__ = (
        Index("ix_safety_plan_case", "case_id"),
        Index("uq_safety_plan_living", "participant_id", unique=True, **where("state != 'ended'")),
        CheckConstraint("not moves_person_harmed or asked_by_them", name="moves_only_if_asked"),
        CheckConstraint(
            "state != 'agreed' or (agreed_on is not null and next_review_on is not null"
            " and steps <> '' and adults_told <> '' and guardian is not null)",
            name="agreed",
        ),
        CheckConstraint("(state = 'ended') = (ended_on is not null)", name="ended"),
        CheckConstraint("state != 'ended' or ended_why <> ''", name="ended_why"),
    )
    PRIVATE = frozenset({"steps", "adults_told", "route", "seat", "phone", "ended_why", "guardian_name"})

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    state: Mapped[PlanState] = mapped_column(named_enum(PlanState, "state"), default=PlanState.DRAFT)
    steps: Mapped[str] = mapped_column(Text, default="")
    adults_told: Mapped[str] = mapped_column(Text, default="")
    route: Mapped[str] = mapped_column(String(500), default="")
    seat: Mapped[str] = mapped_column(String(500), default="")
    phone: Mapped[str] = mapped_column(String(500), default="")
    moves_person_harmed: Mapped[bool] = mapped_column(default=False)
    asked_by_them: Mapped[bool] = mapped_column(default=False)
    agreed_on: Mapped[date | None]
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    guardian: Mapped[states.GuardianTold | None] = mapped_column(named_enum(states.GuardianTold, "guardian"))
    guardian_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    next_review_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    ended_why: Mapped[str] = mapped_column(String(300), default="")
    participant: Mapped[CaseParticipant] = relationship()


class SafetyPlanReview(Base):
    """One review of a safety plan: what was found, and whether it changed."""

    __tablename__ = "safety_plan_review"
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    safety_plan_id: Mapped[int] = mapped_column(ForeignKey("safety_plan.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    on_day: Mapped[date]
    answer: Mapped[states.PlanAnswer] = mapped_column(named_enum(states.PlanAnswer, "answer"))
    note: Mapped[str] = mapped_column(Text, default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
