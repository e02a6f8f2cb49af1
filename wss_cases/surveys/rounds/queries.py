"""Reading rounds: of the schools that the actor reaches, and the one that a code on a wall opens."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db, newest
from wss_cases.foundation.errors import existing
from wss_cases.surveys.instrument.states import SurveyGroup, Way
from wss_cases.surveys.rounds.models import SurveyRound, SurveyTally, SurveyWall
from wss_cases.surveys.rounds.rules import FEWEST

PAGE = 25
READERS = (Role.COORDINATOR, Role.ADMINISTRATOR, Role.DISTRICT)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of rounds to those of schools whose survey the actor may see."""
    return statement.where(in_schools(SurveyRound.school_id, actor, *READERS))


def rounds_seen(actor: Actor, school_id: int | None, before_id: int | None) -> list[SurveyRound]:
    """Return the newest rounds of a school (None: of all that the actor reaches), one more than a page holds."""
    found = visible_to(select(SurveyRound), actor)
    return list(db.session.scalars(newest(found, SurveyRound, PAGE + 1, before_id, school_id)))


def get_round(actor: Actor, round_id: int) -> SurveyRound:
    """Return one round. Raises NotFound."""
    found: SurveyRound | None = db.session.scalar(
        visible_to(select(SurveyRound), actor).where(SurveyRound.id == round_id)
    )
    return existing(found)


def wall_of(round_id: int) -> SurveyWall | None:
    """Return the code on the wall of a round, None where it has none. The caller has checked the round."""
    return db.session.scalar(select(SurveyWall).where(SurveyWall.round_id == round_id))


def tallies_of(round_id: int) -> Sequence[SurveyTally]:
    """Return the tallies of a round, by group and way. The caller has checked the round."""
    rows = list(db.session.scalars(select(SurveyTally).where(SurveyTally.round_id == round_id)))
    return sorted(rows, key=lambda one: (list(SurveyGroup).index(one.audience), list(Way).index(one.way)))


def last_answered(school_id: int, group: SurveyGroup) -> date | None:
    """Return the last day of a school's latest round that ten or more people of a group answered, by links or by the
    code on the wall: the figures of each way are shown by themselves."""
    mine = (SurveyRound.school_id == school_id, SurveyTally.audience == group)
    statement = (
        select(func.max(SurveyRound.closes_on))
        .join(SurveyTally, SurveyTally.round_id == SurveyRound.id)
        .where(*mine, SurveyTally.taken >= FEWEST)
    )
    return db.session.scalar(statement)


def running_round(school_id: int) -> SurveyRound | None:
    """Return the round of a school that is planned or open; None once it is counted."""
    return db.session.scalar(
        select(SurveyRound).where(SurveyRound.school_id == school_id, SurveyRound.counted_at.is_(None))
    )
