"""Cached counts: slow figures of the whole district as the scheduler last stored them, otherwise counted now.

A count's key is its name, its version and the values that its figures depend on, so a reader of other schools or
another period never gets it. Whoever changes what a count returns raises its version in the same change: figures stored
under the old version are no longer read, and the scheduler's next rounds count them again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from hashlib import sha256
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from flask import Blueprint, g, request
from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.foundation import clock
from wss_cases.foundation.connecting import reports_reading
from wss_cases.foundation.db import Base, db, read_one_view
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.typed_json import as_json, reader_of


class CachedCount(Base):
    """The figures of one slow count as JSON, under its key (see `cached_counts`)."""

    __tablename__ = "kept_count"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    rows: Mapped[str] = mapped_column(Text)
    counted_at: Mapped[datetime]
    good_until: Mapped[datetime] = mapped_column(index=True)


class CountingRound(Base):
    """When the scheduler last ran a round of cached counts. `claimed_until` is set while a scheduler runs it."""

    __tablename__ = "counting_round"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    counted_at: Mapped[datetime]
    claimed_until: Mapped[datetime]
    took_ms: Mapped[int]


GOOD, OLDEST, AHEAD = "good_cached_counts", "oldest_cached_count", "cached_counts_read_ahead"
"""Keys in `session.info` for what a session knows about cached counts."""
VERSIONS: dict[str, int] = {}
"""The version of every cached count, by name."""
_DEPENDS_ON: dict[Callable[..., Any], tuple[str, Callable[..., Any]]] = {}
"""The name of each cached function, and the function that gives the values its figures depend on."""
Values = Sequence[Any] | None
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Recorded:
    """The figures of one cached count as JSON, and how many milliseconds it took."""

    figures: str
    took_ms: int


_RECORDED: ContextVar[dict[str, Recorded] | None] = ContextVar("recorded_counts", default=None)


def cached_count(
    name: str, version: int, depends_on: Callable[..., Values]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache the result of a function, whose return annotation must describe it down to plain values and dates.

    `depends_on` takes the function's arguments and returns the values that its figures depend on, or None where the
    figures are for this reader only; those are always counted. Raises ValueError for a name that is taken.
    """
    _name(name, version)

    def cached(count: Callable[P, R]) -> Callable[P, R]:
        read = reader_of(get_type_hints(count)["return"])

        @wraps(count)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            values = depends_on(*args, **kwargs)
            if values is None:
                return count(*args, **kwargs)
            key = key_of(name, values)
            figures: R = _figures(key, lambda rows: read(json.loads(rows)), lambda: {key: count(*args, **kwargs)})
            return figures

        _DEPENDS_ON[counted] = (name, depends_on)
        return counted

    return cached


def cached_in_pieces(
    name: str, version: int, depends_on: Callable[..., Sequence[Any]], pieces: Callable[[R], Mapping[str, R]]
) -> Callable[[Callable[P, R]], Callable[Concatenate[str, Callable[[R], Any], P], Any]]:
    """Cache the result of a function in pieces, of which a page reads one. The decorated function takes the piece's
    name first, then a function that turns the piece into what the page shows; its result stays in this process while
    the same figures are stored.

    `pieces` takes the figures and returns them by piece name; the names never depend on the figures.
    """
    _name(name, version)

    def cached(count: Callable[P, R]) -> Callable[Concatenate[str, Callable[[R], Any], P], Any]:
        @wraps(count)
        def counted(piece: str, make: Callable[[R], Any], /, *args: P.args, **kwargs: P.kwargs) -> Any:
            values = depends_on(*args, **kwargs)

            def every() -> dict[str, R]:
                return {key_of(name, (*values, part)): made for part, made in pieces(count(*args, **kwargs)).items()}

            return _figures(key_of(name, (*values, piece)), lambda stored: _made(make, stored), every, make)

        return counted

    return cached


@lru_cache(maxsize=64)
def _made(make: Callable[[Any], Any], stored: str) -> Any:
    return make(json.loads(stored))


def counted_elsewhere(name: str, version: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Name and version a function whose figures are stored in a table of their own, under `key_of` that name."""
    _name(name, version)
    return lambda count: count


def _name(name: str, version: int) -> None:
    if name in VERSIONS:
        raise ValueError(name)
    VERSIONS[name] = version


def _figures(
    key: str,
    read: Callable[[str], Any],
    count: Callable[[], dict[str, R]],
    make: Callable[[R], Any] = lambda value: value,
) -> Any:
    """The stored figures of a key, otherwise newly counted ones, which are recorded inside `recording`."""
    recorded = _RECORDED.get()
    stored = _stored(key) if recorded is None else None
    if stored is not None:
        return read(stored)
    began = perf_counter()
    figures_by_key = count()
    if recorded is not None:
        took = round((perf_counter() - began) * 1000)
        recorded |= {digest: Recorded(as_json(figures), took) for digest, figures in figures_by_key.items()}
    return make(figures_by_key[key])


@contextmanager
def recording() -> Iterator[dict[str, Recorded]]:
    """Inside the block every cached count is counted again and recorded by its key."""
    recorded: dict[str, Recorded] = {}
    token = _RECORDED.set(recorded)
    try:
        yield recorded
    finally:
        _RECORDED.reset(token)


def key_of(name: str, values: Sequence[Any]) -> str:
    """The key of a count in its current version: the same in every process and on every database."""
    return sha256(f"{name} {VERSIONS[name]} {as_json(values)}".encode()).hexdigest()


def all_versions() -> str:
    """A digest that changes whenever any version is raised."""
    return sha256(as_json(sorted(VERSIONS.items())).encode()).hexdigest()[:8]


def oldest_shown() -> datetime | None:
    """When the oldest stored count on this page was made; None when everything was counted now."""
    oldest: datetime | None = db.session.info.get(OLDEST)
    return oldest


def read_ahead(keys: Iterable[str | None]) -> None:
    """Read the figures stored under these keys in one statement, so that reading each of them later costs no query."""
    ahead = db.session.info.setdefault(AHEAD, {})
    wanted = [key for key in keys if key is not None and key not in ahead]
    if not wanted or _RECORDED.get() is not None:
        return
    good = select(CachedCount.digest, CachedCount.rows, CachedCount.counted_at).where(
        CachedCount.digest.in_(wanted), CachedCount.good_until > clock.now()
    )
    stored_counts = {row[0]: (row[1], row[2]) for row in db.session.execute(good)}
    ahead.update({key: stored_counts.get(key) for key in wanted})


def stored_key(count: Callable[..., Any], *args: Any, **kwargs: Any) -> str | None:
    """The key of a cached count for these arguments; None where its figures are never stored."""
    name, depends_on = _DEPENDS_ON[count]
    values = depends_on(*args, **kwargs)
    return None if values is None else key_of(name, values)


def _good() -> dict[str, datetime]:
    """When each valid count was made, read once per page, because each page has its own session."""
    if GOOD not in db.session.info:
        good = select(CachedCount.digest, CachedCount.counted_at).where(CachedCount.good_until > clock.now())
        db.session.info[GOOD] = {row[0]: row[1] for row in db.session.execute(good)}
    made_at: dict[str, datetime] = db.session.info[GOOD]
    return made_at


def _stored(key: str) -> str | None:
    """The valid figures stored under a key, None when there are none. Records their age for the page."""
    ahead: dict[str, tuple[str, datetime] | None] = db.session.info.get(AHEAD, {})
    if key in ahead:
        stored_count = ahead[key]
    elif (counted_at := _good().get(key)) is None:
        stored_count = None
    else:
        rows = db.session.scalar(select(CachedCount.rows).where(CachedCount.digest == key))
        stored_count = None if rows is None else (rows, counted_at)
    if stored_count is None:
        return None
    db.session.info[OLDEST] = min(stored_count[1], db.session.info.get(OLDEST, stored_count[1]))
    return stored_count[0]


def figures_pages(blueprint: Blueprint, from_the_main: Set[str] = frozenset()) -> Blueprint:
    """Let a blueprint's pages read from the reports' database, where there is one; returns the blueprint.

    All figures of such a page are from one instant. The endpoints in `from_the_main`, and submitted forms, use the main
    database.
    """

    @blueprint.before_request
    def read_from_the_copy() -> None:
        if request.method == "GET" and request.endpoint not in from_the_main:
            reading = reports_reading()
            reading.__enter__()
            g.reading_reports = reading
            read_one_view()

    @blueprint.teardown_request
    def read_no_more(_error: BaseException | None) -> None:
        """Give the thread's next request the main database."""
        if "reading_reports" in g:
            g.pop("reading_reports").__exit__(None, None, None)

    blueprint.context_processor(words_of_cached_counts)
    return blueprint


def words_of_cached_counts() -> dict[str, str]:
    """When the oldest cached count of the page was made; '' where everything was counted now."""
    since = oldest_shown()
    return {"counted_since": moment_words(since, district_zone()) if since else ""}
