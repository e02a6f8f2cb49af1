"""Who is asked in the climate survey, by which way, and on which scales. Choices only: no one writes words."""

import enum
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import CheckConstraint, Integer, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.mail.family_texts.queries import Text, family_texts


class SurveyGroup(Labelled):
    """Who answers."""

    STUDENT = "student", _l("Students")
    FAMILY = "family", _l("Families")
    STAFF = "staff", _l("Staff")


class Way(Labelled):
    """How an answer came: by an invited link, which takes one, or by the code on the wall, which anyone may scan."""

    INVITED = "invited", _l("Invited")
    OPEN = "open", _l("Open code")


class SurveyScale(enum.StrEnum):
    """How a question is answered."""

    AGREE = "agree"
    YES_NO = "yes_no"


VALUES: Final[dict[SurveyScale, tuple[int, ...]]] = {SurveyScale.AGREE: (4, 3, 2, 1), SurveyScale.YES_NO: (2, 1)}
"""The values of a scale in the order in which they are shown."""

FAVORABLE: Final[dict[SurveyScale, frozenset[int]]] = {
    SurveyScale.AGREE: frozenset({3, 4}),
    SurveyScale.YES_NO: frozenset({2}),
}
"""The values that count as yes."""

SAFE, ADULT, CIRCLE = "safe", "adult", "circle"
"""Codes of the questions that stand beside incidents: feels safe, trusts an adult, was in a circle this year."""


class SurveyQuestion(Base):
    """One question to one group, from a first to a last day (None: still asked).

    A round asks what was in force on the day it opens. The words are the family text `survey.<group>.<code>`.
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
    """Return what a group is asked on a day, in order."""
    asked = SurveyQuestion
    in_force = (asked.starts_on <= day, or_(asked.ends_on.is_(None), asked.ends_on >= day))
    statement = select(asked).where(asked.audience == group, *in_force)
    return list(db.session.scalars(statement.order_by(asked.position, asked.id)))


def texts_of(group: SurveyGroup, questions: Sequence[SurveyQuestion], language: str, day: date) -> dict[str, Text]:
    """Return the words of a page of questions by their code: the introduction, the questions, and the scales."""
    scales = [f"survey.scale.{scale}_{value}" for scale in SurveyScale for value in VALUES[scale]]
    return family_texts([intro_code(group), *(text_code(group, one.code) for one in questions), *scales], language, day)


def intro_code(group: SurveyGroup) -> str:
    """Return the code of what stands above a group's questions."""
    return f"survey.{group.value}.intro"


def text_code(group: SurveyGroup, code: str) -> str:
    """Return the code of a question's words."""
    return f"survey.{group.value}.{code}"
