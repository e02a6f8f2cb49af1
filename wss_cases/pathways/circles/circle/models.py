"""Before and at a circle: who keeps it, consent, preparation, meetings, who came. Never what was said there."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, exactly_one, named_enum, where
from wss_cases.pathways.circles.circle.states import ConsentManner, MeetingKind, ScreenAnswer, SupporterRelation
from wss_cases.pathways.common.models import InPathway


class CircleConsent(InPathway, Base):
    """What one party said about taking part; withdrawable at any time. None: not asked yet, or `not_now`.

    `guardian_name`: which guardian answered; '' where nobody said by name, or none was asked. `guardian_manner`: how
    a guardian who consents did, `guardian_on` the day of their answer; None where that is not known.
    Each answer stays as it was given, `replaced_at` the recording of the next one; the one in its place counts.
    """

    __tablename__ = "circle_consent"
    __table_args__ = (
        Index("uq_circle_consent_counts", "pathway_id", "participant_id", unique=True, **where("replaced_at IS NULL")),
        CheckConstraint("not not_now or consented is null", name="not_now"),
    )
    PRIVATE = frozenset({"guardian_name"})

    id: Mapped[Id]
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    consented: Mapped[bool | None]
    not_now: Mapped[bool] = mapped_column(default=False, server_default=false())
    guardian_consented: Mapped[bool | None]
    guardian_manner: Mapped[ConsentManner | None] = mapped_column(named_enum(ConsentManner, "guardian_manner"))
    guardian_on: Mapped[date | None]
    guardian_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    given_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    replaced_at: Mapped[datetime | None]


class CirclePreparation(InPathway, Versioned, Base):
    """How far one party is prepared: first contact, support offered, pre-meeting held, ready or not. Never why.

    `first_contact_manner`: a key of MANNER_LABELS. `guardian_tried_on`: when a guardian was last tried in vain.
    `plan_needed`: whether this person needs a safety plan before anybody meets; what the concern is stands in the
    private notes alone.
    """

    __tablename__ = "circle_preparation"
    __table_args__ = (
        UniqueConstraint("pathway_id", "participant_id"),
        Index("ix_circle_preparation_participant", "participant_id"),
    )

    id: Mapped[Id]
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    first_contact_on: Mapped[date | None]
    first_contact_manner: Mapped[str] = mapped_column(String(20), default="", server_default="")
    support_offered_on: Mapped[date | None]
    support_offered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    pre_met_on: Mapped[date | None]
    pre_met_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    letter_read_on: Mapped[date | None]
    is_ready: Mapped[bool | None]
    ready_on: Mapped[date | None]
    guardian_tried_on: Mapped[date | None]
    plan_needed: Mapped[bool | None]
    plan_said_on: Mapped[date | None]


class CircleScreen(InPathway, Versioned, Base):
    """The keeper's safety screen of one circle: safe to meet or not now. Never why."""

    __tablename__ = "circle_screen"

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    answer: Mapped[ScreenAnswer] = mapped_column(named_enum(ScreenAnswer, "answer"))
    screened_on: Mapped[date]
    screened_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class CircleSupporter(InPathway, OfCase, Versioned, Base):
    """Somebody a party wants beside them: a guardian, a member of staff, a friend. `ended_at`: no longer invited."""

    __tablename__ = "circle_supporter"
    __table_args__ = (Index("ix_circle_supporter_pathway", "pathway_id"),)
    PRIVATE = frozenset({"name"})

    id: Mapped[Id]
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    relation: Mapped[SupporterRelation] = mapped_column(named_enum(SupporterRelation, "relation"))
    name: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]


class CircleKeeper(InPathway, Base):
    """Who keeps a circle, from when to when: one period, with a key of its own under the server's.

    A note's own key lies under the keys of the periods in which it may be read; see `notes/period_keys.py`.
    """

    __tablename__ = "circle_keeper"
    __table_args__ = (
        Index("uq_circle_keeper_current", "pathway_id", "user_id", unique=True, **where("ended_at IS NULL")),
        Index("ix_circle_keeper_user", "user_id"),
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str | None] = mapped_column(String(16))


class CircleOutsideKeeper(InPathway, Base):
    """Who helps to keep a circle for a time, without an account: somebody of a partner organization with an agreement,
    or a student (`student_id`) with a trained adult who keeps it (`adult_id`).

    `name`: '' for a student, who is called as the roster calls them, and whose row goes with their record.
    """

    __tablename__ = "circle_outside_keeper"
    __table_args__ = (
        Index("ix_circle_outside_keeper_pathway", "pathway_id"),
        Index("ix_circle_outside_keeper_student", "student_id"),
        CheckConstraint("(partner_id is null) <> (adult_id is null)", name="from"),
        CheckConstraint("student_id is null or adult_id is not null", name="student"),
    )
    PRIVATE = frozenset({"name"})

    id: Mapped[Id]
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    adult_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    name: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    ended_at: Mapped[datetime | None]


class CircleSetting(Versioned, Base):
    """What one school decides about its circles: whether a guardian's consent is needed from every party."""

    __tablename__ = "circle_setting"

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), unique=True)
    guardian_consent: Mapped[bool] = mapped_column(default=False)


class HoldLift(InPathway, Base):
    """A hold of the stored routing answer whose condition was met, with the reason."""

    __tablename__ = "circle_hold_lift"
    __table_args__ = (UniqueConstraint("pathway_id", "rule"), CheckConstraint("reason <> ''", name="reason"))
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    rule: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class CircleMeeting(InPathway, OfCase, Versioned, Base):
    """One meeting of a circle: planned for an instant and a room, then held or not."""

    __tablename__ = "circle_meeting"
    __table_args__ = (
        Index("ix_circle_meeting_pathway", "pathway_id"),
        Index("ix_circle_meeting_keeper", "keeper_id", "starts_at"),
        Index("ix_circle_meeting_school", "school_id", "starts_at"),
        Index("uq_circle_meeting_waiting", "pathway_id", unique=True, **where("happened IS NULL")),
        CheckConstraint("happened is null or happened or not_held_reason <> ''", name="not_held_reason"),
    )

    id: Mapped[Id]
    keeper_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[MeetingKind] = mapped_column(
        named_enum(MeetingKind, "kind"), default=MeetingKind.CIRCLE, server_default=MeetingKind.CIRCLE.value
    )
    starts_at: Mapped[datetime]
    minutes: Mapped[int] = mapped_column(default=60, server_default="60")
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    room: Mapped[str] = mapped_column(String(80), default="")
    happened: Mapped[bool | None]
    not_held_reason: Mapped[str] = mapped_column(String(40), default="")
    attendance: Mapped[list["CircleAttendance"]] = relationship(order_by="CircleAttendance.id")


class MeetingInvitation(InPathway, Base):
    """What one member of staff was last told of a meeting, for their calendar; `withdrawn_at`: to strike it out.

    `sequence` grows with everything they are told, so that a calendar takes the newest, in whatever order mail comes.
    """

    __tablename__ = "meeting_invitation"
    __table_args__ = (
        UniqueConstraint("meeting_id", "user_id"),
        Index("ix_meeting_invitation_open", "starts_at", **where("withdrawn_at IS NULL")),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("circle_meeting.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    sequence: Mapped[int]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    room: Mapped[str] = mapped_column(String(80), default="")
    told_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class CircleAttendance(Base):
    """Who came to a meeting: exactly one of a party, a supporter, a keeper, or a keeper without an account."""

    __tablename__ = "circle_attendance"
    __table_args__ = (
        UniqueConstraint("meeting_id", "participant_id"),
        UniqueConstraint("meeting_id", "supporter_id"),
        UniqueConstraint("meeting_id", "keeper_user_id"),
        UniqueConstraint("meeting_id", "outside_keeper_id"),
        exactly_one("participant_id", "supporter_id", "keeper_user_id", "outside_keeper_id", name="one_person"),
    )

    id: Mapped[Id]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("circle_meeting.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    supporter_id: Mapped[int | None] = mapped_column(ForeignKey("circle_supporter.id"))
    keeper_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    outside_keeper_id: Mapped[int | None] = mapped_column(ForeignKey("circle_outside_keeper.id"))
    attended: Mapped[bool]
    left_early: Mapped[bool] = mapped_column(default=False, server_default="0")
