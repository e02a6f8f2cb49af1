"""The results of a round: for each group, way and question a share, or the reason why there is none to show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    delete,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import Base, Id, db, named_enum
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.operations import WHOLE
from wss_cases.foundation.operations import Share as SharesShare
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.surveys.links import SurveyLink, SurveyMail
from wss_cases.surveys.rounds import (
    FAVORABLE,
    FEWEST,
    VALUES,
    Counts,
    SurveyGroup,
    SurveyRound,
    SurveyScale,
    SurveySentForm,
    SurveyTally,
    Way,
    counts_in,
    empty,
    questions_on,
)


class ResultState(Labelled):
    """Whether a question's answers may be shown. Answers that may not be shown are not stored either."""

    SHOWN = "shown", _l("Shown")
    TOO_FEW = "too_few", _l("Too few to show")
    TOO_ALIKE = "too_alike", _l("Nearly everyone answered alike, so it is not shown")


class SurveyResult(Base):
    """How many of those who answered a question answered favorably; no numbers where they may not be shown.

    All rows are written at once when the round ends, in the order of the questions, and are never recomputed.
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


FEWEST_ON_A_SIDE: Final = 3
"""Answers needed on either side; with fewer, anyone who knows who answered would know what nearly each of them said."""


@dataclass(frozen=True)
class Counted:
    """The stored result of one question: `favorable` of `answered`, both None where it may not be shown."""

    state: ResultState
    favorable: int | None = None
    answered: int | None = None


@dataclass(frozen=True)
class Share:
    """A share for use elsewhere, such as a baseline: both numbers are None where `suppressed`, never 0."""

    numerator: int | None
    denominator: int | None
    suppressed: bool

    @property
    def percent(self) -> float | None:
        """The share in percent; None where it is suppressed."""
        if self.numerator is None or self.denominator is None:
            return None
        return 100 * self.numerator / self.denominator


def result_of(counts: Counts, code: str, scale: SurveyScale) -> Counted:
    """The result of a question that may be stored."""
    answered = sum(counts.get(f"{code}:{value}", 0) for value in VALUES[scale])
    favorable = sum(counts.get(f"{code}:{value}", 0) for value in FAVORABLE[scale])
    if answered < FEWEST:
        return Counted(ResultState.TOO_FEW)
    if min(favorable, answered - favorable) < FEWEST_ON_A_SIDE:
        return Counted(ResultState.TOO_ALIKE)
    return Counted(ResultState.SHOWN, favorable, answered)


HIDDEN = Share(None, None, suppressed=True)


@dataclass(frozen=True)
class YearShare:
    """A school year's share over several schools. `schools` is the number of schools in it; the others have nothing to
    show."""

    share: Share
    schools: int


def results_of(round_id: int) -> Sequence[SurveyResult]:
    """A round's results in question order; the caller has checked the round."""
    statement = select(SurveyResult).where(SurveyResult.round_id == round_id)
    return list(db.session.scalars(statement.order_by(SurveyResult.id)))


def survey_share(school_id: int, year: str, measure: str) -> Share | None:
    """A school's share in a school year, from its last counted round; None where the question was not asked.

    `measure` is the group and the question, as `student.safe`. It excludes answers by the code on the wall, so that it
    may be a baseline. The caller has checked the school.
    """
    group, _dot, code = measure.partition(".")
    columns = SurveyResult
    statement = select(columns.state, columns.favorable, columns.answered).where(
        columns.school_id == school_id, columns.school_year == year, columns.question == code,
        columns.audience == SurveyGroup(group), columns.way == Way.INVITED,
    )  # fmt: skip
    row = db.session.execute(statement.order_by(columns.round_id.desc()).limit(1)).first()
    if row is None:
        return None
    return Share(row.favorable, row.answered, suppressed=False) if row.state is ResultState.SHOWN else HIDDEN


def shares_by_year(
    schools: Collection[ColumnElement[bool]], years: Sequence[str], measures: Collection[str]
) -> dict[tuple[str, str], YearShare]:
    """The shares by school year and measure, over the schools that meet these conditions on `SurveyResult.school_id`;
    the conditions limit them to what the actor may see.

    Only shares that may be shown for the school itself are summed. A school with too few answers is in no sum, so no
    difference reveals it.
    """
    columns = SurveyResult
    latest = (
        select(func.max(columns.round_id).label("round_id"), columns.audience, columns.question)
        .where(columns.school_year.in_(years))
        .group_by(columns.school_id, columns.school_year, columns.audience, columns.question)
        .subquery()
    )
    # each group's own last round, because a later round may have asked other groups
    is_latest = and_(
        columns.round_id == latest.c.round_id,
        columns.audience == latest.c.audience,
        columns.question == latest.c.question,
    )
    statement = (
        select(
            columns.school_year, columns.audience, columns.question, func.count(), func.sum(columns.favorable),
            func.sum(columns.answered), func.count(columns.answered),
        )
        .join(latest, is_latest)
        .where(columns.way == Way.INVITED, columns.school_year.in_(years), *schools)
        .group_by(columns.school_year, columns.audience, columns.question)
    )  # fmt: skip
    shares = {}
    for year, audience, question, _asked, favorable, answered, shown in db.session.execute(statement):
        measure = f"{audience.value}.{question}"
        if measure in measures:
            share = Share(int(favorable or 0), int(answered or 0), suppressed=False) if shown else HIDDEN
            shares[year, measure] = YearShare(share, shown)
    return shares


def count_due(now: datetime, share: SharesShare = WHOLE) -> dict[str, int]:
    """End and count the rounds whose last day is over at their school, one per commit, while the time share lasts;
    returns how many."""
    waiting = select(SurveyRound.id, SurveyRound.school_id, SurveyRound.closes_on).where(
        SurveyRound.counted_at.is_(None)
    )
    rows = db.session.execute(waiting.order_by(SurveyRound.id)).all()
    due = [row.id for row in rows if row.closes_on < today_at(row.school_id, now)]
    counted = 0
    for round_id in due:
        if not share.goes_on():
            break
        counted += 1
        with unit_of_work(SYSTEM, now) as uow:
            row = existing(uow.session.get(SurveyRound, round_id, with_for_update=True, populate_existing=True))
            if row.counted_at is None:
                count_round(uow, row)
            else:
                uow.no_audit()
    return {"surveys": counted}


def count_round(uow: UnitOfWork, row: SurveyRound) -> None:
    """Open every tally once, store what may be shown, and delete everything else: tallies, links and sent pages.

    The tallies are locked first, so that an answer being saved is either counted or refused.
    """
    tallies = select(SurveyTally).where(SurveyTally.round_id == row.id).order_by(SurveyTally.id)
    for tally in uow.session.scalars(tallies.with_for_update().execution_options(populate_existing=True)).all():
        counts = counts_in(tally)
        for question in questions_on(row.opens_on, tally.audience):
            result = result_of(counts, question.code, question.scale)
            uow.session.add(
                SurveyResult(
                    round_id=row.id, school_id=row.school_id, school_year=row.school_year, audience=tally.audience,
                    way=tally.way, question=question.code, state=result.state, favorable=result.favorable,
                    answered=result.answered,
                )
            )  # fmt: skip
        empty(tally)
    links = select(SurveyLink.id).where(SurveyLink.round_id == row.id)
    uow.session.execute(delete(SurveyMail).where(SurveyMail.link_id.in_(links)))
    uow.session.execute(delete(SurveyLink).where(SurveyLink.round_id == row.id))
    uow.session.execute(delete(SurveySentForm).where(SurveySentForm.round_id == row.id))
    row.counted_at = uow.now
    uow.record(row, "survey_round.counted")
