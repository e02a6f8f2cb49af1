"""Offline entries that wait to be filed: whether they name a student whose family asks for records. Nobody is shown
their text."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import unseal
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.settings import setting
from wss_cases.intake.offline.messages import GONE, PURPOSE, WAITS, EntryState, OfflineEntry, told_before
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.spellings import Kind


def mentions(answers: Mapping[str, Any], student_id: int, names: Finder) -> bool:
    """Whether a form's answers name a student, by roster number or full name."""
    for key, values in answers.items():
        words = [str(value) for value in (values if isinstance(values, list) else [values])]
        if key == "people" and {str(student_id), f"student:{student_id}"} & set(words):
            return True
        if any(one.kind in (Kind.FULL, Kind.NUMBER) for word in words for one in names.sure(word)):
            return True
    return False


def naming(uow: UnitOfWork, student_id: int, names: Finder) -> list[OfflineEntry]:
    """The waiting entries that certainly name a student, locked. Entries without a key, or with only a hint, are
    missed."""
    waiting = select(OfflineEntry).where(OfflineEntry.state == EntryState.TO_MEND).order_by(OfflineEntry.id)
    return [row for row in uow.session.scalars(waiting.with_for_update()) if mentions(_said(row), student_id, names)]


def _said(row: OfflineEntry) -> Mapping[str, Any]:
    assert row.sealed_text is not None and row.sealed_key is not None
    try:
        content = json.loads(unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key))
    except ValueError:
        return {}
    answers: dict[str, list[str]] = {}
    for name, value in content["fields"]:
        answers.setdefault(name, []).append(value)
    return answers


AT_ONCE: Final = 200
"""Entries handled per call."""


def erase_unfiled(now: datetime, days: int, share: Share = WHOLE) -> int:
    """Warn writers of entries that will soon be deleted, and empty those that waited `days` days; returns how many.
    None is emptied before its writer was warned."""
    before = told_before(days)
    soon = OfflineEntry.warned_at.is_(None) & (OfflineEntry.arrived_at <= now - timedelta(days=days) + before)
    for row_id in _ids(soon):
        if not share.goes_on():
            break
        with unit_of_work(SYSTEM, now) as uow:
            if row := _locked(uow, row_id):
                row.warned_at = now
                uow.audit("offline_entry.warned", "offline_entry", row.id)
                uow.notify(row.user_id, WAITS, row, f"{WAITS}:{row.id}")
    over = (OfflineEntry.warned_at <= now - before) & (OfflineEntry.arrived_at <= now - timedelta(days=days))
    gone, share = 0, share.anew()
    for row_id in _ids(over):
        if not share.goes_on():
            break
        with unit_of_work(SYSTEM, now) as uow:
            if row := _locked(uow, row_id):
                erase(uow, row)
                gone += 1
    return gone


def _ids(which: ColumnElement[bool]) -> list[int]:
    db.session.remove()
    waiting = select(OfflineEntry.id).where(OfflineEntry.state == EntryState.TO_MEND, which)
    return list(db.session.scalars(waiting.order_by(OfflineEntry.id).limit(AT_ONCE)))


def _locked(uow: UnitOfWork, row_id: int) -> OfflineEntry | None:
    """A waiting entry, locked; None if its writer filed or deleted it meanwhile."""
    row = uow.session.get(OfflineEntry, row_id, with_for_update=True)
    if row is not None and row.state is EntryState.TO_MEND:
        return row
    uow.no_audit()
    return None


def erase(uow: UnitOfWork, row: OfflineEntry) -> None:
    """Empty a waiting entry and tell its writer; the row stays without its text."""
    row.state, row.sealed_text, row.sealed_key, row.key_name = EntryState.ERASED, None, None, None
    uow.audit("offline_entry.erased", "offline_entry", row.id)
    uow.notify(row.user_id, GONE, row, f"{GONE}:{row.id}")


def remind_writers(uow: UnitOfWork, student_id: int, names: Finder, key: str) -> int:
    """Ask the writers of entries that name a student to file them, once per `key`, in emails that name nobody.
    Returns the number of entries."""
    rows = naming(uow, student_id, names)
    for row in rows:
        uow.notify(row.user_id, WAITS, row, f"{WAITS}:{row.id}:{key}")
    return len(rows)
