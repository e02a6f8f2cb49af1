"""Police-notification reviews: their tables, and pure decisions: who may answer, until when, which times are odd."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any, Final

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

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.visibility import sees
from wss_cases.foundation.db import Base, Id, Versioned, db, named_enum, where
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.school_time import at_wall, local_date, zone_of
from wss_cases.incidents.incident.models import Incident, OfIncident
from wss_cases.incidents.incident.states import WhenPrecision
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.routing.engine.vocabulary import POLICE_DUTIES, Duty, Pathway
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState, refuse_future, warns_at


class NotificationGround(Labelled):
    """Why police were told."""

    EMERGENCY = "emergency", _l("Emergency: imminent danger that staff could not safely de-escalate")
    REQUIRED_BY_LAW = "required_by_law", _l("The law requires it")
    OTHER = "other", _l("Anything else")


class Seconding(Labelled):
    """Whether a second person verified the duty that requires a notification."""

    NOT_NEEDED = "not_needed", _l("Not needed: two people confirmed the duty")
    WAITS = "waits", _l("Waiting for a second person")
    SECONDED = "seconded", _l("Confirmed by a second person")
    NOT_SECONDED = "not_seconded", _l("Not confirmed by a second person")
    REFUSED = "refused", _l("Refused by a second person")


class ReviewState(Labelled):
    """Where a review stands. An emergency begins as called, a duty as allowed or with a second person, anything else as
    asked."""

    ASKED = "asked", _l("Waiting for the administrator")
    CALLED = "called", _l("Called, to be recorded")
    SECONDING = "seconding", _l("Waiting for a second person to verify the duty")
    APPROVED_ONCE = "approved_once", _l("Waiting for the second approval")
    ALLOWED = "allowed", _l("Allowed, not made yet")
    NOTIFIED = "notified", _l("Police were notified")
    REFUSED = "refused", _l("Refused")
    WITHDRAWN = "withdrawn", _l("Withdrawn")


BEGINNINGS: Final = frozenset({ReviewState.ASKED, ReviewState.CALLED, ReviewState.SECONDING, ReviewState.ALLOWED})
"""Where the three grounds begin."""

TRANSITIONS: Final[dict[ReviewState, frozenset[ReviewState]]] = {
    ReviewState.ASKED: frozenset({ReviewState.APPROVED_ONCE, ReviewState.REFUSED, ReviewState.WITHDRAWN}),
    ReviewState.CALLED: frozenset({ReviewState.NOTIFIED}),
    ReviewState.SECONDING: frozenset({ReviewState.ALLOWED, ReviewState.REFUSED, ReviewState.WITHDRAWN}),
    ReviewState.APPROVED_ONCE: frozenset({ReviewState.ALLOWED, ReviewState.REFUSED, ReviewState.WITHDRAWN}),
    ReviewState.ALLOWED: frozenset({ReviewState.NOTIFIED, ReviewState.WITHDRAWN}),
    ReviewState.NOTIFIED: frozenset(),
    ReviewState.REFUSED: frozenset(),
    ReviewState.WITHDRAWN: frozenset(),
}

WAITING: Final = frozenset({ReviewState.ASKED, ReviewState.APPROVED_ONCE})
"""Waiting for an answer; silence refuses."""

OPEN: Final = WAITING | {ReviewState.CALLED, ReviewState.SECONDING, ReviewState.ALLOWED}
"""Something is still to be done."""

TO_RECORD: Final = frozenset({ReviewState.CALLED, ReviewState.ALLOWED})
"""A notification may be recorded."""


SHORT_GROUND_LABELS: Final = NotificationGround.labels() | {NotificationGround.EMERGENCY: _l("Emergency now")}

ANSWER_MANNERS: Final = {
    "phone": _l("By phone, recorded here"),
    "in_person": _l("In person, recorded here"),
    "here": _l("In writing, on this page"),
}

SHEET_LABELS: Final = {
    "both": _l("Given to the student and the guardian"),
    "student": _l("Given to the student"),
    "guardian": _l("Given to the guardian"),
    "not_yet": _l("Not given yet"),
}

_DOOR: Final = {"door": NotificationGround.labels()}

SENTENCES: Final = {
    "police.called": (_l("Police were called first: %(door)s. Record due within the hour"), _DOOR),
    "police.allowed_by_law": _l("Police-notification review opened: the law requires it"),
    "police.seconding": _l("Police-notification review opened: a second person is asked to verify the duty"),
    "police.seconded": _l("A second person verified the duty: the police may be notified"),
    "police.not_seconded": _l(
        "No one could verify the duty in time: opened for one person, without a second confirmation"
    ),
    "police.second_refused": _l("A second person did not verify the duty; the network's deputy is asked"),
    "police.confirmed": _l("Second review of a police notification: confirmed"),
    "police.not_confirmed": _l("Second review of a police notification: not confirmed"),
    "police.corrected": _l("Record of a police notification corrected"),
    "police.asked": _l("Police-notification review requested; the answer is no unless two people approve"),
    "police.first_approved": _l("First approval of a police notification, by the administrator"),
    "police.second_approved": _l("Second approval of a police notification, from outside the school"),
    "police.refused": _l("Police notification refused"),
    "police.silence": _l("Police notification refused: no one answered in time"),
    "police.withdrawn": _l("Police-notification review withdrawn"),
    "police.late": _l("The hour to record a call to the police ran out. Told: %(to)s"),
    "police.recorded": (_l("Police notification recorded: %(door)s"), _DOOR),
    "police.completed": _l("What happened after a police notification was added"),
    "police_approver.set": _l("Who gives second approvals was set for network %(network)s"),
}


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


RECORD_HOURS: Final = 1
"""An emergency is recorded within the hour of the call."""
FIREARM: Final = Duty.FIREARM_OR_GUN_THREAT.value
LAW_AT_ONCE: Final = frozenset({FIREARM, Duty.FIREARM_REPORT_CHICAGO.value})
"""A firearm or a gun threat: its notification opens at once, on one person's word."""
BEFORE_REPORT: Final = timedelta(hours=24)
"""How long before its report an emergency can lie where nobody knows when it was."""
TIME_REASON: Final = _l("Why this time is right")
NO_DANGER: Final = _l("Write what the imminent danger was.")
FEWEST_LETTERS: Final = 3
DEFAULT_HOURS: Final = 4
"""How long each answer may take where the district has set nothing."""
FEWEST_HOURS: Final = 1
MOST_HOURS: Final = 72
POLICE_CODES: Final = frozenset(code.value for code in POLICE_DUTIES)
"""Duties that name police: those of the routing table."""
REQUIRES: Final = frozenset({DutyState.DUE, DutyState.DISCHARGED})
"""A duty that is still to be verified requires nothing yet."""
RESTORATIVE: Final = frozenset({Pathway.RESTORATIVE_CONVERSATION.value, Pathway.CIRCLE.value})
"""Pathways in which harm is talked about and repaired."""


def may_become(before: ReviewState, after: ReviewState) -> bool:
    return after in TRANSITIONS[before]


def record_due(called_at: datetime) -> datetime:
    return called_at + timedelta(hours=RECORD_HOURS)


def reminds_at(due: datetime) -> datetime:
    """Return when the person who called is reminded: as of any clock in hours, in its last quarter."""
    warned_at = warns_at(due, RECORD_HOURS)
    assert warned_at is not None
    return warned_at


def answer_by(asked_at: datetime, hours: int | None) -> datetime:
    """Return until when an answer may come; after that, silence refuses."""
    return asked_at + timedelta(hours=hours or DEFAULT_HOURS)


def requires_police(code: str, state: DutyState) -> bool:
    """Whether this duty makes a notification the law's."""
    return code in POLICE_CODES and state in REQUIRES


def opens_by_law(code: str, state: DutyState) -> bool:
    """Whether this duty opens the law's door: it requires police, or somebody is aware of a firearm or a gun threat, of
    which the law asks no more."""
    return requires_police(code, state) or (code == FIREARM and state in OPEN_DUTY)


def steps_aside(user_id: int | None, asker_id: int | None, parties: Collection[int]) -> bool:
    """Whether somebody may not answer a review: they asked for it, or they are a party to what happened."""
    return user_id is None or user_id == asker_id or user_id in parties


def named_to_approve(actor: Actor, review: Any) -> bool:
    """The review names the actor as approver or deputy, and the actor is still of that school's network."""
    named = actor.user_id is not None and actor.user_id in (review.approver_id, review.deputy_id)
    return named and actor.covers(review.school_id, Role.DISTRICT)


def seconds_review(actor: Actor, review: Any) -> bool:
    """Deans and administrators of the review's school second it, and whoever it names to approve."""
    return sees(actor, review, Role.DEAN, Role.ADMINISTRATOR) or named_to_approve(actor, review)


def earliest_of(occurred_at: datetime, reported_at: datetime, *, is_known: bool) -> datetime:
    """Return from when on a call about an incident is to be expected: its earliest time, or a day before its report."""
    return min(occurred_at, reported_at) if is_known else reported_at - BEFORE_REPORT


def is_questioned(at: datetime, earliest: datetime, now: datetime) -> bool:
    """Whether a time lies outside what is to be expected, to the minute, and is asked about."""
    return not earliest.replace(second=0, microsecond=0) <= at <= now


def opens_for_one(review: Any, now: datetime) -> bool:
    """Whether nobody verified in time a duty that requires the police, so that it is open for one person."""
    waits = review.state is ReviewState.SECONDING and review.answer_by is not None
    return waits and review.answer_by <= now


def refuse_no_danger(text: str) -> None:
    """Raise Refused for a text that says no danger in words: fewer than three letters, or one letter repeated."""
    letters = [letter.casefold() for letter in text if letter.isalpha()]
    if len(letters) < FEWEST_LETTERS or len(set(letters)) == 1:
        raise Refused("danger", str(NO_DANGER))


def reads_review(actor: Actor, review: Any) -> bool:
    """The case team of the review's school reads it, and whoever it names to approve."""
    return sees(actor, review, *CASE_TEAM) or named_to_approve(actor, review)


AT_A_TIME = (WhenPrecision.EXACT, WhenPrecision.PERIOD)


def earliest(incident: Incident) -> datetime:
    """Return the earliest time of an incident; a day before its report where only "earlier" is known."""
    if incident.when_precision is WhenPrecision.DAY:
        return at_wall(datetime.combine(incident.local_date, time()), zone_of(incident.school_id))
    is_known = incident.when_precision in AT_A_TIME
    return earliest_of(incident.occurred_at, incident.submitted_at, is_known=is_known)


def question(incident: Incident, at: datetime, now: datetime, why: str) -> None:
    """Raise Refused beside the reason of a time that is not to be expected, as long as nobody has given one."""
    if is_questioned(at, earliest(incident), now) and not why.strip():
        words = _(
            "This time is before the incident or in the future. If it is right, explain why; the explanation is saved."
        )
        raise Refused("time_reason", words)


def check_time(uow: UnitOfWork, review: PoliceReview, field: str, at: datetime, why: str) -> None:
    """Ask about an odd time of an emergency; raise Refused for a time to come of any other notification."""
    if review.door is NotificationGround.EMERGENCY:
        question(uow.session.get_one(Incident, review.incident_id), at, uow.now, why)
    else:
        refuse_future(field, at, uow.now)


def counted_on(review: PoliceReview, at: datetime, now: datetime) -> date:
    """Return the day on which a notification counts: its own, or that of its request where its time is an odd one."""
    from_on = min(earliest(db.session.get_one(Incident, review.incident_id)), review.requested_at)
    odd = is_questioned(at, from_on, now)
    return local_date(review.requested_at if odd else at, zone_of(review.school_id))
