"""What a round came to: for each group, way and question a share, or that there is none to show."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, Id, named_enum
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.results.states import ResultState


class SurveyResult(Base):
    """How many of those who answered a question answered favorably; no numbers where they may not be shown.

    Written once, when the round ends, all at once and in the order of the questions; never recomputed.
    """

    __tablename__ = "survey_result"
    __table_args__ = (
        UniqueConstraint("round_id", "audience", "way", "question"),
        Index("ix_survey_result_school", "school_id", "school_year"),
        CheckConstraint(
            "(state = 'shown') = (answered is not null) and (state = 'shown') = (favorable is not null)", name="hidden"
        ),
        CheckConstraint(
            "answered is null or (answered >= 10 and favorable >= 3 and answered - favorable >= 3)", name="enough"
        ),
    )

    id: Mapped[Id]
    round_id: Mapped[int] = mapped_column(ForeignKey("survey_round.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    school_year: Mapped[str] = mapped_column(String(7))
    audience: Mapped[SurveyGroup] = mapped_column(named_enum(SurveyGroup, "audience"))
    way: Mapped[Way] = mapped_column(named_enum(Way, "way"))
    question: Mapped[str] = mapped_column(String(30))
    state: Mapped[ResultState] = mapped_column(named_enum(ResultState, "state"))
    favorable: Mapped[int | None]
    answered: Mapped[int | None]
