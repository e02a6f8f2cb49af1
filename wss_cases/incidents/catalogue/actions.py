"""Importing the behaviour catalogue: rows are added, or mended where set, code and first day are the same."""

import csv
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import BehaviorCode
from wss_cases.incidents.incident.states import Tile
from wss_cases.journal.unit_of_work import unit_of_work

COLUMNS = (
    "code_set", "code", "group", "label_en", "label_es", "subjective", "attendance", "tile", "starts_on", "ends_on",
    "edfi", "ceds", "crdc", "swis",
)  # fmt: skip
LIMITS = {"code": 60, "label_en": 300, "label_es": 300, "edfi": 120, "ceds": 120, "crdc": 120, "swis": 120}


@dataclass(frozen=True)
class RowProblem:
    """A row left out: its line in the file (the header is 1), its column, and why."""

    row: int
    column: str
    message: str


@dataclass
class CatalogueReport:
    """What an import did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def import_behaviors(actor: Actor, lines: Iterable[str], now: datetime) -> CatalogueReport:
    """Read a CSV of behaviours; the good rows land in one unit, the others are listed.

    Raises Refused when a column is missing or named twice, or the file is no CSV. A past code is never deleted.
    """
    require(actor, Permission.CODES_EDIT, BehaviorCode())
    try:
        rows = list(csv.reader(lines, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise Refused("", _("The file is not a CSV in UTF-8: %(error)s.", error=str(error))) from error
    header = rows[0] if rows else []
    missing = [name for name in COLUMNS if header.count(name) != 1]
    if missing:
        raise Refused(
            missing[0], _("Each of these columns must appear exactly once: %(names)s.", names=", ".join(missing))
        )
    report = CatalogueReport()
    with unit_of_work(actor, now) as uow:
        known = {(c.code_set, c.code, c.starts_on): c for c in uow.session.scalars(select(BehaviorCode))}
        for number, row in enumerate(rows[1:], start=2):
            try:
                values = _read(dict(zip(header, row, strict=False)) if len(row) == len(header) else {})
            except Refused as bad:
                report.problems.append(RowProblem(number, bad.field, bad.message))
                continue
            key = (values["code_set"], values["code"], values["starts_on"])
            if key not in known:
                known[key] = BehaviorCode(**values)
                uow.session.add(known[key])
                report.created += 1
            else:
                _mend(known[key], values, report)
        counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
        uow.audit("behaviors.imported", "behavior_code", None, counts)
    return report


def _mend(code: BehaviorCode, values: Mapping[str, Any], report: CatalogueReport) -> None:
    changed = {name: value for name, value in values.items() if getattr(code, name) != value}
    for name, value in changed.items():
        setattr(code, name, value)
    report.updated += bool(changed)
    report.unchanged += not changed


def _read(row: Mapping[str, str]) -> dict[str, Any]:
    if not row:
        raise Refused("", _("This row does not have as many cells as the header."))
    for name, limit in LIMITS.items():
        if len(row[name]) > limit or any(unicodedata.category(c) in ("Cc", "Cs") for c in row[name]):
            raise Refused(name, _("Use at most %(max)d plain characters.", max=limit))
    for name in ("code", "label_en", "label_es"):
        if not row[name].strip():
            raise Refused(name, _("This cell is empty."))
    code_set = _one_of(row, "code_set", ("groups", "prek2"))
    group = _one_of(row, "group", ("1", "2", "3", "4", "5", "6") if code_set == "groups" else ("",))
    starts, ends = _day(row, "starts_on"), _day(row, "ends_on") if row["ends_on"] else None
    if ends is not None and ends < starts:
        raise Refused("ends_on", _("It ends before it starts."))
    texts = {name: row[name] for name in LIMITS}
    return texts | {
        "code_set": code_set,
        "behavior_group": int(group) if group else None,
        "is_subjective": _one_of(row, "subjective", ("yes", "no")) == "yes",
        "is_attendance": _one_of(row, "attendance", ("yes", "no")) == "yes",
        "tile": _one_of(row, "tile", ("", *(tile.value for tile in Tile))),
        "starts_on": starts,
        "ends_on": ends,
    }


def _one_of(row: Mapping[str, str], column: str, allowed: tuple[str, ...]) -> str:
    if row[column] not in allowed:
        shown = ", ".join(value or _("empty") for value in allowed)
        raise Refused(column, _("Enter one of: %(values)s.", values=shown))
    return row[column]


def _day(row: Mapping[str, str], column: str) -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError as error:
        raise Refused(column, _("Enter the date as 2026-08-24.")) from error
