"""Tables of follow-ups, of the templates they are made from, and of acts that can be undone."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column, object_session

from wss_cases.access.actor import Actor, Role
from wss_cases.access.visibility import Windowed, closed_through, is_closed_through, seen_through
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.foundation.db import Base, Id, Versioned, exactly_one, named_enum, where
from wss_cases.incidents.incident.models import Incident, IncidentPerson


class FollowUpState(enum.StrEnum):
    """Open until done with an outcome, or canceled with a reason."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class ActKind(enum.StrEnum):
    """Acts on a follow-up that the actor can undo for a while."""

    CLOSED = "closed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REASSIGNED = "reassigned"
    SNOOZED = "snoozed"


class FollowUpTemplate(Base):
    """A template: which follow-up an event makes, when it is due, and what closes it. It is in force between dates.

    Every change is a new row, so that follow-ups made earlier keep their words; `series_id` is the first version (None
    on the first itself). `school_id`: a school's own template, in place of the district's series `instead_of_id`, or in
    addition. `pathway`: only for this pathway or kind; '' for all.
    """

    __tablename__ = "follow_up_template"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(60), index=True)
    event: Mapped[str] = mapped_column(String(60))
    pathway: Mapped[str] = mapped_column(String(40), default="", server_default="")
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up_template.id"))
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up_template.id"))
    due_in_school_days: Mapped[int]
    title_en: Mapped[str] = mapped_column(String(200))
    title_es: Mapped[str] = mapped_column(String(200))
    closes_with_en: Mapped[str] = mapped_column(String(300), default="")
    closes_with_es: Mapped[str] = mapped_column(String(300), default="")
    owner_role: Mapped[str] = mapped_column(String(40), default="coordinator")
    single_mail: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    @property
    def series(self) -> int:
        return self.series_id if self.series_id is not None else self.id


class FollowUp(Windowed, Versioned, Base):
    """A follow-up: what has to be done, about whom, by whom, until which school day. It belongs to an incident, a case
    or a plan step.

    `incident_person_id`, `participant_id`: the person it is about, as part of a report or of the case. `closed_on`: the
    day on which it was done (`closed_at` is when that was recorded) or canceled. `sealed_text`: what was said after a
    circle, see `keep_note` in `core/pages.py`. `snoozed_until`: no reminders before that day.

    The sweep stores which version it saw (`swept_version`), when (`swept_at`), and from when there may be more to send
    (`sweep_again_at`), so that a new or changed row is swept again. `lead_id`: the lead of the plan of a plan step; a
    case has its own lead.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        exactly_one("incident_id", "case_id", "plan_step_id", name="one_subject"),
        CheckConstraint("lead_id is null or plan_step_id is not null", name="lead_of_step"),
        CheckConstraint("state != 'done' or outcome <> ''", name="outcome"),
        CheckConstraint("state != 'cancelled' or outcome_note <> ''", name="cancel_reason"),
        CheckConstraint(
            "snoozed_until is null or (not same_day and snooze_count > 0 and snooze_reason <> '')", name="snooze"
        ),
        Index("ix_follow_up_owner_due", "owner_id", "state", "due_on"),
        Index("ix_follow_up_school_due", "school_id", "state", "due_on"),
        Index("ix_follow_up_state_due", "state", "due_on"),
        Index("ix_follow_up_case_state", "case_id", "state"),
        Index("ix_follow_up_incident_state", "incident_id", "state"),
        Index("ix_follow_up_plan_step", "plan_step_id", unique=True),
        Index("ix_follow_up_person", "incident_person_id", "kind", "state"),
        Index("ix_follow_up_unswept", "id", **where("state = 'open' and swept_version <> version")),
        Index("ix_follow_up_sweep_again", "sweep_again_at", **where("state = 'open'")),
        Index("ix_follow_up_swept", "swept_at", **where("state = 'open'")),
        Index("ix_follow_up_given", "given_by_id", "state", "due_on"),
    )
    PRIVATE = frozenset({"outcome_note", "evidence", "title", "sealed_text", "sealed_key"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"))
    plan_step_id: Mapped[int | None] = mapped_column(ForeignKey("plan_step.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    pathway_id: Mapped[int | None] = mapped_column(ForeignKey("pathway.id"))
    kind: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(200), default="")
    rules: Mapped[list[str]] = mapped_column(default=list)
    incident_person_id: Mapped[int | None] = mapped_column(ForeignKey("incident_person.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    template_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up_template.id"))
    created_at: Mapped[datetime]
    due_on: Mapped[date]
    original_due_on: Mapped[date]
    same_day: Mapped[bool] = mapped_column(default=False)
    single_mail: Mapped[bool] = mapped_column(default=False)
    state: Mapped[FollowUpState] = mapped_column(named_enum(FollowUpState, "state"), default=FollowUpState.OPEN)
    outcome: Mapped[str] = mapped_column(String(60), default="")
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    key_name: Mapped[str | None] = mapped_column(String(16))
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    closed_at: Mapped[datetime | None]
    closed_on: Mapped[date | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    snoozed_until: Mapped[date | None]
    snooze_count: Mapped[int] = mapped_column(default=0, server_default="0")
    snooze_reason: Mapped[str] = mapped_column(String(40), default="", server_default="")
    swept_version: Mapped[int] = mapped_column(default=0, server_default="0")
    swept_at: Mapped[datetime | None]
    sweep_again_at: Mapped[datetime | None]

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        return cls.state == FollowUpState.OPEN

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """Follow-ups that are open, of a plan, or of a report or case that is in view from a day on."""
        report: Any = aliased(Incident)
        case: Any = aliased(Case)
        return or_(
            cls.always_visible(),
            cls.plan_step_id.is_not(None),
            select(report.id).where(report.id == cls.incident_id, report.since(first)).exists(),
            select(case.id).where(case.id == cls.case_id, case.since(first)).exists(),
        )

    def in_view_since(self, first: date) -> bool:
        """The same rule for this follow-up."""
        if self.state is FollowUpState.OPEN or self.plan_step_id is not None:
            return True
        of_report = seen_through(self, Incident, self.incident_id, first)
        return of_report or seen_through(self, Case, self.case_id, first)

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        """Follow-ups of a report or case that contains any of these students."""
        reports, cases = aliased(IncidentPerson), aliased(CaseParticipant)
        chosen = sorted(students)
        in_report = select(reports.id).where(reports.incident_id == cls.incident_id, reports.student_id.in_(chosen))
        in_case = select(cases.id).where(cases.case_id == cls.case_id, cases.student_id.in_(chosen))
        return or_(in_report.exists(), in_case.exists())

    @classmethod
    def withheld(cls, role: Role) -> ColumnElement[bool] | None:
        """Follow-ups of cases that are withheld from a role; None when no case is."""
        case: Any = aliased(Case)
        condition = case.withheld(role)
        return None if condition is None else select(case.id).where(case.id == cls.case_id, condition).exists()

    def is_withheld(self, role: Role) -> bool:
        """The same rule for this follow-up."""
        session = object_session(self) if Case.withheld(role) is not None else None
        case = session.get(Case, self.case_id) if session is not None and self.case_id is not None else None
        return case is not None and case.is_withheld(role)

    @classmethod
    def closed_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Follow-ups of a report or case that is closed to this person."""
        hosts = (closed_through(actor, Incident, cls.incident_id), closed_through(actor, Case, cls.case_id))
        return or_(*(condition for condition in hosts if condition is not None))

    def is_closed_to(self, actor: Actor) -> bool:
        """The same rule for this follow-up."""
        of_report = is_closed_through(self, Incident, self.incident_id, actor)
        return of_report or is_closed_through(self, Case, self.case_id, actor)


class FollowUpAct(Base):
    """An act on a follow-up with the values before it. Acts of one `batch` were done at once.

    `version`: the follow-up's version after the act. A different one means that it was changed since.
    """

    __tablename__ = "follow_up_act"
    __table_args__ = (Index("ix_follow_up_act_user", "user_id", "at"), Index("ix_follow_up_act_batch", "batch"))

    id: Mapped[Id]
    batch: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_up.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[ActKind] = mapped_column(named_enum(ActKind, "kind"))
    at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer)
    before: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
