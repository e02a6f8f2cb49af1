"""Meetings of a school and what was heard there: tables, labels, and reading them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, in_schools
from wss_cases.foundation.db import Base, Id, Versioned, among, by_id, db, named_enum
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.foundation.tables.ordering import in_order
from wss_cases.plans.plan.core.models import PLAN_READERS, PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, PlanStep


class MeetingType(Labelled):
    """What kind of meeting it is."""

    COUNCIL = "council", _l("Local School Council")
    COMMITTEE = "committee", _l("Safety committee")
    COMMUNITY = "community", _l("Community meeting")
    FAMILIES = "families", _l("Meeting with families")
    STUDENTS = "students", _l("Meeting with students")
    STAFF = "staff", _l("Staff meeting")


class CameGroup(Labelled):
    """Groups of which a meeting counts how many came; each is a column of the meeting."""

    STUDENTS = "students", _l("Students")
    FAMILIES = "families", _l("Parents and guardians")
    STAFF = "staff", _l("School staff")
    COMMUNITY = "community", _l("Community and partners")
    MEMBERS = "members", _l("Voting members")


class Theme(Labelled):
    """What was heard, as a theme: the only form in which it is ever published."""

    FEELING_SAFE = "feeling_safe", _l("Feeling safe in and around the school")
    ARRIVAL = "arrival", _l("Arrival, dismissal, and the way to school")
    BULLYING = "bullying", _l("Bullying and harassment")
    RESPECT = "respect", _l("Respect between adults and students")
    DISCIPLINE = "discipline", _l("How rules and consequences are applied")
    REPAIR = "repair", _l("Circles and repairing harm")
    MENTAL_HEALTH = "mental_health", _l("Mental health and counseling")
    POLICE = "police", _l("Police and security")
    INFORMED = "informed", _l("How families are informed and included")
    LANGUAGE = "language", _l("Languages and interpreters")
    BELONGING = "belonging", _l("Belonging and student voice")
    ACTIVITIES = "activities", _l("After-school activities and mentoring")
    STAFFING = "staffing", _l("Staff and training")
    MONEY = "money", _l("How money is spent")
    BUILDING = "building", _l("The building and its doors")
    OTHER = "other", _l("Another theme")


THEME_LISTS: Final[tuple[tuple[date, tuple[Theme, ...]], ...]] = ((date(2026, 8, 1), tuple(Theme)),)
"""From a day on the themes that may be chosen, the latest list last. One that is no longer offered stays readable."""

LANGUAGES: Final = ("en", "es", "pl", "zh", "ar", "ur", "uk")
"""Languages that a meeting is most often held in or interpreted into."""

SENTENCES: dict[str, Any] = {
    "meeting.recorded": _l("Meeting written down"),
    "meeting.changed": _l("Meeting changed"),
    "meeting.heard": _l("What was heard was written down"),
    "meeting.heard_changed": _l("What was heard was changed"),
    "meeting.answered": _l("Answer to what was heard written"),
}


LONGEST_TOPIC = 120


class SchoolMeeting(Versioned, Base):
    """One meeting, planned or held. `quorum`: how many voting members a vote needs; None where there is no vote."""

    __tablename__ = "meeting"
    __table_args__ = (
        Index("ix_meeting_school", "school_id", "held_on"),
        CheckConstraint(
            "students >= 0 and families >= 0 and staff >= 0 and community >= 0 and members >= 0", name="came"
        ),
        CheckConstraint("quorum is null or quorum > 0", name="quorum"),
        CheckConstraint("notice_on is null or notice_on <= held_on", name="notice"),
    )
    PRIVATE = frozenset({"topic"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[MeetingType] = mapped_column(named_enum(MeetingType, "kind"))
    held_on: Mapped[date]
    notice_on: Mapped[date | None]
    topic: Mapped[str] = mapped_column(String(LONGEST_TOPIC), default="", server_default="")
    languages: Mapped[list[str]]
    interpreter: Mapped[bool]
    students: Mapped[int]
    families: Mapped[int]
    staff: Mapped[int]
    community: Mapped[int]
    members: Mapped[int]
    quorum: Mapped[int | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class MeetingHeard(Versioned, Base):
    """One thing that was heard at a meeting: its theme, the words, the answer, and what changed because of it."""

    __tablename__ = "meeting_heard"
    __table_args__ = (
        Index("ix_meeting_heard_school", "school_id", "answered_on"),
        CheckConstraint("(answered_on is null) = (answer = '')", name="answered"),
        CheckConstraint("answer <> '' or (changed = '' and goal_id is null and step_id is null)", name="changed"),
    )
    PRIVATE = frozenset({"heard", "answer", "changed"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    theme: Mapped[Theme] = mapped_column(named_enum(Theme, "theme"))
    heard: Mapped[str] = mapped_column(Text, default="", server_default="")
    answer_due_on: Mapped[date]
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    changed: Mapped[str] = mapped_column(Text, default="", server_default="")
    goal_id: Mapped[int | None] = mapped_column(ForeignKey("plan_goal.id"), index=True)
    step_id: Mapped[int | None] = mapped_column(ForeignKey("plan_step.id"), index=True)
    answered_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


NOTICE_DAYS: Final = StoredSetting("meeting_notice_days", int, fixed(2))
"""How many days before a meeting with votes its notice is posted. Unconfirmed: an attorney has not checked it."""
COUNCIL_QUORUM: Final = StoredSetting("council_quorum", int, fixed(7))
"""How many voting members make a quorum of a council, at least: a meeting may ask for more, never for fewer.
Unconfirmed: more than half of a council of thirteen."""
ANSWER_DAYS: Final = StoredSetting("meeting_answer_days", int, fixed(14))
"""Within how many days the school answers what was heard. Unconfirmed: no rule names a number."""
NEEDS_NOTICE: Final = frozenset({MeetingType.COUNCIL, MeetingType.COMMITTEE, MeetingType.COMMUNITY})


def too_few_words(least: int) -> str:
    return _("A quorum of the council is at least %(least)d members, as the district set it.", least=least)


def themes_on(day: date) -> tuple[Theme, ...]:
    begun = [themes for starts_on, themes in THEME_LISTS if starts_on <= day]
    return begun[-1] if begun else THEME_LISTS[0][1]


def notice_is_late(meeting: Any) -> bool:
    """Whether the notice of a meeting that needs one was posted too late, or not at all."""
    if meeting.kind not in NEEDS_NOTICE:
        return False
    last = meeting.held_on - timedelta(days=NOTICE_DAYS.on(meeting.held_on))
    return meeting.notice_on is None or meeting.notice_on > last


def came_to(meeting: Any) -> dict[CameGroup, int]:
    return {group: getattr(meeting, group.value) for group in CameGroup}


PAGE = 50

load_meeting = by_id(SchoolMeeting)
load_heard = by_id(MeetingHeard)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of meetings to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(SchoolMeeting.school_id, actor, *PLAN_READERS))


def heard_visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of what was heard to the schools whose plans the actor reads."""
    return statement.where(in_schools(MeetingHeard.school_id, actor, *PLAN_READERS))


def get_meeting(actor: Actor, school_meeting_id: int) -> SchoolMeeting:
    """Return one meeting. Raises NotFound."""
    statement = visible_to(select(SchoolMeeting), actor).where(SchoolMeeting.id == school_meeting_id)
    found: SchoolMeeting | None = db.session.scalar(statement)
    return existing(found)


def get_heard(actor: Actor, heard_id: int) -> MeetingHeard:
    """Return one thing that was heard. Raises NotFound."""
    statement = heard_visible_to(select(MeetingHeard), actor).where(MeetingHeard.id == heard_id)
    found: MeetingHeard | None = db.session.scalar(statement)
    return existing(found)


def meetings_of(
    actor: Actor, school_id: int, after: int | None = None, limit: int = PAGE + 1
) -> Sequence[SchoolMeeting]:
    """Return a school's meetings, those to come among them, the latest first, behind the one whose id is `after`."""
    statement = visible_to(select(SchoolMeeting), actor).where(SchoolMeeting.school_id == school_id)
    mark = db.session.scalar(statement.where(SchoolMeeting.id == after)) if after is not None else None
    last = (mark.held_on, mark.id) if mark is not None else None
    by: Any = SchoolMeeting.held_on
    found: Sequence[SchoolMeeting] = db.session.scalars(
        in_order(statement, SchoolMeeting.id, by, down=True, limit=limit, last=last)
    ).all()
    return found


def next_meeting(actor: Actor, school_id: int, today: date) -> SchoolMeeting | None:
    """Return the next meeting of a school, today's included; None where none is planned."""
    statement = visible_to(select(SchoolMeeting), actor).where(
        SchoolMeeting.school_id == school_id, SchoolMeeting.held_on >= today
    )
    found: SchoolMeeting | None = db.session.scalar(
        statement.order_by(SchoolMeeting.held_on, SchoolMeeting.id).limit(1)
    )
    return found


def heard_at(actor: Actor, meeting_id: int) -> Sequence[MeetingHeard]:
    statement = heard_visible_to(select(MeetingHeard), actor).where(MeetingHeard.meeting_id == meeting_id)
    found: Sequence[MeetingHeard] = db.session.scalars(statement.order_by(MeetingHeard.id)).all()
    return found


def voices_of(
    actor: Actor, school_id: int, after: int | None = None, limit: int = PAGE + 1
) -> Sequence[tuple[MeetingHeard, SchoolMeeting]]:
    """Return what was heard at a school with its meeting, behind the thing whose id is `after`: what waits for an
    answer first, the longest due first, then what was answered, the latest first."""
    both: Any = select(MeetingHeard, SchoolMeeting)
    statement = heard_visible_to(both, actor).where(MeetingHeard.school_id == school_id)
    statement = statement.join(SchoolMeeting, SchoolMeeting.id == MeetingHeard.meeting_id)
    mark = db.session.execute(statement.where(MeetingHeard.id == after)).first() if after is not None else None
    if mark is not None:
        statement = statement.where(_behind(mark[0]))
    waiting = case((MeetingHeard.answered_on.is_(None), 0), else_=1)
    ordered = statement.order_by(waiting, MeetingHeard.answered_on.desc(), MeetingHeard.answer_due_on, MeetingHeard.id)
    return [(row[0], row[1]) for row in db.session.execute(ordered.limit(limit))]


def _behind(last: MeetingHeard) -> ColumnElement[bool]:
    """What stands behind a thing in the order of `voices_of`."""
    later = tuple_(MeetingHeard.answer_due_on, MeetingHeard.id) > tuple_(literal(last.answer_due_on), literal(last.id))
    if last.answered_on is None:
        return or_(MeetingHeard.answered_on.is_not(None), later)
    same_day = and_(MeetingHeard.answered_on == last.answered_on, later)
    return or_(MeetingHeard.answered_on < last.answered_on, same_day)


def unanswered_by_school(actor: Actor, today: date) -> dict[int, tuple[int, int]]:
    """Return how many voices of each school wait for an answer, and for how many of them it is overdue; schools where
    none waits are left out."""
    overdue = func.sum(case((MeetingHeard.answer_due_on < today, 1), else_=0))
    counted: Any = select(MeetingHeard.school_id, func.count(), overdue)
    waiting = heard_visible_to(counted, actor).where(MeetingHeard.answered_on.is_(None))
    rows = db.session.execute(waiting.group_by(MeetingHeard.school_id))
    return {row[0]: (row[1], int(row[2] or 0)) for row in rows}


def unanswered_counts(plan_ids: Sequence[int], today: date) -> dict[int, int]:
    """Return how many voices wait for an answer at the school of each of these plans; the caller may read the plans."""
    waits = and_(MeetingHeard.school_id == SchoolPlan.school_id, MeetingHeard.answered_on.is_(None))
    counted = select(SchoolPlan.id, func.count()).join(MeetingHeard, waits)
    rows = db.session.execute(counted.where(among(SchoolPlan.id, list(plan_ids))).group_by(SchoolPlan.id))
    return {row[0]: row[1] for row in rows}


def unanswered_at(meeting_ids: Iterable[int]) -> dict[int, int]:
    """Return how many voices of each of these meetings wait for an answer; the caller may read the meetings."""
    which = (among(MeetingHeard.meeting_id, list(meeting_ids)), MeetingHeard.answered_on.is_(None))
    counted = select(MeetingHeard.meeting_id, func.count()).where(*which).group_by(MeetingHeard.meeting_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def goals_and_steps(school_id: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the goals and the steps of a school's plans that are not closed, by id with their words."""
    going_on = (SchoolPlan.school_id == school_id, SchoolPlan.state != PlanState.CLOSED)
    goals = select(PlanGoal.id, PlanGoal.statement).join(SchoolPlan, SchoolPlan.id == PlanGoal.plan_id)
    goals = goals.where(*going_on, PlanGoal.removed_on.is_(None))
    steps = select(PlanStep.id, PlanStep.text).join(SchoolPlan, SchoolPlan.id == PlanStep.plan_id)
    steps = steps.where(*going_on, PlanStep.removed_on.is_(None))
    return (
        [(row[0], row[1]) for row in db.session.execute(goals.order_by(PlanGoal.position))],
        [(row[0], row[1]) for row in db.session.execute(steps.order_by(PlanStep.due_on))],
    )
