"""Kinds of removal, what adults can have offered before one, answers about a disability, appeals, and their words."""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from wss_cases.access.visibility import holds
from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.incidents.incident.models import OfIncident


class DisciplineKind(Labelled):
    """Removals that are counted."""

    IN_SCHOOL_SUSPENSION = "in_school_suspension", _l("In-school suspension")
    OUT_OF_SCHOOL_SUSPENSION = "out_of_school_suspension", _l("Out-of-school suspension")
    EXPULSION = "expulsion", _l("Expulsion")
    ALTERNATIVE_PLACEMENT = "alternative_placement", _l("Alternative placement")
    SENT_HOME = "sent_home", _l("Sent home")
    EARLY_PICK_UP = "early_pick_up", _l("Early pick-up at the school's request")
    BUS_REMOVAL = "bus_removal", _l("Removed from the school bus")


WITHOUT_END: Final = frozenset({DisciplineKind.EXPULSION, DisciplineKind.ALTERNATIVE_PLACEMENT})
"""Removals whose last day is not known from their length."""


class Tried(Labelled):
    """What adults can have offered before: the other interventions of an over-3-days packet."""

    CONVERSATION = "conversation", _l("Restorative conversation")
    CIRCLE = "circle", _l("Circle or conference")
    MENTORING = "mentoring", _l("Mentoring")
    REFERRAL = "referral", _l("Referral for support")
    CHECK_IN = "check_in", _l("Check-in by an adult")


class Answer(Labelled):
    """What a person answers who may not know."""

    YES = "yes", _l("Yes")
    NO = "no", _l("No")
    NOT_KNOWN = "not_known", _l("Not known")


class ActionState(Labelled):
    """A removal stands, or was reversed and counts no more."""

    STANDING = "standing", _l("In effect")
    REVERSED = "reversed", _l("Reversed")


class ChangeCause(Labelled):
    """Why a removal has a newer version."""

    CORRECTION = "correction", _l("Corrected")
    APPEAL = "appeal", _l("Changed by an appeal")


class AskedBy(Labelled):
    """Who asks for an appeal."""

    GUARDIAN = "guardian", _l("A guardian")
    STUDENT = "student", _l("The student")
    SOMEBODY_ELSE = "somebody_else", _l("Someone on their behalf")


class AppealOutcome(Labelled):
    """How an appeal is decided."""

    UPHELD = "upheld", _l("Upheld")
    SHORTENED = "shortened", _l("Shortened")
    REVERSED = "reversed", _l("Reversed")


SENTENCES: Final = {
    "discipline.recorded": (
        _l("Discipline action recorded: %(what)s, %(days)s days"),
        {"what": DisciplineKind.labels()},
    ),
    "discipline.day_ten": _l("The removals of a student with a disability reached day %(days)s; review by %(by)s"),
    "discipline.corrected": _l("Discipline action corrected"),
    "discipline.heard": _l("Student heard after the removal"),
    "discipline.may_tell": _l("Agreement recorded: the notice may say what only a student can share at home"),
    "discipline.reversed": _l("Discipline action reversed"),
    "appeal.asked": (_l("Appeal asked for by: %(by)s"), {"by": AskedBy.labels()}),
    "appeal.decided": (_l("Appeal decided: %(outcome)s"), {"outcome": AppealOutcome.labels()}),
}

ADMINISTRATOR_DECIDES: Final = _l(
    "More than 3 days, an expulsion or an alternative placement is decided by the school’s administrator."
)


class DisciplineAction(OfIncident, Versioned, Base):
    """One removal of one student as it stands now: kind, days and dates, reason.

    `offered` is what adults had offered when it was decided (code and date of each), `answers` what was written where
    they had offered nothing, `year_days` the student's school days away in the school year with this removal. None in
    `disability`, `suspected` and `year_days`: recorded before these were asked. `facts_verified_at` and `…_by_id`: when
    and by whom it was said that the facts were verified and the student heard; None where nobody said so here.
    `student_said`: what the student then said. `danger`: the continuing danger for which the student was removed before
    being heard. `analysis`: the safety and risk analysis of an emergency removal under Title IX, `challenge` how the
    student can challenge it at once. `length_reason`: why so many days. '' where it does not apply, or was not asked.
    """

    __tablename__ = "discipline_action"
    __table_args__ = (
        Index("ix_discipline_action_school_date", "school_id", "starts_on"),
        CheckConstraint("days >= 0", name="days"),
        CheckConstraint("(analysis = '') = (challenge = '')", name="challenge"),
    )
    PRIVATE = frozenset(
        {
            "reason", "interventions", "disruption", "support_services", "answers", "length_reason", "student_said",
            "danger", "analysis", "challenge",
        }
    )  # fmt: skip

    TOLD = ("reason", "length_reason", "support_services", "challenge")
    """What the family reads in the notice."""

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    kind: Mapped[DisciplineKind] = mapped_column(named_enum(DisciplineKind, "kind"))
    days: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)
    interventions: Mapped[str] = mapped_column(Text, default="")
    disruption: Mapped[str] = mapped_column(Text, default="")
    support_services: Mapped[str] = mapped_column(Text, default="")
    length_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    student_said: Mapped[str] = mapped_column(Text, default="", server_default="")
    danger: Mapped[str] = mapped_column(Text, default="", server_default="")
    analysis: Mapped[str] = mapped_column(Text, default="", server_default="")
    challenge: Mapped[str] = mapped_column(Text, default="", server_default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
    state: Mapped[ActionState] = mapped_column(
        named_enum(ActionState, "state"), default=ActionState.STANDING, server_default="standing"
    )
    disability: Mapped[Answer | None] = mapped_column(named_enum(Answer, "disability"))
    suspected: Mapped[Answer | None] = mapped_column(named_enum(Answer, "suspected"))
    year_days: Mapped[int | None]
    facts_verified_at: Mapped[datetime | None]
    facts_verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    review_acknowledged: Mapped[bool] = mapped_column(default=False, server_default="0")
    offered: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")

    @property
    def told(self) -> dict[str, str]:
        """What the family reads in the notice, by the column."""
        return {name: getattr(self, name) for name in self.TOLD}

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """Those that began on that day or later, with a running appeal, or whose report is in view."""
        appeal = aliased(DisciplineAppeal)
        runs = select(appeal.id).where(appeal.action_id == cls.id, appeal.outcome.is_(None)).exists()
        return or_(cls.starts_on >= first, runs, super().since(first))

    def in_view_since(self, first: date) -> bool:
        """Whether this action is in view from a day on."""
        return self.starts_on >= first or holds(self, DisciplineAction.since(first))

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
        """Those of any of these students."""
        return cls.student_id.in_(sorted(students))


class DisciplineVersion(Base):
    """What a discipline action was before somebody changed it, and why; the action itself is the current one."""

    __tablename__ = "discipline_version"
    __table_args__ = (UniqueConstraint("action_id", "number"),)
    PRIVATE = frozenset({"reason", "why"})

    id: Mapped[Id]
    action_id: Mapped[int] = mapped_column(ForeignKey("discipline_action.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    number: Mapped[int]
    kind: Mapped[DisciplineKind] = mapped_column(named_enum(DisciplineKind, "kind"))
    days: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)
    cause: Mapped[ChangeCause] = mapped_column(named_enum(ChangeCause, "cause"))
    why: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class DisciplineAppeal(Versioned, Base):
    """The appeal against one discipline action: asked, heard, decided."""

    __tablename__ = "discipline_appeal"
    __table_args__ = (
        UniqueConstraint("action_id"),
        CheckConstraint(
            "(outcome is null) = (decided_on is null)"
            " and (outcome is null or (heard_on is not null and decision <> ''))",
            name="decided",
        ),
        CheckConstraint("heard_on is null or heard_on >= asked_on", name="heard"),
        CheckConstraint("decided_on is null or decided_on >= heard_on", name="order"),
    )
    PRIVATE = frozenset({"asked_name", "asked_why", "heard_by", "decision"})

    id: Mapped[Id]
    action_id: Mapped[int] = mapped_column(ForeignKey("discipline_action.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    asked_by: Mapped[AskedBy] = mapped_column(named_enum(AskedBy, "asked_by"))
    asked_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    asked_on: Mapped[date]
    asked_why: Mapped[str] = mapped_column(Text, default="", server_default="")
    heard_on: Mapped[date | None]
    heard_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    outcome: Mapped[AppealOutcome | None] = mapped_column(named_enum(AppealOutcome, "outcome"))
    decided_on: Mapped[date | None]
    decision: Mapped[str] = mapped_column(Text, default="", server_default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]
