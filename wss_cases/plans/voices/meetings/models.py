"""Kinds of meetings, who came, and the fixed list of themes under which it is written down what was heard."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.settings import StoredSetting, fixed


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
