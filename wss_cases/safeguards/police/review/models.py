"""Police-notification reviews, the notifications that they permit, and School Sergeants."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    or_,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.incidents.incident.models import OfIncident
from wss_cases.safeguards.police.review.states import OPEN, NotificationGround, ReviewState, Seconding


class PoliceReview(OfIncident, Versioned, Base):
    """One request to tell the police, by one of three grounds, with every answer to it.

    `permits` is what a notification hangs on: the database lets it be true only for an emergency that was called, a
    duty that requires it, or two approvals by two people (`before_reviews`: it was recorded before reviews existed).
    `approver_id` and `deputy_id` are the network's at the time of asking; `answer_by` is when silence refuses, or opens
    what a law requires for one person (`seconding`). Of an emergency, and of what nobody seconded, the second answer is
    the review by somebody who did not make it, due on `review_due_on`. `time_reason`: why a time that was questioned is
    right; `corrections`: why the record was corrected, each in a line.
    """

    __tablename__ = "police_review"
    __table_args__ = (
        Index("ix_police_review_incident", "incident_id"),
        Index("ix_police_review_school", "school_id", "state", "id"),
        Index("ix_police_review_waiting", "answer_by", **where("state in ('asked', 'approved_once')")),
        Index("ix_police_review_seconding", "answer_by", **where("state = 'seconding'")),
        Index("ix_police_review_due", "review_due_on", **where("review_due_on is not null and second_at is null")),
        Index("ix_police_review_clock", "record_due_at", **where("state = 'called' and clock_late_at is null")),
        UniqueConstraint("id", "door", "permits", name="uq_police_review_id_door_permits"),
        CheckConstraint(
            "not permits or before_reviews or (door = 'emergency' and called_at is not null)"
            " or (door = 'required_by_law' and duty_id is not null"
            " and seconding in ('not_needed', 'seconded', 'not_seconded'))"
            " or (door = 'other' and first_by_id is not null and second_by_id is not null"
            " and first_by_id <> second_by_id and first_approves is not null and first_approves"
            " and second_approves is not null and second_approves)",
            name="permits",
        ),
        CheckConstraint("state not in ('called', 'allowed', 'notified') or permits", name="permitted_states"),
        CheckConstraint(
            "(door = 'other' or state not in ('asked', 'approved_once'))"
            " and (door <> 'emergency' or state <> 'refused')",
            name="doors",
        ),
        CheckConstraint("state <> 'seconding' or (door = 'required_by_law' and not permits)", name="seconds"),
        CheckConstraint("state <> 'called' or door = 'emergency'", name="calling"),
        CheckConstraint("door <> 'emergency' or state <> 'notified' or danger <> '' or before_reviews", name="danger"),
        CheckConstraint(
            "door <> 'other' or before_reviews or (not_removal and tried <> '' and alternatives <> ''"
            " and guardian_attempts <> '' and supports <> '' and why <> '')",
            name="asking",
        ),
        CheckConstraint(
            "first_by_id is null or second_by_id is null or first_by_id <> second_by_id", name="second_person"
        ),
        CheckConstraint(
            "requested_by_id is null or ((first_by_id is null or first_by_id <> requested_by_id)"
            " and (second_by_id is null or second_by_id <> requested_by_id))",
            name="asker",
        ),
        CheckConstraint("(first_by_id is null) = (first_at is null)", name="first_answer"),
        CheckConstraint("(second_by_id is null) = (second_at is null)", name="second_answer"),
        CheckConstraint("state not in ('asked', 'approved_once') or answer_by is not null", name="waiting"),
        CheckConstraint("(state in ('notified', 'refused', 'withdrawn')) = (ended_at is not null)", name="ended"),
    )
    PRIVATE = frozenset(
        {
            "danger", "tried", "alternatives", "guardian_attempts", "supports", "why", "first_reason",
            "second_reason", "end_reason", "time_reason", "corrections",
        }
    )  # fmt: skip

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    door: Mapped[NotificationGround] = mapped_column(named_enum(NotificationGround, "door"))
    state: Mapped[ReviewState] = mapped_column(named_enum(ReviewState, "state"))
    permits: Mapped[bool] = mapped_column(default=False)
    before_reviews: Mapped[bool] = mapped_column(default=False)
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    requested_at: Mapped[datetime]
    duty_id: Mapped[int | None] = mapped_column(ForeignKey("legal_duty.id"))
    called_at: Mapped[datetime | None]
    record_due_at: Mapped[datetime | None]
    not_removal: Mapped[bool] = mapped_column(default=False)
    danger: Mapped[str] = mapped_column(Text, default="")
    tried: Mapped[str] = mapped_column(Text, default="")
    alternatives: Mapped[str] = mapped_column(Text, default="")
    guardian_attempts: Mapped[str] = mapped_column(Text, default="")
    supports: Mapped[str] = mapped_column(Text, default="")
    why: Mapped[str] = mapped_column(Text, default="")
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    hours: Mapped[int | None]
    answer_by: Mapped[datetime | None]
    first_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    first_at: Mapped[datetime | None]
    first_approves: Mapped[bool | None]
    first_manner: Mapped[str] = mapped_column(String(20), default="")
    first_reason: Mapped[str] = mapped_column(Text, default="")
    second_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    second_at: Mapped[datetime | None]
    second_approves: Mapped[bool | None]
    second_manner: Mapped[str] = mapped_column(String(20), default="")
    second_reason: Mapped[str] = mapped_column(Text, default="")
    seconding: Mapped[Seconding] = mapped_column(
        named_enum(Seconding, "seconding"), default=Seconding.NOT_NEEDED, server_default="not_needed"
    )
    review_due_on: Mapped[date | None]
    time_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    corrections: Mapped[str] = mapped_column(Text, default="", server_default="")
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(Text, default="")
    clock_reminded_at: Mapped[datetime | None]
    clock_late_at: Mapped[datetime | None]

    @classmethod
    def always_visible(cls) -> ColumnElement[bool]:
        """Open reviews: each keeps its report in view."""
        return cls.state.in_(sorted(OPEN))

    @classmethod
    def since(cls, first: date) -> ColumnElement[bool]:
        """Open reviews never fade; the others with their report."""
        return or_(cls.always_visible(), super().since(first))

    def in_view_since(self, first: date) -> bool:
        """Whether this review is in view from a day on."""
        return self.state in OPEN or super().in_view_since(first)

    @property
    def waits_for_second_review(self) -> bool:
        """Whether somebody who did not make this notification still has to review it."""
        return self.state is ReviewState.NOTIFIED and self.review_due_on is not None and self.second_at is None


class PoliceNotification(Versioned, Base):
    """One notification that was made under the review that permits it; `note` is what followed.

    `permitted` is always true and part of the key to the review, so that a review that permits nothing has none.
    """

    __tablename__ = "police_notification"
    __table_args__ = (
        Index("ix_police_notification_school_date", "school_id", "local_date"),
        ForeignKeyConstraint(
            ["review_id", "door", "permitted"],
            ["police_review.id", "police_review.door", "police_review.permits"],
            name="fk_police_notification_review_id",
        ),
        CheckConstraint("permitted", name="permitted"),
    )
    PRIVATE = frozenset({"note", "told_whom", "adult_with_student", "guardian_name"})

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    review_id: Mapped[int] = mapped_column(unique=True)
    permitted: Mapped[bool] = mapped_column(default=True, server_default=true())
    door: Mapped[NotificationGround] = mapped_column(named_enum(NotificationGround, "door"))
    notified_at: Mapped[datetime]
    local_date: Mapped[date]
    told_whom: Mapped[str] = mapped_column(String(200), default="")
    sergeant_id: Mapped[int | None] = mapped_column(ForeignKey("school_sergeant.id"))
    report_number: Mapped[str] = mapped_column(String(80), default="")
    channel: Mapped[str] = mapped_column(String(40), default="")
    guardian_told_at: Mapped[datetime | None]
    guardian_manner: Mapped[str] = mapped_column(String(40), default="")
    guardian_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    guardian_result: Mapped[str] = mapped_column(String(20), default="", server_default="")
    rights_sheet: Mapped[str] = mapped_column(String(20), default="", server_default="")
    adult_with_student: Mapped[str] = mapped_column(String(200), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class NotifiedStudent(Base):
    """A student about whom police were told; witnesses and people harmed are never here."""

    __tablename__ = "notified_student"

    id: Mapped[Id]
    notification_id: Mapped[int] = mapped_column(ForeignKey("police_notification.id"), index=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
