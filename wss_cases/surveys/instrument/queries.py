"""Reading what is asked, and in which words."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from wss_cases.foundation.db import db
from wss_cases.mail.family_texts.queries import Text, family_texts
from wss_cases.surveys.instrument.models import SurveyQuestion
from wss_cases.surveys.instrument.states import VALUES, SurveyGroup, SurveyScale


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
