"""Tables of circles: keepers, consent, preparation, meetings, attendance. Never what was said in a circle."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, exactly_one, named_enum, where
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.pathways.common.models import InPathway
from wss_cases.roster.directory.rules import NO_LABEL


class TermState(Labelled):
    """The result of an agreement term. Someone other than its owner records it."""

    OPEN = "open", _l("Open")
    KEPT = "kept", _l("Done")
    LATE = "late", _l("Done late")
    NOT_KEPT = "not_kept", _l("Not done")
    CHANGED = "changed", _l("Changed by consent")
    EXCUSED = "excused", _l("Excused")


class MeetingKind(enum.StrEnum):
    """The circle itself, or the completion meeting of its agreement."""

    CIRCLE = "circle"
    COMPLETION = "completion"


class ScreenAnswer(Labelled):
    """The result of the keeper's safety screen; never the reason."""

    SAFE = "safe", _l("Safe to meet")
    NOT_NOW = "not_now", _l("Not now")


class ConsentState(Labelled):
    """Where the consent of a party stands now."""

    NOT_ASKED = "not_asked", _l("Not asked yet")
    YES = "yes", _l("Wants to take part")
    NOT_NOW = "not_now", _l("Not now")
    NO = "no", _l("Does not take part")


class PartyAnswer(Labelled):
    """A party's answer when asked to take part."""

    YES = "yes", _l("Yes")
    NOT_NOW = "not_now", _l("Not now")
    NO = "no", _l("No")


class GuardianAnswer(Labelled):
    """A guardian's answer and its form, or that the guardian was not reached."""

    PAPER = "paper", _l("Signed on paper")
    PHONE = "phone", _l("Yes, by phone")
    NO = "no", _l("No")
    NOT_REACHED = "not_reached", _l("Not reached")


class ConsentManner(Labelled):
    PAPER = "paper", _l("Signed on paper")
    PHONE = "phone", _l("By phone")


class MeetingState(Labelled):
    """The state of a meeting. Only a planned meeting can change state."""

    PLANNED = "planned", _l("Planned")
    HELD = "held", _l("Held")
    POSTPONED = "postponed", _l("Postponed")
    NO_SHOW = "no_show", _l("Someone did not come")
    WALKED_OUT = "walked_out", _l("Someone left, and it ended there")
    CALLED_OFF = "called_off", _l("Canceled")


class Presence(Labelled):
    """Whether an invited person came to a meeting."""

    CAME = "came", _l("Came")
    LEFT_EARLY = "left_early", _l("Came and left early")
    ABSENT = "absent", _l("Did not come")


class SupporterRelation(Labelled):
    """The relation of a supporter to the party who asked for them."""

    GUARDIAN = "guardian", _l("Guardian")
    FAMILY = "family", _l("Family member")
    STAFF = "staff", _l("Staff member")
    FRIEND = "friend", _l("Friend")
    COMMUNITY = "community", _l("Community member")


class NotHeld(Labelled):
    """Why a planned meeting did not take place."""

    POSTPONED = "postponed", _l("Postponed")
    NO_SHOW = "no_show", _l("Someone did not come")
    WALKED_OUT = "walked_out", _l("Someone left, and it ended there")
    CALLED_OFF = "called_off", _l("Canceled")


CONSENT_TRANSITIONS: dict[ConsentState, frozenset[ConsentState]] = {
    ConsentState.NOT_ASKED: frozenset({ConsentState.YES, ConsentState.NOT_NOW, ConsentState.NO}),
    ConsentState.YES: frozenset({ConsentState.NOT_NOW, ConsentState.NO, ConsentState.NOT_ASKED}),
    ConsentState.NOT_NOW: frozenset({ConsentState.YES, ConsentState.NO}),
    ConsentState.NO: frozenset({ConsentState.YES, ConsentState.NOT_NOW}),
}
"""A yes can be withdrawn at any time. A party who left a meeting is asked again. "Not now" is no refusal; the party is
asked again.
"""

MEETING_TRANSITIONS: dict[MeetingState, frozenset[MeetingState]] = {
    **dict.fromkeys(MeetingState, frozenset()),
    MeetingState.PLANNED: frozenset(MeetingState) - {MeetingState.PLANNED},
}

MARKED = frozenset({TermState.KEPT, TermState.LATE, TermState.NOT_KEPT, TermState.EXCUSED})
"""Results of a term. A mistake is corrected with a reason, or the term is opened again."""

TERM_TRANSITIONS: dict[TermState, frozenset[TermState]] = {
    TermState.OPEN: MARKED | {TermState.CHANGED},
    TermState.CHANGED: frozenset(),
    **{state: (MARKED - {state}) | {TermState.OPEN} for state in MARKED},
}


STRUCK_OUT = frozenset({MeetingState.POSTPONED, MeetingState.CALLED_OFF})
"""States whose calendar entries are canceled."""


def consent_state(consented: bool | None, not_now: bool = False) -> ConsentState:
    if not_now:
        return ConsentState.NOT_NOW
    return {True: ConsentState.YES, False: ConsentState.NO, None: ConsentState.NOT_ASKED}[consented]


def meeting_state(happened: bool | None, not_held_reason: str) -> MeetingState:
    if happened is None:
        return MeetingState.PLANNED
    return MeetingState.HELD if happened else MeetingState(not_held_reason)


SENTENCES = {
    "circle.keeper_named": _l("%(name)s keeps this circle"),
    "circle.keeper_ended": _l("%(name)s no longer keeps this circle"),
    # the history does not tell which answer a person gave
    "circle.consent_given": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_refused": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_withdrawn": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_put_off": _l("What a person in the case said about meeting is recorded"),
    "circle.guardian_answered": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_reopened": _l("A person in the case needs to be asked again"),
    "circle.guardian_tried": _l("A guardian of a person in the case was not reached"),
    "circle.first_contact": _l("First contact with a person in the case"),
    "circle.letter_read": _l("Letter about taking part read with a person in the case"),
    "circle.plan_needed": _l("A safety plan is needed for a person in the case"),
    "circle.plan_not_needed": _l("No safety plan is needed for a person in the case"),
    "circle.support_offered": _l("Support offered to a person in the case"),
    "circle.pre_met": _l("Pre-meeting held with a person in the case"),
    "circle.ready": _l("Whether a person in the case is ready to meet is recorded"),
    "circle.not_ready": _l("Whether a person in the case is ready to meet is recorded"),
    "circle.supporter_added": (_l("Supporter invited: %(relation)s"), {"relation": SupporterRelation.labels()}),
    "circle.supporter_ended": (
        _l("Invitation of a supporter withdrawn: %(relation)s"),
        {"relation": SupporterRelation.labels()},
    ),
    "circle.screened": (_l("Safety screen: %(answer)s"), {"answer": ScreenAnswer.labels()}),
    "circle.setting_changed": _l("The school's setting for circles changed"),
    "circle.hold_lifted": _l("Hold %(rule)s lifted with a reason"),
    "circle.planned": _l("Meeting scheduled"),
    "circle.moved": _l("Meeting rescheduled"),
    "circle.no_school": (
        _l("There is no school on %(day)s, the day of the meeting (%(label)s). It needs a new day"),
        NO_LABEL,
    ),
    "circle.held": _l("Meeting held; %(came)s of %(invited)s came"),
    "circle.not_held": (_l("Meeting not held: %(reason)s"), {"reason": NotHeld.labels()}),
    "agreement.made": _l("Agreement made; terms: %(terms)s"),
    "agreement.term_corrected": (
        _l("Term %(position)s of the agreement corrected: %(was)s → %(state)s"),
        {"state": TermState.labels(), "was": TermState.labels()},
    ),
    "agreement.term_marked": (_l("Term %(position)s of the agreement: %(state)s"), {"state": TermState.labels()}),
}


class CircleConsent(InPathway, Base):
    """The answer of one party about taking part; it can be withdrawn at any time. `consented` None: not asked yet, or
    `not_now`.

    `guardian_name`: which guardian answered; '' when unknown or not asked. `guardian_manner`, `guardian_on`: how and on
    which day a guardian answered; None when unknown. Earlier answers stay as rows with `replaced_at`, the time when the
    next one was recorded; the row without it counts.
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
    """How far a party is prepared: first contact, support offered, pre-meeting held, ready or not. Never why.

    `first_contact_manner`: a key of MANNER_LABELS. `guardian_tried_on`: the last failed attempt to reach a guardian.
    `plan_needed`: whether this person needs a safety plan before anyone meets. Only the private notes say what the
    concern is.
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
    """The keeper's safety screen of a circle: safe to meet, or not now. Never why."""

    __tablename__ = "circle_screen"

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    answer: Mapped[ScreenAnswer] = mapped_column(named_enum(ScreenAnswer, "answer"))
    screened_on: Mapped[date]
    screened_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class CircleSupporter(InPathway, OfCase, Versioned, Base):
    """A supporter of a party: a guardian, a member of staff, a friend. `ended_at`: no longer invited."""

    __tablename__ = "circle_supporter"
    __table_args__ = (Index("ix_circle_supporter_pathway", "pathway_id"),)
    PRIVATE = frozenset({"name"})

    id: Mapped[Id]
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
    relation: Mapped[SupporterRelation] = mapped_column(named_enum(SupporterRelation, "relation"))
    name: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]


class CircleKeeper(InPathway, Base):
    """A period in which an account keeps a circle, with its own key, sealed by the server's.

    A note's key is sealed under the keys of the periods in which the note may be read; see `notes/grants.py`.
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
    """A helper without an account who keeps a circle for a time. They come from a partner organization with an
    agreement (`partner_id`), or are a student (`student_id`) beside a trained adult (`adult_id`).

    `name`: '' for a student; the roster's name is shown, and the row is deleted with the student's record.
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
    """A school's setting for circles: whether a guardian of every party must consent."""

    __tablename__ = "circle_setting"

    id: Mapped[Id]
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), unique=True)
    guardian_consent: Mapped[bool] = mapped_column(default=False)


class HoldLift(InPathway, Base):
    """A hold of the stored routing answer that was lifted with a reason."""

    __tablename__ = "circle_hold_lift"
    __table_args__ = (UniqueConstraint("pathway_id", "rule"), CheckConstraint("reason <> ''", name="reason"))
    PRIVATE = frozenset({"reason"})

    id: Mapped[Id]
    rule: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class CircleMeeting(InPathway, OfCase, Versioned, Base):
    """A meeting of a circle, planned for a time and a room; later held or not."""

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
    """What a member of staff was last sent about a meeting, for their calendar. `withdrawn_at`: the entry is canceled.

    `sequence` grows with each message, so that a calendar keeps the newest whatever the order in which mail arrives.
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
    """Whether a person came to a meeting: a party, a supporter, a keeper, or a keeper without an account; exactly one
    is set.
    """

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
