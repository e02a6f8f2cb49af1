"""Tables of short questionnaires by one-time links, and their answers. Free text is sealed for the keepers only."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, exactly_one, named_enum, where
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.pathways.common.models import InPathway


class Answerer(Labelled):
    """The role in which a person answers."""

    HARMED = "harmed", _l("Person harmed")
    CAUSED_HARM = "caused_harm", _l("Person who caused harm")
    SUPPORTER = "supporter", _l("Support person")
    KEEPER = "keeper", _l("Circle keeper")


class Occasion(Labelled):
    """When a questionnaire is given."""

    AFTER_MEETING = "after_meeting", _l("After the meeting")
    LAST_CHECK_IN = "last_check_in", _l("At the last check-in")


class Scale(enum.StrEnum):
    FIVE = "five"
    THREE = "three"


class LinkState(Labelled):
    OPEN = "open", _l("Waiting for the answer")
    ANSWERED = "answered", _l("Answered")
    EXPIRED = "expired", _l("Expired")
    REVOKED = "revoked", _l("Withdrawn")


@dataclass(frozen=True)
class Question:
    """A question: its code, unique for its answerer, and its scale."""

    code: str
    scale: Scale


LINK_TRANSITIONS: Final[dict[LinkState, frozenset[LinkState]]] = {
    LinkState.OPEN: frozenset({LinkState.ANSWERED, LinkState.EXPIRED, LinkState.REVOKED}),
    LinkState.EXPIRED: frozenset({LinkState.OPEN, LinkState.REVOKED}),
    LinkState.ANSWERED: frozenset(),
    LinkState.REVOKED: frozenset(),
}
"""An expired link may be renewed. An answer is final, and so is a withdrawal."""

VALUES: Final[dict[Scale, tuple[int, ...]]] = {Scale.FIVE: (1, 2, 3, 4, 5), Scale.THREE: (5, 3, 1)}
"""The values of a scale in display order. Yes, partly and no use the same range of 1 to 5."""


def _questions(*pairs: tuple[str, Scale]) -> tuple[Question, ...]:
    return tuple(Question(code, scale) for code, scale in pairs)


_5, _3 = Scale.FIVE, Scale.THREE
_AFTER, _LAST = Occasion.AFTER_MEETING, Occasion.LAST_CHECK_IN
QUESTIONS: Final[dict[tuple[Answerer, Occasion], tuple[Question, ...]]] = {
    (Answerer.HARMED, _AFTER): _questions(("choice", _3), ("heard", _5), ("fair", _5), ("safer", _5), ("again", _3)),
    (Answerer.HARMED, _LAST): _questions(("kept", _3), ("better", _5), ("safer", _5), ("worth", _5), ("again", _3)),
    (Answerer.CAUSED_HARM, _AFTER): _questions(
        ("choice", _3), ("heard", _5), ("fair", _5), ("understand", _5), ("repair", _3), ("again", _3)
    ),
    (Answerer.CAUSED_HARM, _LAST): _questions(
        ("kept", _3), ("helped", _5), ("belong", _5), ("worth", _5), ("again", _3)
    ),
    (Answerer.SUPPORTER, _AFTER): _questions(("heard", _5), ("helped", _5), ("fair", _5), ("safe", _5), ("again", _3)),
    (Answerer.SUPPORTER, _LAST): _questions(("kept", _3), ("better", _5), ("worth", _5), ("again", _3)),
    (Answerer.KEEPER, _AFTER): _questions(("prepared", _5), ("spoke", _5), ("safe", _5), ("fits", _3), ("again", _3)),
    (Answerer.KEEPER, _LAST): _questions(("kept", _3), ("repaired", _5), ("helped", _5), ("worth", _5)),
}
"""The questions by answerer and occasion. Their words are family texts `question.<answerer>.<code>`."""


SENTENCES: dict[str, Any] = {
    "questionnaire.made": (_l("Questionnaire given out: %(occasion)s"), {"occasion": Occasion.labels()}),
    "questionnaire.renewed": _l("New link made for a questionnaire"),
    "questionnaire.revoked": _l("Questionnaire link withdrawn"),
    "questionnaire.answered": (_l("Questionnaire answered: %(occasion)s"), {"occasion": Occasion.labels()}),
}


def _one_at_a_time(person: str) -> Index:
    return Index(
        f"uq_questionnaire_{person}", "pathway_id", "occasion", person, unique=True, **where("revoked_at IS NULL")
    )


class Questionnaire(InPathway, OfCase, Base):
    """An invitation to answer: for whom, about which meeting, until when. Only the digest of the link is stored."""

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
    """An answer on a scale, by the question's code. A skipped question has no row."""

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
    """An attempt with a wrong link. Attempts are counted per address and in total within a window."""

    __tablename__ = "questionnaire_guess"
    __table_args__ = (
        Index("ix_questionnaire_guess_address", "address", "at"),
        Index("ix_questionnaire_guess_at", "at"),
    )

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
