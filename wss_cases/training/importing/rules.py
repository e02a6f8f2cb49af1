"""Pure reading of a file of trainings: every row is checked, and each error names its row and column."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from wss_cases.foundation.forms import day_in
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold, fold_address
from wss_cases.training.records.pages import Training, minutes_in

COLUMNS: Final = ("staff", "topic", "date", "hours")
OPTIONAL: Final = ("provider", "certificate", "valid_until")
MOST_ROWS: Final = 5_000
MOST_WAITING: Final = 5
LONGEST: Final = {"provider": 200, "certificate": 120}


@dataclass(frozen=True)
class Wrong:
    """What is wrong in a cell; `row` 1 is the line of the column names."""

    row: int
    column: str
    words: str


@dataclass(frozen=True)
class Row:
    """One sound row: its number, the training, and the school at which it goes on record."""

    number: int
    school_id: int
    training: Training


@dataclass(frozen=True)
class Known:
    """What a file is checked against.

    `staff`: account and school by folded email and staff id; `left`: those keys of who worked here and does no more.
    `topics`: code by folded code and by folded name in either language. `recorded`: what is on record already.
    """

    staff: Mapping[str, tuple[int, int]]
    left: frozenset[str]
    topics: Mapping[str, str]
    recorded: frozenset[tuple[int, str, date]]
    today: date


def keys_of(rows: Sequence[Sequence[str]]) -> tuple[set[str], set[str]]:
    """Return the emails and the staff ids that a file names, as they are stored."""
    names = [cell.lower() for cell in rows[0]] if rows else []
    at = names.index("staff") if "staff" in names else len(names)
    typed = {cells[at] for cells in rows[1:] if len(cells) > at and cells[at]}
    return {fold_address(one) for one in typed if "@" in one}, {one for one in typed if "@" not in one}


def check(rows: Sequence[Sequence[str]], known: Known) -> tuple[list[Row], list[Wrong]]:
    """Return the rows that a file, sound as a whole, puts on record, and what is wrong in the others."""
    names = [cell.lower() for cell in rows[0]]
    sound: list[Row] = []
    wrong: list[Wrong] = []
    seen: set[tuple[int, str, date]] = set()
    for number, cells in enumerate(rows[1:], 2):
        if not any(cells):
            continue
        row = dict.fromkeys((*COLUMNS, *OPTIONAL), "") | dict(zip(names, cells, strict=False))
        read = _read(number, row, known) if len(cells) <= len(names) else _too_long(number, names)
        if isinstance(read, Wrong):
            wrong.append(read)
            continue
        key = (read.training.user_id, read.training.topic, read.training.completed_on)
        if key in known.recorded:
            wrong.append(Wrong(number, "staff", _("This training of this person is already on record.")))
        elif key in seen:
            wrong.append(Wrong(number, "staff", _("A row above is the same training of this person.")))
        else:
            seen.add(key)
            sound.append(read)
    if not sound and not wrong:
        wrong.append(Wrong(1, "staff", _("The file has no row.")))
    return sound, wrong


def digest_of(rows: Sequence[Row]) -> str:
    """Return what names these rows as they are shown: another row, person, school, or word is another digest."""
    said = [(one.number, one.school_id, *vars(one.training).values()) for one in rows]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def wrong_heads(rows: Sequence[Sequence[str]]) -> list[Wrong]:
    """Return what is wrong with a file as a whole: a column is missing or there twice, or it has too many rows."""
    names = [cell.lower() for cell in rows[0]] if rows else []
    found = [Wrong(1, name, _("This column is missing.")) for name in COLUMNS if name not in names]
    every = (*COLUMNS, *OPTIONAL)
    found += [Wrong(1, name, _("This column is there twice.")) for name in every if names.count(name) > 1]
    if len(rows) > MOST_ROWS + 1:
        found.append(Wrong(MOST_ROWS + 2, "staff", _("A file has at most %(most)d rows.", most=MOST_ROWS)))
    return found


def _too_long(number: int, names: Sequence[str]) -> Wrong:
    words = _("The row has more cells than the header. Put quotation marks around the text that has a comma.")
    return Wrong(number, names[-1], words)


def _read(number: int, row: Mapping[str, str], known: Known) -> Row | Wrong:
    key = staff_key(row["staff"])
    if key in known.left:
        return Wrong(number, "staff", _("This person has left and no longer works here: %(value)s", value=row["staff"]))
    if key not in known.staff:
        words = _("No one who works here has this email or staff id: %(value)s", value=row["staff"])
        return Wrong(number, "staff", words)
    topic = known.topics.get(fold(row["topic"]))
    if topic is None:
        return Wrong(number, "topic", _("No training on the list has this name: %(value)s", value=row["topic"]))
    days = _days(number, row, known.today)
    if isinstance(days, Wrong):
        return days
    try:
        minutes = minutes_in(row["hours"])
    except ValueError:
        words = _("Write the hours as a number above 0, at most 200: %(value)s", value=row["hours"])
        return Wrong(number, "hours", words)
    for name, most in LONGEST.items():
        if len(row[name]) > most or not row[name].isprintable():
            return Wrong(number, name, _("Use at most %(most)d characters, on one line.", most=most))
    user_id, school_id = known.staff[key]
    completed_on, valid_until = days
    training = Training(user_id, topic, completed_on, minutes, row["provider"], row["certificate"], valid_until)
    return Row(number, school_id, training)


def staff_key(typed: str) -> str:
    return fold_address(typed) if "@" in typed else typed


def _days(number: int, row: Mapping[str, str], today: date) -> tuple[date, date | None] | Wrong:
    try:
        completed_on = day_in(row["date"])
    except ValueError:
        return Wrong(number, "date", _("Write the day like 2026-11-24: %(value)s", value=row["date"]))
    if completed_on > today:
        return Wrong(number, "date", _("This day has not come yet: %(value)s", value=row["date"]))
    if not row["valid_until"]:
        return completed_on, None
    try:
        valid_until = day_in(row["valid_until"])
    except ValueError:
        return Wrong(number, "valid_until", _("Write the day like 2026-11-24: %(value)s", value=row["valid_until"]))
    if valid_until < completed_on:
        return Wrong(number, "valid_until", _("This day is before the training: %(value)s", value=row["valid_until"]))
    return completed_on, valid_until
