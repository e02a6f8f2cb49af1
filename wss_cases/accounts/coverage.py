"""Who covers for whom on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select

from wss_cases.accounts.account.models import Cover, UserAccount
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.school_time import school_day


@dataclass(frozen=True)
class CoverRow:
    """One cover: `user_id` is away, `cover_id` covers."""

    id: int
    school_id: int
    user_id: int
    name: str
    cover_id: int
    cover_name: str
    starts_on: date
    ends_on: date
    note: str


def load_cover(cover_id: int) -> Cover | None:
    return db.session.get(Cover, cover_id)


def cover_on(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Covers in force on a date of their school, without canceled ones."""
    return (Cover.starts_on <= day) & (Cover.ends_on >= day) & Cover.ended_at.is_(None)


def _covers(*conditions: ColumnElement[bool]) -> Select[Any]:
    away, stands_in = UserAccount.__table__.alias("away"), UserAccount.__table__.alias("stands_in")
    return (
        select(
            Cover.id, Cover.school_id, Cover.user_id, away.c.name, Cover.cover_id, stands_in.c.name,
            Cover.starts_on, Cover.ends_on, Cover.note,
        )
        .join(away, away.c.id == Cover.user_id)
        .join(stands_in, stands_in.c.id == Cover.cover_id)
        .where(*conditions)
        .order_by(Cover.starts_on, Cover.id)
    )  # fmt: skip


def _rows(statement: Select[Any], **given: Any) -> list[CoverRow]:
    return [CoverRow(*row) for row in db.session.execute(statement, given)]


def covers_of(user_ids: Iterable[int], school_id: int, day: date) -> list[CoverRow]:
    """Covers of these people at a school, in force on a date or later."""
    wanted = sorted(user_ids)
    coming = (Cover.ends_on >= day) & Cover.ended_at.is_(None)
    return _rows(_covers(Cover.user_id.in_(wanted), Cover.school_id == school_id, coming)) if wanted else []


def near(user_id: int | None, now: datetime) -> list[CoverRow]:
    """Today's covers in which this person is away or covers, in one query."""
    return _rows(_near(), who=user_id, now=now) if user_id is not None else []


@cache
def _near() -> Select[Any]:
    """The select of `near` for the parameters `who` and `now`, built once."""
    who: BindParameter[int] = bindparam("who")
    now = bindparam("now", type_=UtcDateTime())
    return _covers((Cover.cover_id == who) | (Cover.user_id == who), cover_on(school_day(Cover.school_id, now)))


def stands_in(user_id: int | None, for_id: int | None, school_id: int, day: date) -> bool:
    """Whether a person covers for another at a school on a date."""
    if user_id is None or for_id is None:
        return False
    covers = select(Cover.id).where(
        Cover.cover_id == user_id, Cover.user_id == for_id, Cover.school_id == school_id, cover_on(day)
    )
    return db.session.scalar(covers.limit(1)) is not None


def covers_at(school_ids: Iterable[int], day: date) -> dict[tuple[int, int], int]:
    """Covers on a date at these schools: (person away, school) to the covering person."""
    statement = select(Cover.user_id, Cover.school_id, Cover.cover_id).where(
        Cover.school_id.in_(sorted(school_ids)), cover_on(day)
    )
    return {(row[0], row[1]): row[2] for row in db.session.execute(statement)}


def overlapping(user_id: int, school_id: int, starts_on: date, ends_on: date) -> list[CoverRow]:
    """A person's covers at a school that share a day with these dates."""
    shared = (Cover.starts_on <= ends_on) & (Cover.ends_on >= starts_on) & Cover.ended_at.is_(None)
    return _rows(_covers(Cover.user_id == user_id, Cover.school_id == school_id, shared))
