"""Tables of mentoring: mentors, groups, plans, sessions, reviews, cards; their enums, presets and history sentences."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.pathways.common.models import OUTCOMES, InPathway
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family


class MentorKind(Labelled):
    STAFF = "staff", _l("Staff member")
    PARTNER = "partner", _l("From a partner")


class Cadence(Labelled):
    DAILY = "daily", _l("Every school day")
    TWICE_WEEKLY = "twice_weekly", _l("Twice a week")
    WEEKLY = "weekly", _l("Every week")
    BIWEEKLY = "biweekly", _l("Every two weeks")
    MONTHLY = "monthly", _l("Every month")


class Missed(Labelled):
    STUDENT_ABSENT = "student_absent", _l("The student was away")
    STUDENT_CHOSE_NOT = "student_chose_not", _l("The student chose not to come")
    MENTOR_ABSENT = "mentor_absent", _l("The mentor was away")
    NO_SCHOOL = "no_school", _l("There was no school")
    OTHER = "other", _l("Another reason")


class Reason(Labelled):
    """Why a mentor fits. The first four are found automatically."""

    PLACE = "place", _l("Has an open spot")
    LANGUAGE = "language", _l("Speaks the student’s language")
    STRENGTH = "strength", _l("Their strengths fit the goal")
    TRAINED = "trained", _l("Is trained")
    ASKED = "asked", _l("The student asked for them")
    KNOWN = "known", _l("They know each other already")


class DayState(Labelled):
    NOT_BEGUN = "not_begun", _l("Not checked in")
    CHECKED_IN = "checked_in", _l("Checked in")
    CHECKED_OUT = "checked_out", _l("Checked out")


class Came(Labelled):
    """Whether a student was there in the morning."""

    HERE = "in", _l("In")
    ABSENT = "absent", _l("Absent")


class GoesOn(Labelled):
    SAME = "same", _l("It continues as is")
    CHANGES = "changes", _l("It continues, with a change")
    ENDS = "ends", _l("It ends now")


class After(Labelled):
    NOTHING = "nothing", _l("Nothing more is needed")
    STAYS_IN_TOUCH = "stays_in_touch", _l("The mentor stays in touch")
    OTHER_ADULT = "other_adult", _l("Another adult at the school takes over")
    OTHER_PATHWAY = "other_pathway", _l("Another pathway takes over")
    NEXT_SCHOOL = "next_school", _l("The next school is told")


DAY_TRANSITIONS: Final[dict[DayState, frozenset[DayState]]] = {
    DayState.NOT_BEGUN: frozenset({DayState.CHECKED_IN}),
    DayState.CHECKED_IN: frozenset({DayState.CHECKED_OUT}),
    DayState.CHECKED_OUT: frozenset(),
}

MOST_EXPECTATIONS, MOST_PERIODS, BEST_MARK = 5, 10, 2
CARD_DAYS = 20
"""The school days that the chart of a card shows."""

REVIEW_AFTER_DAYS = 42
"""The days from the first session to the first review that a match proposes."""

LONGEST_WEEKS, LONGEST_MINUTES, LARGEST_CAPACITY = 208, 480, 60


@dataclass(frozen=True)
class Preset:
    """A well-known schedule; `minutes` None leaves them to the plan."""

    words: Any
    rhythm: Cadence
    weeks: int
    minutes: int | None = None


PRESETS: Final[dict[str, Preset]] = {
    "daily_half_year": Preset(_l("Every school day for 6 months"), Cadence.DAILY, 26),
    "weekly_27": Preset(_l("Every week for 27 weeks"), Cadence.WEEKLY, 27),
    "half_year": Preset(_l("Every week for 6 months"), Cadence.WEEKLY, 26),
    "two_years": Preset(_l("An hour a week for two years"), Cadence.WEEKLY, 104, 60),
}
OWN_RHYTHM = "own"
CHECK_IN_PRESETS = ("daily_half_year",)
MEETING_PRESETS = ("weekly_27", "half_year", "two_years")


def presets_for(kind: str) -> tuple[str, ...]:
    """The presets that fit a kind of mentoring. Check-in/check-out is on every school day."""
    return CHECK_IN_PRESETS if kind == Kind.CHECK_IN_CHECK_OUT else MEETING_PRESETS


LANGUAGES = ("en", "es", "pl", "zh", "ar", "ur", "uk", "fr", "vi", "tl", "yo", "ro", "ru", "am")
"""Languages that can be chosen for a mentor. Others are typed among the strengths."""


STANDS_LABELS = OUTCOMES[Family.MENTORING]
"""How the goal stands at a review, in the words of mentoring's outcomes."""


SENTENCES = {
    "mentoring.planned": _l("Goal and schedule of the mentoring set"),
    "mentoring.matched": _l("Matched with the mentor %(mentor)s"),
    "mentoring.unmatched": _l("The mentor %(mentor)s has ended; a new match is needed"),
    "mentoring.held": _l("Mentoring session of %(day)s held"),
    "mentoring.missed": (_l("Mentoring session of %(day)s missed: %(reason)s"), {"reason": Missed.labels()}),
    "mentoring.corrected": _l("Log of the mentoring session of %(day)s corrected"),
    "mentoring.taken_back": _l("What was logged for %(day)s taken back"),
    "mentoring.reviewed": (
        _l("Mentoring reviewed: %(stands)s. %(goes_on)s."),
        {"stands": STANDS_LABELS, "goes_on": GoesOn.labels()},
    ),
    "mentoring.after": (_l("After the mentoring: %(after)s"), {"after": After.labels()}),
    "mentoring.card_set": _l("Daily card set"),
    "mentor.added": _l("Mentor added"),
    "mentor.changed": _l("Mentor changed"),
    "mentor.ended": _l("Mentor ended"),
    "mentor.returned": _l("Mentor active again"),
    "mentoring_group.added": _l("Mentoring group added"),
    "mentoring_group.changed": _l("Mentoring group changed"),
}


class Mentor(Versioned, Base):
    """A mentor at a school; `user_id` when they sign in and log sessions themselves."""

    __tablename__ = "mentor"
    __table_args__ = (
        Index("ix_mentor_school", "school_id", "is_active"),
        UniqueConstraint("school_id", "user_id"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    kind: Mapped[MentorKind] = mapped_column(named_enum(MentorKind, "kind"))
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    capacity: Mapped[int]
    languages: Mapped[list[str]] = mapped_column(default=list)
    strengths: Mapped[str] = mapped_column(String(300), default="")
    trained_on: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class MentoringGroup(Versioned, Base):
    """Several students with one mentor; each still has their own pathway and plan."""

    __tablename__ = "mentoring_group"
    __table_args__ = (CheckConstraint("capacity >= 2", name="capacity"),)

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    mentor_id: Mapped[int] = mapped_column(ForeignKey("mentor.id"))
    name: Mapped[str] = mapped_column(String(120))
    capacity: Mapped[int] = mapped_column(default=8)
    is_active: Mapped[bool] = mapped_column(default=True)
    mentor: Mapped[Mentor] = relationship()

    @property
    def mentor_user_id(self) -> int | None:
        """The account that logs the group's sessions, as for a plan."""
        return self.mentor.user_id if self.mentor.is_active else None


class MentoringPlan(InPathway, OfCase, Versioned, Base):
    """The mentor and why they match, the goal, the schedule, and the next review."""

    __tablename__ = "mentoring_plan"
    __table_args__ = (
        Index("ix_mentoring_plan_mentor", "mentor_id"),
        Index("ix_mentoring_plan_group", "group_id"),
        CheckConstraint("weeks is null or weeks between 1 and 208", name="weeks"),
        CheckConstraint("minutes is null or minutes between 1 and 480", name="minutes"),
    )
    PRIVATE = frozenset({"goal", "match_reasons"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("mentor.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("mentoring_group.id"))
    match_reasons: Mapped[str] = mapped_column(String(500), default="", server_default="")
    goal: Mapped[str] = mapped_column(String(500), default="")
    rhythm: Mapped[Cadence | None] = mapped_column(named_enum(Cadence, "rhythm"))
    weeks: Mapped[int | None]
    minutes: Mapped[int | None]
    starts_on: Mapped[date | None]
    next_review_on: Mapped[date | None]
    comes_after: Mapped[str] = mapped_column(String(40), default="", server_default="")
    mentor: Mapped[Mentor | None] = relationship()
    group: Mapped[MentoringGroup | None] = relationship()

    @property
    def mentor_user_id(self) -> int | None:
        """The mentor's account, which logs the sessions, while they mentor at the school."""
        return self.mentor.user_id if self.mentor is not None and self.mentor.is_active else None


class MentoringSession(InPathway, Versioned, Base):
    """A session of a day: held (`minutes` None: unknown), or missed with the reason."""

    __tablename__ = "mentoring_session"
    __table_args__ = (
        UniqueConstraint("pathway_id", "on_day"),
        Index("ix_mentoring_session_school", "school_id", "on_day"),
        CheckConstraint("held or minutes is null", name="minutes_when_held"),
        CheckConstraint("held = (missed is null)", name="reason_when_missed"),
        CheckConstraint("minutes is null or minutes between 1 and 480", name="minutes"),
    )
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    on_day: Mapped[date]
    held: Mapped[bool]
    minutes: Mapped[int | None]
    missed: Mapped[Missed | None] = mapped_column(named_enum(Missed, "missed"))
    note: Mapped[str] = mapped_column(Text, default="")
    logged_at: Mapped[datetime]
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class MentoringReview(InPathway, Base):
    """A review of a plan: how the goal stands, and what follows."""

    __tablename__ = "mentoring_review"
    PRIVATE = frozenset({"note"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), index=True)
    on_day: Mapped[date]
    goal_stands: Mapped[str] = mapped_column(String(40))
    goes_on: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class DailyCard(InPathway, Versioned, Base):
    """The card of check-in/check-out: up to five expectations, marked 0 to 2 in up to ten periods of a day."""

    __tablename__ = "daily_card"
    __table_args__ = (CheckConstraint("goal_percent between 1 and 100", name="goal_percent"),)
    PRIVATE = frozenset({"expectations", "periods"})

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    expectations: Mapped[list[str]]
    periods: Mapped[list[str]]
    goal_percent: Mapped[int] = mapped_column(default=80)


class DailyCardDay(Versioned, Base):
    """A day of a card: checked in, marked by period, checked out. `marks`: period to a list of 0, 1, 2 or null."""

    __tablename__ = "daily_card_day"
    __table_args__ = (
        UniqueConstraint("card_id", "on_day"),
        CheckConstraint("checked_out_at is null or checked_in_at is not null", name="in_before_out"),
    )
    PRIVATE = frozenset({"marks"})

    id: Mapped[Id]
    card_id: Mapped[int] = mapped_column(ForeignKey("daily_card.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    on_day: Mapped[date]
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    @property
    def state(self) -> DayState:
        if self.checked_in_at is None:
            return DayState.NOT_BEGUN
        return DayState.CHECKED_IN if self.checked_out_at is None else DayState.CHECKED_OUT
