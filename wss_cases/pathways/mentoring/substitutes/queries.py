"""Reading codes for substitutes: those of a school, the one that was typed, and how many were wrong."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.ids import token_digest
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.own_period.queries import periods_today
from wss_cases.pathways.mentoring.own_period.rules import OwnPeriod
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.plan.queries import LOGGED
from wss_cases.pathways.mentoring.substitutes.models import PeriodCode, PeriodGuess
from wss_cases.pathways.mentoring.substitutes.rules import GUESS_WINDOW, plain_code

load_code = by_id(PeriodCode)


@dataclass(frozen=True)
class Class:
    """One teacher's period at a school, in which students are asked about."""

    teacher_id: int
    teacher: str
    period: str
    students: int


def classes_of(school_id: int) -> list[Class]:
    """Return the periods of a school in which somebody teaches a student with a card, by period; the caller has
    checked the school."""
    row, who = PeriodTeacher, UserAccount
    statement = (
        select(row.user_id, who.name, row.period, func.count())
        .join(who, who.id == row.user_id)
        .join(Pathway, Pathway.id == row.pathway_id)
        .where(row.school_id == school_id, Pathway.state.in_(LOGGED))
        .group_by(row.user_id, who.name, row.period)
        .order_by(row.period, who.name)
    )
    return [Class(*found) for found in db.session.execute(statement)]


def codes_of(school_id: int, since: date) -> list[PeriodCode]:
    """Return the codes of a school for a day or later, newest first; the caller has checked the school."""
    statement = select(PeriodCode).options(joinedload(PeriodCode.teacher))
    statement = statement.where(PeriodCode.school_id == school_id, PeriodCode.on_day >= since)
    return list(db.session.scalars(statement.order_by(PeriodCode.id.desc())))


def get_code(actor: Actor, code_id: int) -> PeriodCode:
    """Return a code that the actor may revoke. Raises NotFound."""
    code = db.session.get(PeriodCode, code_id)
    require(actor, Permission.MENTOR_MANAGE, code)
    assert code is not None
    return code


def code_typed(typed: str) -> PeriodCode | None:
    """Return the code that was typed; None for one that nobody made."""
    digest = token_digest(plain_code(typed))
    return db.session.scalar(select(PeriodCode).where(PeriodCode.digest == digest))


def guesses(address: str, now: datetime) -> tuple[int, int]:
    """Return how many wrong codes came from an address, and from all, within the window."""
    recent = PeriodGuess.at > now - GUESS_WINDOW
    own = select(func.count()).where(PeriodGuess.address == address, recent).scalar_subquery()
    every = select(func.count()).where(recent).select_from(PeriodGuess).scalar_subquery()
    from_address, over_all = db.session.execute(select(own, every)).one()
    return from_address, over_all


def period_behind(code: PeriodCode, now: datetime) -> OwnPeriod | None:
    """Return the period that a code opens with its questions; None where nobody is asked about."""
    rows = select(PeriodTeacher).where(
        PeriodTeacher.school_id == code.school_id,
        PeriodTeacher.user_id == code.teacher_id,
        PeriodTeacher.period == code.period,
    )
    return next(iter(periods_today(rows, now)), None)
