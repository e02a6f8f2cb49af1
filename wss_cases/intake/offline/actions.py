"""Filing entries from a device that was offline, each once, and keeping those that their writer must fix."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.keys import seal
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.pages import drop_draft, open_care
from wss_cases.incidents.incident.rules import Capture
from wss_cases.intake.offline.messages import PURPOSE, Entry, EntryState, OfflineEntry, Written, own_entry
from wss_cases.intake.report.actions import names_in_words, write_report
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work, use_case
from wss_cases.practice.log import write_entry


@dataclass(frozen=True)
class Arrived:
    """An opened entry, and when it was written."""

    entry: Entry
    written: Written


@use_case
def file_report(uow: UnitOfWork, arrived: Arrived, capture: Capture) -> int:
    """Submit a report written offline; returns its id. Raises NotFound and Refused as the page's own form does; then
    nothing is stored."""
    incident = write_report(uow, capture)
    _receive(uow, arrived, incident_id=incident.id)
    return incident.id


@use_case
def file_concern(uow: UnitOfWork, arrived: Arrived, capture: Capture) -> int:
    """Record a student concern written offline; returns its id. Typed names go into its text. Raises NotFound and
    Refused as the page's own form does."""
    record = open_care(uow, names_in_words(capture))
    _receive(uow, arrived, care_record_id=record.id)
    return record.id


@use_case
def file_practice(uow: UnitOfWork, arrived: Arrived, school_id: int, held: dict[str, Any]) -> int:
    """Log a practice written offline; returns its id. Raises what `write_entry` raises."""
    entry = write_entry(uow, school_id, held)
    _receive(uow, arrived, practice_entry_id=entry.id)
    return entry.id


def _receive(uow: UnitOfWork, arrived: Arrived, **filed: int) -> None:
    if arrived.entry.drops_draft:
        drop_draft(uow, "capture")
    row = OfflineEntry(**_facts(uow.actor, arrived, uow.now), state=EntryState.FILED, **filed)
    uow.add_audited(row, "offline_entry.filed")


def _facts(actor: Actor, arrived: Arrived, now: datetime) -> dict[str, Any]:
    return {
        "user_id": actor.user_id,
        "name": arrived.entry.name,
        "kind": arrived.entry.kind,
        "written_at": arrived.written.at,
        "arrived_at": now,
        "clock_ahead": round(arrived.written.ahead.total_seconds()),
        "clock_doubtful": arrived.written.doubtful,
    }


def keep_to_mend(actor: Actor, arrived: Arrived, problems: list[str], now: datetime) -> None:
    """Store an entry that cannot be filed yet, sealed for its writer; the same entry is stored only once."""
    entry = arrived.entry
    content = {"fields": entry.fields, "problems": problems, "school": entry.school_id}
    sealed = seal(setting("WSS_KEYS"), PURPOSE, json.dumps(content))
    columns = {"sealed_text": sealed.text, "sealed_key": sealed.key, "key_name": sealed.key_name}
    values = _facts(actor, arrived, now) | columns | {"state": EntryState.TO_MEND}
    with unit_of_work(actor, now) as uow:
        uow.no_audit()
        if insert_once(uow.session, OfflineEntry, values, ["user_id", "name"]):
            uow.audit("offline_entry.kept", "offline_entry", existing(own_entry(actor, entry.name)).id)


@use_case
def discard_entry(uow: UnitOfWork, entry_id: int) -> int:
    """Delete an own entry that waits to be fixed. Raises NotFound for another person's."""
    _close(uow, existing(uow.session.get(OfflineEntry, entry_id, with_for_update=True)), EntryState.DISCARDED)
    return entry_id


def finish_mended(actor: Actor, name: str, now: datetime) -> None:
    """Close an entry whose corrected form was submitted; its stored text is deleted."""
    row = own_entry(actor, name)
    if row is not None and row.state is EntryState.TO_MEND:
        with unit_of_work(actor, now) as uow:
            _close(uow, existing(own_entry(actor, name)), EntryState.FILED)


def _close(uow: UnitOfWork, row: OfflineEntry, state: EntryState) -> None:
    if row.user_id != uow.actor.user_id or row.state is not EntryState.TO_MEND:
        raise NotFound
    row.state, row.sealed_text, row.sealed_key, row.key_name = state, None, None, None
    uow.audit(f"offline_entry.{state.value}", "offline_entry", row.id)
