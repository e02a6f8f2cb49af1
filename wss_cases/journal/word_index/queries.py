"""The one function that asks the database which records hold words; what it finds is what the caller lets be found."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, false, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from wss_cases.foundation.db import db
from wss_cases.journal.word_index.models import SearchEntry
from wss_cases.journal.word_index.rules import asked_by

LONGEST_NUMBER = 9


def ids_holding(
    record: str, words: Sequence[str], school_ids: Collection[int], visible: Select[Any], number: Any, limit: int,
    skip: int = 0,
) -> list[int]:  # fmt: skip
    """Return ids of records of these schools in which each of these folded words begins some word: first of those whose
    `number` was typed, then the newest first.

    `record` is the entry's column: `incident_id` or `case_id`. `visible` is a select of the ids, narrowed to what the
    person may open: it is asked of one record after the other, until there are enough. A word may stand in thousands,
    and what keeps an old one in view is dear, even to plan: it is not asked where no text holds the words.
    """
    column = SearchEntry.__table__.c[record]
    held: Any = select(column.label("id")).where(_matches(asked_by(words, school_ids)))
    ids = visible.selected_columns[0]
    if not _is_any(held):
        return []
    typed = [int(word) for word in words if word.isdecimal() and len(word) <= LONGEST_NUMBER]
    first: list[int] = []
    if typed and _newest(held, select(ids).where(number == typed[-1]), 1):
        first = _newest(held, visible.where(number == typed[-1]), skip + limit)
    taken = first[skip:]
    if len(taken) < limit:
        others = visible.where(ids.not_in(first)) if first else visible
        taken += _newest(held, others, limit - len(taken), max(0, skip - len(first)))
    return taken


def _newest(held: Select[Any], among: Select[Any], limit: int, skip: int = 0) -> list[int]:
    """Return the newest of what is held and `among` these.

    Each OFFSET of nothing keeps a planner from asking in another order: of all that is visible whether it is held, or
    of all entries which are of such a record.
    """
    candidate = held.order_by(held.selected_columns.id.desc()).offset(0).subquery("candidate")
    one = among.where(among.selected_columns[0] == candidate.c.id).correlate(candidate).offset(0)
    found = select(candidate.c.id).where(candidate.c.id.is_not(None), one.exists()).order_by(candidate.c.id.desc())
    return list(db.session.scalars(found.limit(limit).offset(skip)))


def _is_any(held: Select[Any]) -> bool:
    candidate = held.offset(0).subquery("candidate")
    return db.session.scalar(select(candidate.c.id).where(candidate.c.id.is_not(None)).limit(1)) is not None


def _matches(asked: list[list[str]]) -> ColumnElement[bool]:
    if not asked:
        return false()
    if db.session.get_bind().dialect.name == "postgresql":
        wanted = _joined(asked, "'{}':*", " & ", " | ")
        return cast(SearchEntry.words, TSVECTOR).op("@@", is_comparison=True)(cast(wanted, TSQUERY))
    index: Any = literal_column("search_words")
    wanted = _joined(asked, '"{}"*', " AND ", " OR ")
    matching: Any = select(literal_column("rowid")).select_from(table("search_words")).where(index.op("MATCH")(wanted))
    return SearchEntry.id.in_(matching)


def _joined(asked: list[list[str]], each: str, every: str, any_of: str) -> str:
    return any_of.join(f"({every.join(each.format(begin) for begin in begins)})" for begins in asked)
