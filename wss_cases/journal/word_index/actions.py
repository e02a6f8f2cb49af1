"""Keeping the index in step: what is written is found, and what is taken out is not, by the same commit."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Select, delete, event, insert, inspect, select
from sqlalchemy.orm import Session

from wss_cases.foundation.connecting.sessions import RoomSession
from wss_cases.foundation.db import table_of
from wss_cases.journal.extension_points import word_sources
from wss_cases.journal.rooms import WordSource
from wss_cases.journal.word_index.models import SearchEntry
from wss_cases.journal.word_index.rules import words_of


@event.listens_for(RoomSession, "after_flush")
def index_what_was_written(session: Session, _flush: Any) -> None:
    """Write anew by which words the records are found whose texts this flush wrote."""
    for source in word_sources():
        made: list[Any] = [row for row in session.new if type(row) is source.model]
        changed = {number for row in (*session.new, *session.dirty) for number in _record_of(source, row)}
        _enter(session, source, {row.id: _written(source, row) for row in made if row.id not in changed})
        if changed:
            _forget(session, source, changed)
            _write(session, source, changed)


def index_again(session: Session, rows: Mapping[str, Collection[int]]) -> None:
    """Step: the same for records whose texts were written past the session: ids by the names of their tables."""
    for source in word_sources():
        ids = rows.get(source.model.__tablename__, ())
        _forget(session, source, ids)
        _write(session, source, ids)


def _record_of(source: WordSource, row: Any) -> Iterator[int]:
    """Yield the record of which a row that this flush changed holds texts; nothing for one that it made itself."""
    own = type(row) is source.model
    if own and inspect(row).pending:
        return
    key, names = ("id", ("school_id", *source.names)) if own else source.more.get(type(row), ("", ()))
    if any(inspect(row).attrs[name].history.has_changes() for name in names):
        yield getattr(row, key)


def _forget(session: Session, source: WordSource, ids: Collection[int]) -> None:
    entry = table_of(SearchEntry)
    if ids:
        session.execute(delete(entry).where(entry.c[source.record].in_(sorted(ids))))


def _written(source: WordSource, row: Any) -> tuple[int, list[Any]]:
    """Return the school and the texts of a record that this flush has made: nothing stands in other tables yet."""
    return row.school_id, [getattr(row, name) for name in source.names]


def _write(session: Session, source: WordSource, ids: Collection[int]) -> None:
    """Add the entries of records that have none, with what stands in other tables."""
    if not ids:
        return
    texts: dict[int, list[Any]] = {}
    schools: dict[int, int] = {}
    for number, school_id, *written in session.execute(_texts(source.model, ("id", "school_id", *source.names), ids)):
        schools[number], texts[number] = school_id, written
    for model, (key, names) in source.more.items():
        for number, *written in session.execute(_texts(model, (key, *names), ids)):
            texts[number] += written
    _enter(session, source, {number: (school_id, texts[number]) for number, school_id in schools.items()})


def _enter(session: Session, source: WordSource, texts: Mapping[int, tuple[int, list[Any]]]) -> None:
    rows = [
        {source.record: number, "words": words_of(map(str, written), school_id)}
        for number, (school_id, written) in texts.items()
    ]
    if rows:
        session.execute(insert(table_of(SearchEntry)), rows)


def _texts(model: Any, names: Iterable[str], ids: Collection[int]) -> Select[Any]:
    columns = [getattr(model, name) for name in names]
    return select(*columns).where(columns[0].in_(sorted(ids)))
