"""Short questionnaires by one-time links, and what was answered. Free text is sealed for the keepers alone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, exactly_one, named_enum, where
from wss_cases.pathways.circles.questionnaires.states import Answerer, Occasion
from wss_cases.pathways.common.models import InPathway


def _one_at_a_time(person: str) -> Index:
    return Index(
        f"uq_questionnaire_{person}", "pathway_id", "occasion", person, unique=True, **where("revoked_at IS NULL")
    )


class Questionnaire(InPathway, OfCase, Base):
    """One invitation to answer: for whom, about which meeting, until when. The table holds the link's digest only."""

    __tablename__ = "questionnaire"
    __table_args__ = (
        Index("ix_questionnaire_pathway", "pathway_id"),
        Index("ix_questionnaire_school_answered", "school_id", "answered_at"),
        _one_at_a_time("participant_id"),
        _one_at_a_time("supporter_id"),
        _one_at_a_time("keeper_user_id"),
        CheckConstraint("expires_at > made_at", name="dates"),
        CheckConstraint(
            "answered_at is null or (revoked_at is null and answered_at < expires_at)", name="answered_once"
        ),
        exactly_one("participant_id", "supporter_id", "keeper_user_id", name="one_person"),
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key", "token_digest"})

    id: Mapped[Id]
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("circle_meeting.id"))
    occasion: Mapped[Occasion] = mapped_column(named_enum(Occasion, "occasion"))
    answerer: Mapped[Answerer] = mapped_column(named_enum(Answerer, "answerer"))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("case_participant.id"))
    supporter_id: Mapped[int | None] = mapped_column(ForeignKey("circle_supporter.id"))
    keeper_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    language: Mapped[str] = mapped_column(String(20), default="en")
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), default="")
    answers: Mapped[list["QuestionnaireAnswer"]] = relationship(order_by="QuestionnaireAnswer.id")


class QuestionnaireAnswer(Base):
    """One answer on a scale, by the question's code; a question passed over has no row."""

    __tablename__ = "questionnaire_answer"
    __table_args__ = (
        UniqueConstraint("questionnaire_id", "question"),
        CheckConstraint("value between 1 and 5", name="value"),
    )

    id: Mapped[Id]
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"))
    question: Mapped[str] = mapped_column(String(60))
    value: Mapped[int]


class QuestionnaireGuess(Base):
    """A wrong link, counted by address and in total within a window."""

    __tablename__ = "questionnaire_guess"
    __table_args__ = (
        Index("ix_questionnaire_guess_address", "address", "at"),
        Index("ix_questionnaire_guess_at", "at"),
    )

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
