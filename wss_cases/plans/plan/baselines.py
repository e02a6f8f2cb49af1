"""Where a school stood when it wrote its plan: figures frozen from the product's measures, and values of surveys."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation.db import Base, among, db, named_enum
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.plans.measures import Figure
from wss_cases.plans.plan.core.models import OfPlan


class SurveySource(Labelled):
    """A value that somebody entered was not computed here, and says so."""

    ENTERED = "entered", _l("Entered from a published survey")
    CLIMATE = "climate", _l("Climate survey of this system")


LONGEST_MEASURE, LONGEST_INSTRUMENT = 60, 120


class PlanBaseline(OfPlan, Base):
    """One measure over a period as it was at an instant. It is never computed again.

    `suppressed`: the figure is below the smallest size that may be shown outside the school. `apart`: what was not
    confirmed beside avoidable notifications (see `Figure.apart`); None where it was not frozen.
    """

    __tablename__ = "plan_baseline"
    __table_args__ = (
        CheckConstraint("period_from <= period_to", name="period"),
        CheckConstraint("suppressed or numerator is not null", name="figure"),
        CheckConstraint(
            "(numerator is null or numerator >= 0) and (denominator is null or denominator >= 0)", name="not_negative"
        ),
    )

    measure: Mapped[str] = mapped_column(String(LONGEST_MEASURE))
    period_from: Mapped[date]
    period_to: Mapped[date]
    numerator: Mapped[float | None] = mapped_column(Float)
    denominator: Mapped[float | None] = mapped_column(Float)
    apart: Mapped[list[Any] | None]
    suppressed: Mapped[bool] = mapped_column(default=False)
    taken_at: Mapped[datetime]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    @property
    def figure(self) -> Figure:
        return Figure(self.numerator or 0, self.denominator, self.apart)


class SurveyValue(OfPlan, Base):
    """One value of a survey's scale in a school year."""

    __tablename__ = "survey_value"

    instrument: Mapped[str] = mapped_column(String(LONGEST_INSTRUMENT))
    scale: Mapped[str] = mapped_column(String(LONGEST_INSTRUMENT))
    value: Mapped[float] = mapped_column(Float)
    school_year: Mapped[str] = mapped_column(String(7))
    source: Mapped[SurveySource] = mapped_column(named_enum(SurveySource, "source"))
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


def rows_by_id(model: Any, ids: Iterable[int | None]) -> dict[int | None, Any]:
    """Return the rows of a table with these ids, None left out; the caller has checked the plan."""
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(model).where(among(model.id, wanted)))}
