"""What a circle's parties agreed: terms and signatures."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, exactly_one, named_enum
from wss_cases.pathways.circles.circle.states import TermState
from wss_cases.pathways.circles.terms.states import SignatureManner, WithoutMeeting
from wss_cases.pathways.common.models import InPathway


class Agreement(InPathway, OfCase, Versioned, Base):
    """What the parties agreed, as terms. `without_meeting`: why no meeting was held at its end.

    `named`: participants who agree that their name stands on the others' copies.
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
    """Who signed an agreement, when and how: a party, a supporter, or a keeper; exactly one of the three."""

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
    """One promise with its owner, its due date and what counts as done; it may replace one changed by consent.

    `owner_participant_id`, `owner_user_id`: whose promise it is, a party's or a member of staff's; neither: everyone's.
    `translations`: its text and its evidence by language, and who translated them.
    `why`: it was excused, or what it became was corrected. `agreed_on`: in a later agreement than the first.
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
    """Who consented to a term that replaces another one."""

    __tablename__ = "agreement_term_consent"
    __table_args__ = (UniqueConstraint("term_id", "participant_id"),)

    id: Mapped[Id]
    term_id: Mapped[int] = mapped_column(ForeignKey("agreement_term.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("case_participant.id"))
