"""Cases, the incidents they came from, their people, and their notes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from wss_cases.access.actor import Actor, Role
from wss_cases.access.visibility import Windowed, WindowedWith, exemptions_of, is_exempt, names_any
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.school_time import at_local, district_zone, local_date
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.rules import NO_LABEL


class CaseState(Labelled):
    """Intake to closed; a closed case has a `CaseResult`."""

    INTAKE = "intake", _l("Intake")
    PREPARING = "preparing", _l("In preparation")
    IN_PROCESS = "in_process", _l("In process")
    MONITORING = "monitoring", _l("Monitoring the agreement")
    CLOSED = "closed", _l("Closed")


class CaseResult(Labelled):
    """How a case ended."""

    REPAIRED = "repaired", _l("Repaired")
    PARTLY_REPAIRED = "partly_repaired", _l("Partly repaired")
    DECLINED = "declined", _l("Declined")
    NOT_SUITABLE = "not_suitable", _l("Not suitable")
    TRANSFERRED = "transferred", _l("Transferred")
    NO_CONTACT = "no_contact", _l("No contact")
    UNFOUNDED = "unfounded", _l("Unfounded")


OPEN = frozenset({CaseState.INTAKE, CaseState.PREPARING, CaseState.IN_PROCESS, CaseState.MONITORING})

TRANSITIONS: dict[CaseState, frozenset[CaseState]] = {
    CaseState.INTAKE: frozenset({CaseState.PREPARING, CaseState.IN_PROCESS, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.PREPARING: frozenset({CaseState.IN_PROCESS, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.IN_PROCESS: frozenset({CaseState.PREPARING, CaseState.MONITORING, CaseState.CLOSED}),
    CaseState.MONITORING: frozenset({CaseState.IN_PROCESS, CaseState.CLOSED}),
    CaseState.CLOSED: frozenset({CaseState.INTAKE}),
}


class PlanState(Labelled):
    """A safety plan: written, agreed with the person it is for, ended."""

    DRAFT = "draft", _l("Draft")
    AGREED = "agreed", _l("Agreed")
    ENDED = "ended", _l("Ended")


PLAN_TRANSITIONS: dict[PlanState, frozenset[PlanState]] = {
    PlanState.DRAFT: frozenset({PlanState.AGREED, PlanState.ENDED}),
    PlanState.AGREED: frozenset({PlanState.DRAFT, PlanState.ENDED}),
    PlanState.ENDED: frozenset(),
}
"""A plan that is changed goes back to draft until it is agreed again."""


class PlanAnswer(Labelled):
    """What a review of a safety plan found."""

    WORKS = "works", _l("It is working as is")
    CHANGED = "changed", _l("It needs a change")
    HAPPENED_AGAIN = "happened_again", _l("Something happened again")


class GuardianTold(Labelled):
    """What a guardian knows of a safety plan when it is agreed."""

    TOLD = "told", _l("Told, and gave input")
    NOT_REACHED = "not_reached", _l("Not reached yet, after more than one try")
    NOT_TO_BE_TOLD = "not_to_be_told", _l("Should not be told, as advised for the student's safety")


PLAN_TONES = {PlanState.DRAFT: "sun", PlanState.AGREED: "moss", PlanState.ENDED: "slate"}


class CaseOrigin(Labelled):
    """Why a case was opened without an incident; used in place of the kind of harm."""

    LONG_ABSENCE = "long_absence", _l("Return after a long absence")
    PLACEMENT = "placement", _l("Return from a placement")
    SUPPORT = "support", _l("Support without an incident")


class AgreementKept(Labelled):
    """Closing question 1: was the agreement kept?"""

    KEPT = "kept", _l("Yes, kept")
    PARTLY = "partly", _l("Partly")
    NOT_KEPT = "not_kept", _l("No")
    NO_AGREEMENT = "no_agreement", _l("There was no agreement")


class HarmedSays(Labelled):
    """Closing question 2: what does the person harmed say?"""

    REPAIRED = "repaired", _l("The harm is repaired")
    PARTLY = "partly", _l("The harm is partly repaired")
    NOT_REPAIRED = "not_repaired", _l("The harm is not repaired")
    DID_NOT_WISH_TO_SAY = "did_not_wish_to_say", _l("Did not wish to say")
    NOT_REACHED = "not_reached", _l("Could not be reached")
    NOBODY_HARMED = "nobody_harmed", _l("No one was harmed")


class ReopenReason(Labelled):
    """Why a closed case is opened again."""

    HARM_AGAIN = "harm_again", _l("Harm happened again")
    AGREEMENT_BROKEN = "agreement_broken", _l("The agreement was not kept")
    ASKED = "asked", _l("A person in the case asked for it")
    NEW_FACTS = "new_facts", _l("New information came to light")
    CLOSED_BY_MISTAKE = "closed_by_mistake", _l("It was closed by mistake")


SENTENCES: dict[str, object] = {
    "case.opened": _l("Case %(reference)s opened from incident %(incidents)s"),
    "case.opened_for_student": (_l("Case %(reference)s opened: %(origin)s"), {"origin": CaseOrigin.labels()}),
    "case.opened_continued": _l("Case %(reference)s opened: it continues from another school"),
    "case.student_moved": _l("A student of this case is at another school now"),
    "case.continued": _l("The case continues at the student’s new school"),
    "case.incident_merged": _l("Incident %(incident)s added to this case"),
    "case.note_added": _l("Note added"),
    "case.person_taken_out": _l("A person who was named in error was removed"),
    "case.person_added": _l("Person added"),
    "case.person_role": (_l("Role in the case changed to: %(role)s"), {"role": PersonRole.labels()}),
    "case.state_changed": (_l("Case moved to: %(state)s"), {"state": CaseState.labels()}),
    "case.review_set": _l("Next review set for %(on)s"),
    "case.review_no_school": (_l("Next review moved to %(on)s. There is no school on %(day)s (%(label)s)"), NO_LABEL),
    "case.review_back": _l("Next review back on %(on)s. There is school on that day after all"),
    "case.handed_over": _l("Handed over to %(to)s"),
    "case.closed": (_l("Case closed: %(result)s"), {"result": CaseResult.labels()}),
    "case.reopened": (_l("Case reopened: %(reason)s"), {"reason": ReopenReason.labels()}),
    "case.ended_by_district": _l("The district has finished with the case"),
    "case.opened_by_district": _l("Opened by the district. Reason: %(reason)s"),
    "safety_plan.drafted": _l("Safety plan written"),
    "safety_plan.changed": _l("Safety plan changed; it must be agreed again"),
    "safety_plan.agreed": (_l("Safety plan agreed. Guardian: %(guardian)s"), {"guardian": GuardianTold.labels()}),
    "safety_plan.reviewed": (_l("Safety plan reviewed: %(answer)s"), {"answer": PlanAnswer.labels()}),
    "safety_plan.ended": _l("Safety plan ended"),
}


class Case(Windowed, Versioned, Base):
    """One case: number and kind of harm. An open case always has a next review date.

    `closed_despite`: why it was closed although the record says otherwise.
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
    result: Mapped[CaseResult | None] = mapped_column(named_enum(CaseResult, "result_kind"))
    agreement_kept: Mapped[AgreementKept | None] = mapped_column(named_enum(AgreementKept, "agreement_kept"))
    harmed_says: Mapped[HarmedSays | None] = mapped_column(named_enum(HarmedSays, "harmed_says"))
    what_is_left: Mapped[str] = mapped_column(Text, default="")
    closed_despite: Mapped[str] = mapped_column(Text, default="", server_default="")
    continued_from_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"), index=True)
    incidents: Mapped[list[Incident]] = relationship(secondary="case_incident", order_by=Incident.id)
    participants: Mapped[list["CaseParticipant"]] = relationship(order_by="CaseParticipant.id", back_populates="case")

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        return cls.state.in_(OPEN)

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """The cases in view from a day on: open, closed on that day or later, or exempt because of what belongs to
        them."""
        return or_(
            cls.always_visible(),
            cls.closed_at >= at_local(first, 0, 0, district_zone()),
            *exemptions_of(cls.__tablename__, cls.id, first),
        )

    def in_view_since(self, first: date) -> bool:
        """The same for this case; reads the database only for one closed before that day."""
        fresh = self.state in OPEN or (
            self.closed_at is not None and local_date(self.closed_at, district_zone()) >= first
        )
        return fresh or is_exempt(self, first)

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        return names_any(CaseParticipant, "case_id", cls.id, students)

    @classmethod
    def withheld(cls, role: Role) -> ColumnElement[bool] | None:
        """Deans, who decide discipline, do not see support that was opened without an incident."""
        return cls.harm_kind == CaseOrigin.SUPPORT.value if role is Role.DEAN else None

    def is_withheld(self, role: Role) -> bool:
        """The same for this case."""
        return role is Role.DEAN and self.harm_kind == CaseOrigin.SUPPORT

    @classmethod
    def closed_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Cases of a report that is closed to this person."""
        report: Any = aliased(Incident)
        joined = select(CaseIncident.id).join(report, report.id == CaseIncident.incident_id)
        return joined.where(CaseIncident.case_id == cls.id, report.closed_to(actor)).exists()

    def is_closed_to(self, actor: Actor) -> bool:
        """The same for this case."""
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
    """A record of a case (`case_id`) leaves view with it."""

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
    """How one person of a case is kept safe: steps, adults informed, route, seat, phone; reviewed every 5 school days.

    It never moves the person harmed unless they ask, and is agreed only with steps, adults and what the guardian knows
    (CHECK). `ended_on` with `ended_why` when it is no longer needed; at most one open plan for each person.
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
    guardian: Mapped[GuardianTold | None] = mapped_column(named_enum(GuardianTold, "guardian"))
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
    answer: Mapped[PlanAnswer] = mapped_column(named_enum(PlanAnswer, "answer"))
    note: Mapped[str] = mapped_column(Text, default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
