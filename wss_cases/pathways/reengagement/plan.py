"""The plan of a return: tables, rules (the meeting near it, the gap of an enrollment), and its reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, Text, bindparam, or_, select
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import Base, Id, Versioned, db, named_enum
from wss_cases.foundation.i18n import Labelled, _, _l, ngettext
from wss_cases.foundation.school_time import day_words, weekday_words
from wss_cases.pathways.common.models import LIVE, InPathway, Pathway
from wss_cases.pathways.common.queries import visible_to
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Pathway as Family


class AwayCause(Labelled):
    REMOVAL = "removal", _l("A removal from class or school")
    LONG_ABSENCE = "long_absence", _l("A long absence")
    PLACEMENT = "placement", _l("A placement elsewhere")


class MeetingMissed(Labelled):
    STUDENT_AWAY = "student_away", _l("The student was not there")
    SUPPORTER_AWAY = "supporter_away", _l("Someone the student chose was not there")
    POSTPONED = "postponed", _l("The school postponed it")
    NOT_WANTED = "not_wanted", _l("The student does not want a meeting")


class Meeting(Labelled):
    """The state of the re-entry meeting, derived from the plan by `meeting_of`."""

    NOT_PLANNED = "not_planned", _l("Not planned yet")
    PLANNED = "planned", _l("Planned")
    MISSED = "missed", _l("Not held; needs a new date")
    NOT_WANTED = "not_wanted", _l("The student does not want a meeting")
    HELD = "held", _l("Held")


MEETING_TRANSITIONS: dict[Meeting, frozenset[Meeting]] = {
    Meeting.NOT_PLANNED: frozenset({Meeting.PLANNED, Meeting.NOT_WANTED}),
    Meeting.PLANNED: frozenset({Meeting.PLANNED, Meeting.HELD, Meeting.MISSED, Meeting.NOT_WANTED}),
    Meeting.MISSED: frozenset({Meeting.PLANNED, Meeting.NOT_WANTED}),
    Meeting.NOT_WANTED: frozenset({Meeting.PLANNED}),
    Meeting.HELD: frozenset(),
}
"""A meeting that was not wanted may be planned later. A meeting that was held is not planned again."""


class ReviewAnswer(Labelled):
    SETTLED = "settled", _l("Settled")
    SUPPORT_GOES_ON = "support_goes_on", _l("Going well with support")
    NEEDS_MORE = "needs_more", _l("Needs more support")
    NOT_BACK = "not_back", _l("Not back in class")


SENTENCES = {
    "reengagement.opened": (_l("Re-engagement opened: %(cause)s"), {"cause": AwayCause.labels()}),
    "reengagement.away_longer": (_l("Away for longer: %(cause)s"), {"cause": AwayCause.labels()}),
    "reengagement.planned": _l("Return planned"),
    "reengagement.return_moved": _l("Day of return changed with the removal: %(on)s"),
    "reengagement.meeting_planned": _l("Re-entry meeting planned for %(on)s"),
    "reengagement.meeting_dropped": _l("Re-entry meeting canceled: the day of return moved"),
    "reengagement.meeting_held": _l("Re-entry meeting held"),
    "reengagement.meeting_missed": (_l("Re-entry meeting not held: %(why)s"), {"why": MeetingMissed.labels()}),
    "reengagement.returned": _l("Back at school on %(on)s"),
    "reengagement.reviewed": (_l("Return reviewed: %(answer)s"), {"answer": ReviewAnswer.labels()}),
}


class ReengagementPlan(InPathway, Versioned, Base):
    """The plan of a return: when and from what, the re-entry meeting and whom the student chose, missed work, supports.

    `cause_key` identifies what opened it (a removal, an enrollment), so that the same cause opens only one.
    `meeting_missed`: why the last re-entry meeting was not held.
    """

    __tablename__ = "reengagement_plan"
    __table_args__ = (
        Index("ix_reengagement_plan_school_return", "school_id", "return_on"),
        CheckConstraint("return_on is null or away_from is null or return_on >= away_from", name="dates"),
        CheckConstraint("meeting_held_on is null or meeting_at is not null", name="meeting"),
        CheckConstraint("meeting_at is null or return_on is not null", name="meeting_near_return"),
    )
    PRIVATE = frozenset({"supports", "supporters", "work_missed"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"), index=True)
    cause: Mapped[AwayCause | None] = mapped_column(named_enum(AwayCause, "cause"))
    cause_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    away_from: Mapped[date | None]
    return_on: Mapped[date | None]
    returned_on: Mapped[date | None]
    meeting_at: Mapped[datetime | None]
    meeting_place: Mapped[str] = mapped_column(String(80), default="", server_default="")
    meeting_held_on: Mapped[date | None]
    meeting_missed: Mapped[MeetingMissed | None] = mapped_column(named_enum(MeetingMissed, "meeting_missed"))
    supporters: Mapped[str] = mapped_column(String(500), default="", server_default="")
    work_missed: Mapped[str] = mapped_column(Text, default="", server_default="")
    supports: Mapped[str] = mapped_column(Text, default="")
    next_review_on: Mapped[date | None]


class ReengagementReview(InPathway, Base):
    __tablename__ = "reengagement_review"
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), index=True)
    on_day: Mapped[date]
    answer: Mapped[ReviewAnswer] = mapped_column(named_enum(ReviewAnswer, "answer"))
    note: Mapped[str] = mapped_column(Text, default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


NEAR = 5
"""School days before or after the return within which a re-entry meeting is held."""
REVIEWS = (5, 20)
"""School days after the return on which it is reviewed."""
SOONER = 5
"""School days until an extra review, when a review says that more support is needed."""
CATCH_UP = 5
"""School days after the return by which the missed work is checked."""


def back_on(days: SchoolDays, starts_on: date, ends_on: date | None, length: int, is_open: bool) -> date | None:
    """The first day back after a removal; None when it has no end (`is_open`) and no last day."""
    if ends_on is not None:
        return days.add(ends_on, 1)
    if is_open:
        return None
    return days.add(days.on_or_after(starts_on), max(length, 1))


def return_words(return_on: date | None, returned_on: date | None, today: date, days: SchoolDays) -> str:
    """How long until a student is back, in words, counted in school days."""
    if returned_on is not None:
        return _("Back since %(day)s", day=day_words(returned_on))
    if return_on is None:
        return _("Day of return not known yet")
    if return_on == today:
        return _("Back today")
    if return_on < today:
        late = days.between(return_on, today)
        if late <= 0:
            return _("Expected on %(day)s", day=day_words(return_on))
        words = ngettext("Expected %(num)d school day ago", "Expected %(num)d school days ago", late)
        return _("%(when)s (%(day)s)", when=words, day=day_words(return_on))
    if (return_on - today).days == 1:
        return _("Back tomorrow (%(weekday)s)", weekday=weekday_words(return_on))
    words = ngettext("Back in %(num)d school day", "Back in %(num)d school days", days.between(today, return_on))
    return _("%(when)s (%(day)s)", when=words, day=day_words(return_on))


def is_near(day: date, return_on: date, days: SchoolDays) -> bool:
    """Whether a day is at most five school days before or after the return."""
    return abs(days.between(return_on, day)) <= NEAR


def meeting_of(plan: Any) -> Meeting:
    """The state of a plan's re-entry meeting."""
    if plan.meeting_held_on is not None:
        return Meeting.HELD
    if plan.meeting_at is not None:
        return Meeting.PLANNED
    if plan.meeting_missed is MeetingMissed.NOT_WANTED:
        return Meeting.NOT_WANTED
    return Meeting.NOT_PLANNED if plan.meeting_missed is None else Meeting.MISSED


def quick_meetings(return_on: date, today: date, days: SchoolDays) -> list[date]:
    """School days around a return on which a meeting is most often held, from two days before, not in the past."""
    around = [days.add(return_on, number) for number in (-2, -1, 0, 1, 2)]
    return list(dict.fromkeys(day for day in around if day >= today))


def is_return(starts_on: date, earlier_ends: Sequence[date | None], days: SchoolDays, gap: int) -> bool:
    """Whether an enrollment begins again after a gap of at least `gap` school days within one school year.

    `earlier_ends`: the last days of the student's earlier enrollments; None for one that still runs.
    """
    if not earlier_ends or None in earlier_ends:
        return False
    last = max(day for day in earlier_ends if day is not None)
    if last >= starts_on or school_year(last) != school_year(starts_on):
        return False
    return days.between(last, starts_on) - 1 >= gap


REVIEW = "reengagement_review"
MOST_RETURNS = 200


@dataclass(frozen=True)
class Return:
    """An open return: the pathway with its person, and the plan."""

    pathway: Pathway
    plan: ReengagementPlan


def plan_of(pathway_id: int) -> ReengagementPlan | None:
    """A pathway's plan of return; None when nothing is set yet."""
    return db.session.scalar(select(ReengagementPlan).where(ReengagementPlan.pathway_id == pathway_id))


def days_of(pathway_ids: Iterable[int]) -> dict[int, Any]:
    """The days of plans on which the next step of a pathway depends, by pathway, in one query."""
    return {plan.pathway_id: plan for plan in _days.rows(pathway_ids)}


@Prepared
def _days(among_ids: Narrow) -> Any:
    plan = ReengagementPlan
    columns = select(
        plan.pathway_id, plan.return_on, plan.returned_on, plan.next_review_on, plan.meeting_at, plan.meeting_held_on,
        plan.meeting_missed,
    )  # fmt: skip
    return columns.where(among_ids(plan.pathway_id))


def opened_by(cause_key: str) -> bool:
    return db.session.scalar(select(ReengagementPlan.id).where(ReengagementPlan.cause_key == cause_key)) is not None


def living_return(student_id: int, school_id: int) -> Pathway | None:
    """The live re-engagement of a student at a school, with its case; None when there is none."""
    wanted = _living(Pathway).where(ReengagementPlan.student_id == student_id, Pathway.school_id == school_id)
    pathway: Pathway | None = db.session.scalars(wanted.order_by(Pathway.id)).first()
    return pathway


def _living(*entities: Any) -> Select[Any]:
    return (
        select(*entities)
        .join(ReengagementPlan, ReengagementPlan.pathway_id == Pathway.id)
        .options(joinedload(Pathway.case), joinedload(Pathway.participant).joinedload(CaseParticipant.student))
        .where(Pathway.pathway == Family.REENGAGEMENT, Pathway.state.in_(LIVE))
    )


def returns_of(actor: Actor, school_id: int | None, limit: int = MOST_RETURNS) -> list[Return]:
    """The open returns of a school (None: of all the actor's schools), by day of return, unknown days last."""
    prepared = _returns if school_id is None else _returns_at
    return [Return(pathway, plan) for pathway, plan in prepared.rows(actor, school=school_id, limit=limit)]


@PreparedFor
def _returns(actor: Actor) -> Any:
    wanted = visible_to(_living(Pathway, ReengagementPlan), actor, live=True)
    ordered = wanted.order_by(
        ReengagementPlan.returned_on.is_not(None),
        ReengagementPlan.return_on.is_(None),
        ReengagementPlan.return_on,
        Pathway.id,
    )
    return ordered.limit(bindparam("limit"))


@PreparedFor
def _returns_at(actor: Actor) -> Any:
    return _returns.build(actor).where(Pathway.school_id == bindparam("school"))


def reviews_of(pathway_id: int) -> list[ReengagementReview]:
    """The reviews of a return, newest first."""
    wanted = select(ReengagementReview).where(ReengagementReview.pathway_id == pathway_id)
    return list(db.session.scalars(wanted.order_by(ReengagementReview.id.desc())))


def open_of(pathway_id: int, kind: str) -> list[FollowUp]:
    """The open follow-ups of a kind of a pathway, by due date."""
    wanted = select(FollowUp).where(
        FollowUp.pathway_id == pathway_id, FollowUp.kind == kind, FollowUp.state == FollowUpState.OPEN
    )
    return list(db.session.scalars(wanted.order_by(FollowUp.due_on, FollowUp.id)))


@dataclass(frozen=True)
class Stay:
    """An enrollment that began lately, with the last days of the student's earlier ones (None: it still runs)."""

    enrolment_id: int
    student: Student
    school_id: int
    starts_on: date
    earlier_ends: tuple[date | None, ...]


def stays_begun(school_ids: Sequence[int], since: date, until: date) -> list[Stay]:
    """Enrollments at these schools that began between two dates and still run, of students enrolled before."""
    earlier = aliased(Enrolment)
    wanted = (
        select(Enrolment.id, Student, Enrolment.school_id, Enrolment.starts_on, earlier.ends_on)
        .join(Student, Student.id == Enrolment.student_id)
        .join(earlier, (earlier.student_id == Enrolment.student_id) & (earlier.starts_on < Enrolment.starts_on))
        .where(
            Enrolment.school_id.in_(school_ids),
            Enrolment.starts_on >= since,
            Enrolment.starts_on <= until,
            or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= until),
            Student.is_active,
        )
        .order_by(Enrolment.id)
    )
    stays: dict[int, Stay] = {}
    for number, student, school_id, starts_on, ends_on in db.session.execute(wanted):
        before = stays[number].earlier_ends if number in stays else ()
        stays[number] = Stay(number, student, school_id, starts_on, (*before, ends_on))
    return list(stays.values())
