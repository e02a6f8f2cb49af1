"""The word index: the only function that asks the database which records contain words. The caller limits what may
be found."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Select,
    Text,
    UniqueConstraint,
    cast,
    delete,
    event,
    func,
    insert,
    inspect,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR, array
from sqlalchemy.orm import Mapped, Session, mapped_column

from wss_cases.foundation.connecting import RoomSession
from wss_cases.foundation.db import Base, Id, db, exactly_one, table_of
from wss_cases.foundation.ids import fold
from wss_cases.journal.extension_points import word_sources
from wss_cases.journal.rooms import WordSource


class SearchEntry(Base):
    """The folded words of one report's or one case's texts, each behind its school's number: see `words_of`.

    A migration lays the index over `words`: FTS5 (`search_words`) on SQLite, a GIN index over them as a `tsvector` on
    PostgreSQL. See docs/decisions/0029-search.md.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        UniqueConstraint("incident_id"),
        UniqueConstraint("case_id"),
        exactly_one("incident_id", "case_id", name="one_record"),
    )
    PRIVATE = frozenset({"words"})

    id: Mapped[Id]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_record.id"))
    words: Mapped[str] = mapped_column(Text)


LONGEST_WORD, LONGEST_TEXT, MOST_WORDS = 40, 50_000, 4_000
"""Letters of a word and of a text, and different words of a record, that are held: what is longer is cut."""


def words_of(texts: Iterable[str], school_id: int) -> str:
    """The words by which a record is found: folded, each once, each behind the number of its school.

    So the words of one school are adjacent in the index, and a search reads those of no other.
    """
    words = dict.fromkeys(word for text in texts for word in _words(text[:LONGEST_TEXT]))
    return " ".join(behind_school(word, school_id) for word in islice(words, MOST_WORDS))


def behind_school(word: str, school_id: int) -> str:
    """A folded word as it stands in the index: only letters and digits, so no query operator."""
    return f"{school_id}z{word[:LONGEST_WORD]}"


def asked_by(words: Sequence[str], school_ids: Iterable[int]) -> list[list[str]]:
    """For each school the word beginnings that must all be present."""
    return [[behind_school(word, school_id) for word in words] for school_id in sorted(school_ids)]


def _words(text: str) -> Iterator[str]:
    """Yield the folded words of a text, and groups joined by a sign without a space."""
    yield from fold(text).split()
    apart = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    if apart.split() != text.split():
        yield from fold(apart).split()


LONGEST_NUMBER = 9
MANY = 1000
"""So many entries that hold the words are not looked up and sorted on SQLite."""


def ids_holding(
    record: str, words: Sequence[str], school_ids: Collection[int], visible: Select[Any], number: Any, limit: int,
    skip: int = 0,
) -> list[int]:  # fmt: skip
    """Ids of records of these schools in which each of these folded words begins some word: first those whose `number`
    was typed, then the newest first.

    `record` is the entry's column: `incident_id` or `case_id`. `visible` is a select of the ids that the person may
    open. It is evaluated record by record until there are enough, because it is slow for old records, and not at all
    when no text contains the words.
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
    """The newest matches that are also `among` these.

    Each empty OFFSET keeps the planner from another order: checking all visible records for a match, or all entries for
    such a record. SQLite takes the matches in their order; when sorting it would check all of them against `among`
    first.
    """
    candidate = held.order_by(held.selected_columns.id.desc()).offset(0).subquery("candidate")
    one = among.where(among.selected_columns[0] == candidate.c.id).correlate(candidate).offset(0)
    found = select(candidate.c.id).where(candidate.c.id.is_not(None), one.exists())
    if _on_postgresql():
        found = found.order_by(candidate.c.id.desc())
    return list(db.session.scalars(found.limit(limit).offset(skip)))


def _held(record: str, asked: list[list[str]]) -> Select[Any] | None:
    """The select of the records, as `id`, that contain all of some school's word beginnings; None when no text does."""
    if not _on_postgresql():
        return _held_in_fts5(record, asked)
    held = _held_by_school(record, asked)
    candidate = held.offset(0).subquery("candidate")
    any_of_them = select(candidate.c.id).where(candidate.c.id.is_not(None)).limit(1)
    return held if db.session.scalar(any_of_them) is not None else None


def _held_in_fts5(record: str, asked: list[list[str]]) -> Select[Any] | None:
    """The same from SQLite's index, which returns all matches in no order.

    A few are looked up and sorted. With many, the records are read from the newest on and looked up among the matches:
    the sum keeps SQLite from looking up all of them by number.
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
    """The same with one index lookup for each school.

    The index has no statistics. For twenty schools at once, or for one entry of many, the planner would read the words
    of every record; a value bound later makes it use the index.
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


@event.listens_for(RoomSession, "after_flush")
def index_what_was_written(session: Session, _flush: Any) -> None:
    """Index again the records whose texts this flush wrote."""
    for source in word_sources():
        made: list[Any] = [row for row in session.new if type(row) is source.model]
        changed = {number for row in (*session.new, *session.dirty) for number in _record_of(source, row)}
        _enter(session, source, {row.id: _written(source, row) for row in made if row.id not in changed})
        if changed:
            _forget(session, source, changed)
            _write(session, source, changed)


def index_again(session: Session, rows: Mapping[str, Collection[int]]) -> None:
    """Step: the same for records whose texts were written past the session: ids by table name."""
    for source in word_sources():
        ids = rows.get(source.model.__tablename__, ())
        _forget(session, source, ids)
        _write(session, source, ids)


def _record_of(source: WordSource, row: Any) -> Iterator[int]:
    """Yield the record whose texts a flushed row contains; nothing for a row of a record made in the same flush."""
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
    """The school and texts of a record made in this flush: other tables hold nothing yet."""
    return row.school_id, [getattr(row, name) for name in source.names]


def _write(session: Session, source: WordSource, ids: Collection[int]) -> None:
    """Add entries for records without one, including texts of other tables."""
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
