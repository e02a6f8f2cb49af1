"""Answering: by an invited link once, or by the code on the wall. Nothing tells when or by which link what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.links.models import SurveyLink
from wss_cases.surveys.links.queries import link_by
from wss_cases.surveys.rounds.models import SurveyRound, SurveySentForm, SurveyTally, SurveyWall
from wss_cases.surveys.rounds.rules import MOST_BY_LINK, MOST_BY_WALL, counted, hour_of, is_open
from wss_cases.surveys.rounds.tallies import counts_in, seal_counts


class Full(Refused):
    """The code on the wall has taken as many answers of a group as there are people in it."""


@dataclass(frozen=True)
class Opened:
    """What a code opens: a round, and the group that its link is for; None for the code on the wall, which asks."""

    round: SurveyRound
    wall_id: int | None
    link_id: int | None
    group: SurveyGroup | None


def open_code(code: str, now: datetime) -> Opened | None:
    """Return what a code opens today. None alike for one that was guessed or used, and before and after its round."""
    link = link_by(code)
    if link is not None:
        row = db.session.get_one(SurveyRound, link.round_id)
        return None if link.used or not _takes(row, now) else Opened(row, None, link.id, link.audience)
    wall = db.session.scalar(select(SurveyWall).where(SurveyWall.code == code))
    if wall is None:
        return None
    row = db.session.get_one(SurveyRound, wall.round_id)
    return Opened(row, wall.id, None, None) if _takes(row, now) else None


def _takes(row: SurveyRound, now: datetime) -> bool:
    return is_open(row, today_at(row.school_id, now))


def was_sent(form_key: str) -> bool:
    """Whether this page of questions was sent and counted already."""
    sent = select(SurveySentForm.round_id).where(SurveySentForm.digest == token_digest(form_key))
    return db.session.scalar(sent.limit(1)) is not None


def takes_another(opened: Opened, now: datetime) -> bool:
    """Count what is sent by a link or a code, refused or not; False once there was too much in its hour."""
    with unit_of_work(SYSTEM, now) as uow:
        row = _locked(uow, opened)
        began = hour_of(row.hour_began, now)
        if row.hour_began != began:
            row.hour_began, row.sent = began, 0
        row.sent += 1
        uow.no_audit()
        return row.sent <= (MOST_BY_LINK if isinstance(row, SurveyLink) else MOST_BY_WALL)


def _locked(uow: UnitOfWork, opened: Opened) -> SurveyLink | SurveyWall:
    if opened.link_id is None:
        return existing(uow.session.get(SurveyWall, opened.wall_id, with_for_update=True, populate_existing=True))
    link = existing(uow.session.get(SurveyLink, opened.link_id, with_for_update=True, populate_existing=True))
    if link.used:
        raise NotFound
    return link


def answer(opened: Opened, group: SurveyGroup, values: Mapping[str, int], form_key: str, now: datetime) -> None:
    """Add an answer to its group's sealed tally, and use up the link. The same page sent again counts once.

    Raises NotFound once the link was used or the round is over, Full, and Refused when nothing was answered or for a
    value that its question does not have. Leaves no audit row and no history: they would have a time.
    """
    if not values:
        raise Refused("", _("Answer at least one question."))
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        sent = {"round_id": opened.round.id, "digest": token_digest(form_key)}
        if not insert_once(uow.session, SurveySentForm, sent, list(sent)):
            return
        way = Way.OPEN if opened.link_id is None else Way.INVITED
        # the tally is locked before the link, as by whoever ends the round
        tally = _tally(uow, opened.round.id, group, way)
        source = _locked(uow, opened)
        if tally.sealed_text is None:
            raise NotFound
        if tally.most is not None and tally.taken >= tally.most:
            raise Full("", _("This code has taken as many answers as there are people in this group."))
        _add(tally, values)
        if isinstance(source, SurveyLink):
            source.used, source.nonce, source.hour_began, source.sent = True, None, None, 0


def _tally(uow: UnitOfWork, round_id: int, group: SurveyGroup, way: Way) -> SurveyTally:
    mine = (SurveyTally.round_id == round_id, SurveyTally.audience == group, SurveyTally.way == way)
    held = select(SurveyTally).where(*mine).with_for_update().execution_options(populate_existing=True)
    return existing(uow.session.scalar(held))


def _add(tally: SurveyTally, values: Mapping[str, int]) -> None:
    try:
        seal_counts(tally, counted(counts_in(tally), values))
    except KeyError:
        raise Refused("", _("Choose one of the answers shown.")) from None
    tally.taken += 1
