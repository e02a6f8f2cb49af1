"""The groups of the climate survey, the ways to answer, the questions and their scales. Answers are choices only, never
text."""

import enum
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import CheckConstraint, Integer, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.mail.family_texts import Text, family_texts


class SurveyGroup(Labelled):
    STUDENT = "student", _l("Students")
    FAMILY = "family", _l("Families")
    STAFF = "staff", _l("Staff")


class Way(Labelled):
    """How an answer came: by an invited link, which takes one answer, or by the code on the wall, which anyone may
    scan."""

    INVITED = "invited", _l("Invited")
    OPEN = "open", _l("Open code")


class SurveyScale(enum.StrEnum):
    """The scale of a question's answers."""

    AGREE = "agree"
    YES_NO = "yes_no"


VALUES: Final[dict[SurveyScale, tuple[int, ...]]] = {SurveyScale.AGREE: (4, 3, 2, 1), SurveyScale.YES_NO: (2, 1)}
"""The values of each scale in the order shown."""

FAVORABLE: Final[dict[SurveyScale, frozenset[int]]] = {
    SurveyScale.AGREE: frozenset({3, 4}),
    SurveyScale.YES_NO: frozenset({2}),
}
"""The values that count as favorable."""

SAFE, ADULT, CIRCLE = "safe", "adult", "circle"
"""Codes of the questions shown beside incidents: feels safe, trusts an adult, was in a circle this year."""


class SurveyQuestion(Base):
    """A question to a group, from a first to a last day (None: still in use).

    A round asks the questions in force on the day it opens. Their text is the family text `survey.<group>.<code>`.
    """

    __tablename__ = "survey_question"
    __table_args__ = (
        UniqueConstraint("audience", "code", "starts_on"),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),
    )

    id: Mapped[Id]
    audience: Mapped[SurveyGroup] = mapped_column(named_enum(SurveyGroup, "audience"))
    code: Mapped[str] = mapped_column(String(30))
    scale: Mapped[SurveyScale] = mapped_column(named_enum(SurveyScale, "scale"))
    position: Mapped[int] = mapped_column(Integer)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


def questions_on(day: date, group: SurveyGroup) -> list[SurveyQuestion]:
    """The questions to a group on a day, in order."""
    columns = SurveyQuestion
    in_force = (columns.starts_on <= day, or_(columns.ends_on.is_(None), columns.ends_on >= day))
    statement = select(columns).where(columns.audience == group, *in_force)
    return list(db.session.scalars(statement.order_by(columns.position, columns.id)))


def texts_of(group: SurveyGroup, questions: Sequence[SurveyQuestion], language: str, day: date) -> dict[str, Text]:
    """The texts of a page of questions by their code: the introduction, the questions, and the scales."""
    scales = [f"survey.scale.{scale}_{value}" for scale in SurveyScale for value in VALUES[scale]]
    return family_texts(
        [intro_code(group), *(text_code(group, question.code) for question in questions), *scales], language, day
    )


def intro_code(group: SurveyGroup) -> str:
    return f"survey.{group.value}.intro"


def text_code(group: SurveyGroup, code: str) -> str:
    return f"survey.{group.value}.{code}"
