"""Reading what rounds came to. `survey_share` is what plans and outcomes build on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select

from wss_cases.foundation.db import db
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.results.models import SurveyResult
from wss_cases.surveys.results.rules import Share
from wss_cases.surveys.results.states import ResultState

HIDDEN = Share(None, None, suppressed=True)


@dataclass(frozen=True)
class YearShare:
    """The share of a school year over schools: `schools` of them are in it, the others have nothing to show."""

    share: Share
    schools: int


def results_of(round_id: int) -> Sequence[SurveyResult]:
    """Return what a round came to, in the order in which it was asked. The caller has checked the round."""
    statement = select(SurveyResult).where(SurveyResult.round_id == round_id)
    return list(db.session.scalars(statement.order_by(SurveyResult.id)))


def survey_share(school_id: int, year: str, measure: str) -> Share | None:
    """Return the share of a school in a school year by its last round that was counted; None where nothing was asked.

    `measure` is the group and the question, as `student.safe`. Answers by the code on the wall are never in it, so that
    it may be a baseline. The caller has checked the school.
    """
    group, _dot, code = measure.partition(".")
    asked = SurveyResult
    statement = select(asked.state, asked.favorable, asked.answered).where(
        asked.school_id == school_id, asked.school_year == year, asked.question == code,
        asked.audience == SurveyGroup(group), asked.way == Way.INVITED,
    )  # fmt: skip
    row = db.session.execute(statement.order_by(asked.round_id.desc()).limit(1)).first()
    if row is None:
        return None
    return Share(row.favorable, row.answered, suppressed=False) if row.state is ResultState.SHOWN else HIDDEN


def shares_by_year(
    schools: Collection[ColumnElement[bool]], years: Sequence[str], measures: Collection[str]
) -> dict[tuple[str, str], YearShare]:
    """Return the shares by school year and measure over the schools that meet these conditions on
    `SurveyResult.school_id`, which say what the actor sees.

    Summed over what is shown of each school alone: a school with too few is in no sum, so no difference gives it away.
    """
    asked = SurveyResult
    latest = (
        select(func.max(asked.round_id).label("round_id"), asked.audience, asked.question)
        .where(asked.school_year.in_(years))
        .group_by(asked.school_id, asked.school_year, asked.audience, asked.question)
        .subquery()
    )
    # of each group its own last round: a later one may have asked others
    is_latest = and_(
        asked.round_id == latest.c.round_id, asked.audience == latest.c.audience, asked.question == latest.c.question
    )
    statement = (
        select(
            asked.school_year, asked.audience, asked.question, func.count(), func.sum(asked.favorable),
            func.sum(asked.answered), func.count(asked.answered),
        )
        .join(latest, is_latest)
        .where(asked.way == Way.INVITED, asked.school_year.in_(years), *schools)
        .group_by(asked.school_year, asked.audience, asked.question)
    )  # fmt: skip
    found = {}
    for year, audience, question, _asked, favorable, answered, shown in db.session.execute(statement):
        measure = f"{audience.value}.{question}"
        if measure in measures:
            share = Share(int(favorable or 0), int(answered or 0), suppressed=False) if shown else HIDDEN
            found[year, measure] = YearShare(share, shown)
    return found
