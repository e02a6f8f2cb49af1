"""The questions of the climate survey, each dated; their words are texts for families, by language."""

from datetime import date

from sqlalchemy import CheckConstraint, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.surveys.instrument.states import SurveyGroup, SurveyScale


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
