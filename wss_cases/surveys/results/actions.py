"""Ending a round: its tallies are opened, counted once, and emptied; its links go."""

from datetime import datetime

from sqlalchemy import delete, select

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.surveys.instrument.queries import questions_on
from wss_cases.surveys.links.models import SurveyLink, SurveyMail
from wss_cases.surveys.results.models import SurveyResult
from wss_cases.surveys.results.rules import result_of
from wss_cases.surveys.rounds.models import SurveyRound, SurveySentForm, SurveyTally
from wss_cases.surveys.rounds.tallies import counts_in, empty


@use_case
def end_round(uow: UnitOfWork, round_id: int) -> int:
    """End a round now, and count it. Raises NotFound, Refused when it is over already."""
    row = uow.load(SurveyRound, round_id, Permission.SURVEY_RUN, uow.version)
    if row.counted_at is not None:
        raise Refused("", _("This survey is over."))
    today = today_at(row.school_id, uow.now)
    row.closes_on = max(row.opens_on, min(row.closes_on, today))
    _count(uow, row)
    return row.id


def count_due(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """End and count the rounds whose last day is over at their school, a round to a commit, as long as the share goes
    on; returns how many."""
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
                _count(uow, row)
            else:
                uow.no_audit()
    return {"surveys": counted}


def _count(uow: UnitOfWork, row: SurveyRound) -> None:
    """Open every tally once, keep what may be shown, and leave nothing else: no tally, no link, no page that was sent.

    The tallies are locked first, so that an answer that is being saved is either in or refused.
    """
    tallies = select(SurveyTally).where(SurveyTally.round_id == row.id).order_by(SurveyTally.id)
    for tally in uow.session.scalars(tallies.with_for_update().execution_options(populate_existing=True)).all():
        counts = counts_in(tally)
        for one in questions_on(row.opens_on, tally.audience):
            kept = result_of(counts, one.code, one.scale)
            uow.session.add(
                SurveyResult(
                    round_id=row.id, school_id=row.school_id, school_year=row.school_year, audience=tally.audience,
                    way=tally.way, question=one.code, state=kept.state, favorable=kept.favorable,
                    answered=kept.answered,
                )
            )  # fmt: skip
        empty(tally)
    links = select(SurveyLink.id).where(SurveyLink.round_id == row.id)
    uow.session.execute(delete(SurveyMail).where(SurveyMail.link_id.in_(links)))
    uow.session.execute(delete(SurveyLink).where(SurveyLink.round_id == row.id))
    uow.session.execute(delete(SurveySentForm).where(SurveySentForm.round_id == row.id))
    row.counted_at = uow.now
    uow.record(row, "survey_round.counted")
