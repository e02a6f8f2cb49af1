"""The one function that asks the database which records hold words. What it finds is no permission: narrow it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, cast, false, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from wss_cases.foundation.db import db
from wss_cases.journal.word_index.models import SearchEntry
from wss_cases.journal.word_index.rules import asked_by

LONGEST_NUMBER = 9


def holding(record: str, words: Sequence[str], school_ids: Collection[int]) -> Select[Any]:
    """Select the ids of the records of these schools in which each of these folded words begins some word.

    `record` is the entry's column: `incident_id` or `case_id`. The index is asked first, whatever else narrows the
    statement that this becomes a part of.
    """
    column = SearchEntry.__table__.c[record]
    held = select(column).where(column.is_not(None), _matches(asked_by(words, school_ids)))
    found = held.cte(f"holding_{record}").prefix_with("MATERIALIZED")
    return select(found.c[record])


def number_first(number: Any, words: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return what sorts the record first whose number was typed; nothing where none was."""
    typed = [int(word) for word in words if word.isdecimal() and len(word) <= LONGEST_NUMBER]
    return [case((number == typed[-1], 0), else_=1)] if typed else []


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
