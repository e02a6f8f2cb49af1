"""Removals: their tables, and pure decisions: which dates they take, how many a school year has, who decides."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from wss_cases.access.visibility import holds
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.school_time import local_date
from wss_cases.incidents.incident.models import OfIncident
from wss_cases.roster.directory.rules import SchoolDays


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
        return {name: getattr(self, name) for name in self.TOLD}

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """Those that began on that day or later, with a running appeal, or whose report is in view."""
        appeal = aliased(DisciplineAppeal)
        runs = select(appeal.id).where(appeal.action_id == cls.id, appeal.outcome.is_(None)).exists()
        return or_(cls.starts_on >= first, runs, super().since(first))

    def in_view_since(self, first: date) -> bool:
        return self.starts_on >= first or holds(self, DisciplineAction.since(first))

    @classmethod
    def about(cls, students: frozenset[int]) -> ColumnElement[bool]:
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


LONG_REMOVAL_DAYS = 3
ALARM_DAY = 10
"""The day of a school year on which removals of a student with a disability call for a review (34 CFR 300.530)."""
REVIEW_WITHIN = 10
"""School days from the decision within which the manifestation review is held."""
MOST_DAYS = 730
NOT_BELOW_GRADE_3 = WITHOUT_END | {DisciplineKind.IN_SCHOOL_SUSPENSION, DisciplineKind.OUT_OF_SCHOOL_SUSPENSION}
"""Kinds that nobody records for pre-K to grade 2."""


@dataclass(frozen=True)
class Span:
    """A removal in time: school days from a first day on, to a last one where it is known."""

    kind: DisciplineKind
    days: int
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True)
class Count:
    """School days away in one school year: before a removal, and with it."""

    year: str
    before: int
    after: int


def is_too_young(kind: DisciplineKind, grade: int | None) -> bool:
    """Whether this removal is refused for the grade (-1 pre-K to 12; None is not known)."""
    return grade is not None and grade <= 2 and kind in NOT_BELOW_GRADE_3


def needs_verified_facts(kind: DisciplineKind) -> bool:
    """Whether this removal waits for verified facts and a student who was heard, and says why it is so long."""
    return kind in NOT_BELOW_GRADE_3


def is_title_ix(known: Iterable[Mapping[str, Any] | None]) -> bool:
    """Whether what is known of a report and of its people makes it a matter of Title IX; what is unknown does not."""
    return any(
        (facts or {}).get("sexual") not in (None, "none", "unknown") or (facts or {}).get("intimate_partner") is True
        for facts in known
    )


def hear_by(starts_on: date, decided_on: date, calendar: SchoolDays) -> date:
    """Return the day by which a student is heard who is removed for a continuing danger: the next school day."""
    return calendar.add(min(starts_on, decided_on), 1)


def is_exclusion(kind: DisciplineKind, days: int) -> bool:
    """Whether it is an expulsion, an alternative placement or longer than 3 days.

    Those need the whole packet, and the administrator decides them.
    """
    return kind in WITHOUT_END or days > LONG_REMOVAL_DAYS


def dates_of(span: Span, calendar: SchoolDays) -> frozenset[date]:
    """Return the school days that a removal takes: so many as it says, not after its last day where that is known.

    One without an end takes every school day to the end of the school year in which it begins.
    """
    last = span.ends_on
    if last is None and not span.days:
        if span.kind not in WITHOUT_END:
            return frozenset()
        last = school_year_bounds(school_year(span.starts_on))[1]
    return frozenset(islice(_school_days(span.starts_on, last, calendar), span.days or None))


def _school_days(first: date, last: date | None, calendar: SchoolDays) -> Iterable[date]:
    day = first
    while last is None or day <= last:
        if calendar.is_school_day(day):
            yield day
        day += timedelta(days=1)


def days_away(spans: Iterable[tuple[Span, SchoolDays]], year: str) -> int:
    """Return the school days of a year that removals took; a day in two of them counts once."""
    first, last = school_year_bounds(year)
    taken: set[date] = set()
    for span, calendar in spans:
        taken |= {day for day in dates_of(span, calendar) if first <= day <= last}
    return len(taken)


def counted(standing: Collection[tuple[Span, SchoolDays]], new: Span, calendar: SchoolDays) -> Count:
    """Return the days away without and with a new removal, in the school year in which they then are most."""
    years = sorted({school_year(new.starts_on), *(school_year(day) for day in dates_of(new, calendar))})
    counts = [Count(year, days_away(standing, year), days_away([*standing, (new, calendar)], year)) for year in years]
    return max(counts, key=lambda count: count.after)


def is_protected(on_record: bool, disability: Answer | None, suspected: Answer | None) -> bool:
    """Whether the rules for students with a disability bind: the roster, a person, or a suspicion raised says so."""
    return on_record or Answer.YES in (disability, suspected)


def calls_for_review(protected: bool, count: Count) -> bool:
    """Whether a removal reaches or passes the tenth day, so that the manifestation review has a clock."""
    return protected and count.after >= ALARM_DAY


def must_acknowledge(protected: bool, count: Count) -> bool:
    """Whether a removal goes beyond the tenth day, which nobody saves without acknowledging the review."""
    return protected and count.after > ALARM_DAY


def gaps(offered: Collection[Tried], answers: Mapping[Tried, str]) -> list[Tried]:
    return [what for what in Tried if what not in offered and not answers.get(what, "").strip()]


def told_late(day: date, told_at: datetime | None, now: datetime, zone: str) -> bool:
    """Whether the guardian was told of a restraint after its day, or was not told by the end of it."""
    return local_date(told_at or now, zone) > day
