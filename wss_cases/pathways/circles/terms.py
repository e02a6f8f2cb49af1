"""Tables and rules of agreements: their end, who must consent to a change, whose names appear on paper."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, exactly_one, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle.models import MeetingKind, TermState
from wss_cases.pathways.common.models import InPathway

COMPLETION = "completion_meeting"
"""The kind of follow-up that asks for the agreement completion meeting."""


class SignatureManner(Labelled):
    """How a person signed."""

    PAPER = "paper", _l("On paper")
    SCREEN = "screen", _l("On the screen")
    SPOKEN = "spoken", _l("Aloud, in front of the keeper")
    INTERPRETER = "interpreter", _l("With an interpreter")


class WithoutMeeting(Labelled):
    """Why an agreement had no completion meeting."""

    DECLINED = "declined", _l("The people involved did not want to meet again")
    APART = "apart", _l("The keeper met with each person separately instead")
    LEFT = "left", _l("Someone left the school")
    NOT_SAFE = "not_safe", _l("Meeting again was not safe")


SENTENCES = {
    "agreement.signed": _l("A person signed the agreement"),
    "agreement.named": _l("Permission to name people on the others’ copies of the agreement was recorded"),
    "agreement.term_translated": _l("Term %(position)s of the agreement was translated"),
    "agreement.term_replaced": _l("Term %(position)s of the agreement replaces term %(replaces)s"),
    "agreement.without_meeting": (
        _l("The agreement ended without a completion meeting: %(reason)s"),
        {"reason": WithoutMeeting.labels()},
    ),
}


class Agreement(InPathway, OfCase, Versioned, Base):
    """What the parties agreed, as terms. `without_meeting`: why it had no completion meeting.

    `named`: participants who agree that their names appear on the others' copies.
    """

    __tablename__ = "agreement"

    id: Mapped[Id]
    pathway_id: Mapped[int] = mapped_column(ForeignKey("pathway.id"), unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    agreed_on: Mapped[date]
    named: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    without_meeting: Mapped[WithoutMeeting | None] = mapped_column(named_enum(WithoutMeeting, "without_meeting"))
    terms: Mapped[list["AgreementTerm"]] = relationship(order_by="AgreementTerm.position", back_populates="agreement")
    signatures: Mapped[list["AgreementSignature"]] = relationship(order_by="AgreementSignature.id")


class AgreementSignature(Base):
    """A signature: when and how, by a party, a supporter or a keeper; exactly one of the three is set."""

    __tablename__ = "agreement_signature"
    __table_args__ = (
        UniqueConstraint("agreement_id", "participant_id"),
        UniqueConstraint("agreement_id", "supporter_id"),
        UniqueConstraint("agreement_id", "keeper_user_id"),
        exactly_one("participant_id", "supporter_id", "keeper_user_id", name="one_person"),
    )

    id: Mapped[Id]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    supporter_id: Mapped[int | None] = mapped_column(ForeignKey("circle_supporter.id"))
    keeper_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    manner: Mapped[SignatureManner] = mapped_column(named_enum(SignatureManner, "manner"))
    signed_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class AgreementTerm(Versioned, Base):
    """A term of an agreement with its owner, due date and what counts as done. It may replace a term changed by
    consent.

    `owner_participant_id`, `owner_user_id`: the party or member of staff who owns it; neither: everyone.
    `translations`: text and evidence by language, and who translated them. `why`: the reason of an excuse or
    correction. `agreed_on`: the day of a later agreement, None for the first.
    """

    __tablename__ = "agreement_term"
    __table_args__ = (
        UniqueConstraint("agreement_id", "position"),
        CheckConstraint("state = 'open' or decided_at is not null", name="decided"),
        CheckConstraint("owner_participant_id is null or owner_user_id is null", name="one_owner"),
    )
    PRIVATE = frozenset({"text", "evidence", "why", "translations"})

    id: Mapped[Id]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    owner_participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    owner_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    due_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(Text, default="")
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    state: Mapped[TermState] = mapped_column(named_enum(TermState, "state"), default=TermState.OPEN)
    why: Mapped[str] = mapped_column(Text, default="", server_default="")
    agreed_on: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_up.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("agreement_term.id"), unique=True)
    agreement: Mapped[Agreement] = relationship(back_populates="terms")


class AgreementTermConsent(Base):
    """A party's consent to a term that replaces another."""

    __tablename__ = "agreement_term_consent"
    __table_args__ = (UniqueConstraint("term_id", "participant_id"),)

    id: Mapped[Id]
    term_id: Mapped[int] = mapped_column(ForeignKey("agreement_term.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))


def open_terms(agreement: Any) -> list[Any]:
    """The open terms of an agreement; empty for None."""
    return [term for term in agreement.terms if term.state is TermState.OPEN] if agreement else []


def terms_in_force(agreement: Any) -> list[Any]:
    """The terms of an agreement that no other term replaced; empty for None."""
    terms = agreement.terms if agreement else []
    replaced = {term.replaces_id for term in terms}
    return [term for term in terms if term.id not in replaced]


def last_agreed(agreement: Any) -> date:
    """The day of a circle's newest agreement; a circle that met again may have a second one."""
    days: list[date] = [agreement.agreed_on]
    days += [term.agreed_on for term in agreement.terms if term.agreed_on is not None]
    return max(days)


def met_again(held_on: date | None, agreement: Any) -> bool:
    """Whether a circle met after its newest agreement, and so may make another."""
    return held_on is not None and held_on > last_agreed(agreement)


def signed_now(agreement: Any) -> list[Any]:
    return [signature for signature in agreement.signatures if signature.signed_on >= last_agreed(agreement)]


def completion_held(circle: Any) -> bool:
    """Whether the completion meeting of the newest agreement was held, for a circle with `meetings` and `agreement`."""
    agreed = last_agreed(circle.agreement) if circle.agreement is not None else date.min
    ends = [meeting for meeting in circle.meetings if meeting.happened and meeting.kind is MeetingKind.COMPLETION]
    return any(local_date(meeting.starts_at, zone_of(meeting.school_id)) >= agreed for meeting in ends)


def completion_meeting_allowed(circle: Any) -> bool:
    """Whether the completion meeting may be planned. Terms may still be open: it discusses what became of them."""
    return circle.agreement is not None and not completion_held(circle)


def must_consent(agreement: Any, invited: Iterable[int]) -> set[int]:
    """The parties who must consent to a change of a term: those who signed, or all of them when no one did."""
    signed = {row.participant_id for row in agreement.signatures if row.participant_id is not None}
    return signed or set(invited)


def names_on_paper(reader: int, named: Collection[int], names: Mapping[int, str], instead: str) -> dict[int, str]:
    """The name of each party on the sheet of `reader`: another's name only when both agreed to be named, else
    `instead`.
    """
    shown = set(named) if reader in named else set()
    return {key: name if key == reader or key in shown else instead for key, name in names.items()}


ROOM = Room(sentences=SENTENCES)
