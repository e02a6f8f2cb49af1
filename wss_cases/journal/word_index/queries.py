"""The one function that asks the database which records hold words; what it finds is what the caller lets be found."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, Text, cast, func, literal_column, select, table, true
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR, array

from wss_cases.foundation.db import db
from wss_cases.journal.word_index.models import SearchEntry
from wss_cases.journal.word_index.rules import asked_by

LONGEST_NUMBER = 9
MANY = 1000
"""So many entries that hold the words are not looked up and sorted on SQLite."""


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
    ids = visible.selected_columns[0]
    held = _held(record, asked_by(words, school_ids)) if school_ids else None
    if held is None:
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
    of all entries which are of such a record. SQLite takes what is held in the order in which it comes; told to sort
    what is found it would ask of all that is held whether it is `among` these, before it sorts.
    """
    candidate = held.order_by(held.selected_columns.id.desc()).offset(0).subquery("candidate")
    one = among.where(among.selected_columns[0] == candidate.c.id).correlate(candidate).offset(0)
    found = select(candidate.c.id).where(candidate.c.id.is_not(None), one.exists())
    if _on_postgresql():
        found = found.order_by(candidate.c.id.desc())
    return list(db.session.scalars(found.limit(limit).offset(skip)))


def _held(record: str, asked: list[list[str]]) -> Select[Any] | None:
    """Return the select of the records, as `id`, in which all of some school's beginnings are; None where no text holds
    them."""
    if not _on_postgresql():
        return _held_in_fts5(record, asked)
    held = _held_by_school(record, asked)
    candidate = held.offset(0).subquery("candidate")
    any_of_them = select(candidate.c.id).where(candidate.c.id.is_not(None)).limit(1)
    return held if db.session.scalar(any_of_them) is not None else None


def _held_in_fts5(record: str, asked: list[list[str]]) -> Select[Any] | None:
    """Return it from SQLite's index, which gives all that hold the words, in no order of records.

    A few are looked up and sorted. Of many the records are gone through from the newest on, and each looked for among
    them: the sum keeps SQLite from looking up all of them by their number.
    """
    index: Any = literal_column("search_words")
    wanted = " OR ".join(_joined(begins, '"{}"*', " AND ") for begins in asked)
    matching: Any = select(literal_column("rowid")).select_from(table("search_words")).where(index.op("MATCH")(wanted))
    number = db.session.scalar(select(func.count()).select_from(matching.limit(MANY).subquery())) or 0
    if not number:
        return None
    column: Any = SearchEntry.__table__.c[record]
    entry: Any = SearchEntry.id if number < MANY else SearchEntry.id + literal_column("0")
    return select(column.label("id")).where(entry.in_(matching), column.is_not(None))


def _held_by_school(record: str, asked: list[list[str]]) -> Select[Any]:
    """Return it with one look into the index for each school, one after the other.

    The index has no statistics. Asked for twenty schools at once, or for one entry of many, the planner would rather
    read the words of every record there is; of a value that it is told later it knows nothing, and uses the index.
    """
    each = array([_joined(begins, "'{}':*", " & ") for begins in asked])
    school = func.unnest(cast(each, ARRAY(Text))).table_valued("wanted").render_derived("school")
    holds = cast(SearchEntry.words, TSVECTOR).op("@@", is_comparison=True)(cast(school.c.wanted, TSQUERY))
    entry = select(SearchEntry.__table__.c[record].label("id")).where(holds).offset(0).lateral("entry")
    return select(entry.c.id).select_from(school).join(entry, true())


def _on_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"


def _joined(begins: list[str], each: str, every: str) -> str:
    return f"({every.join(each.format(begin) for begin in begins)})"
