"""Entries written offline: what they hold, when they were written even under a wrong clock, filing, erasing, emails."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.foundation.db import Base, Id, db, named_enum, where
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.pages import drop_draft, open_care
from wss_cases.incidents.incident.rules import Capture
from wss_cases.intake.report.actions import names_in_words, write_report
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work, use_case
from wss_cases.practice.log import write_entry
from wss_cases.roster.names.finder import Finder
from wss_cases.roster.names.spellings import Kind

WAITS: Final = "offline_entry.waits"
GONE: Final = "offline_entry.gone"
"""Emails that an unfinished entry will soon be deleted, or was deleted."""


class EntryKind(Labelled):
    REPORT = "report", _l("Report")
    PRACTICE = "practice", _l("Circle for the practice log")


class EntryState(Labelled):
    FILED = "filed", _l("Filed")
    TO_MEND = "to_mend", _l("Needs an answer")
    DISCARDED = "discarded", _l("Deleted by its writer")
    ERASED = "erased", _l("Deleted because it was never filed")


class OfflineEntry(Base):
    """One report or practice entry written offline.

    `written_at` is the best estimate; `clock_ahead` the seconds that the device's clock was ahead (negative: behind);
    `clock_doubtful`: the clock was set while the entry waited. `sealed_text` holds the entry for its writer alone while
    it must be fixed; `warned_at` is when they were told that it will be deleted.
    """

    __tablename__ = "offline_entry"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        Index("ix_offline_entry_to_mend", "user_id", **where("state = 'to_mend'")),
        CheckConstraint("(state = 'to_mend') = (sealed_text is not null)", name="kept_while_to_mend"),
    )
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[EntryKind] = mapped_column(named_enum(EntryKind, "kind"))
    state: Mapped[EntryState] = mapped_column(named_enum(EntryState, "state"))
    written_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    clock_ahead: Mapped[int]
    clock_doubtful: Mapped[bool]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    care_record_id: Mapped[int | None] = mapped_column(ForeignKey("care_record.id"), index=True)
    practice_entry_id: Mapped[int | None] = mapped_column(ForeignKey("practice_entry.id"))
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str | None] = mapped_column(String(16), index=True)
    warned_at: Mapped[datetime | None]


PURPOSE: Final = "offline entry"
"""Purpose of the keys that seal entries to be fixed."""
TOLERANCE: Final = timedelta(minutes=5)
"""A clock within this difference counts as right."""
TOLD_BEFORE: Final = timedelta(days=3)
YEARS: Final = range(2000, 2101)
MOST_FIELDS: Final = 400
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class DeviceClock:
    """Times by the device's clock: of writing, of sending, and of its last contact with the server, also by the
    server's clock."""

    written: datetime
    sent: datetime
    heard_by_device: datetime | None = None
    heard_by_server: datetime | None = None


@dataclass(frozen=True)
class Written:
    """When an entry was written, never after it arrived. `ahead`: the device's clock error, 0 if right. `doubtful`:
    the clock was set while the entry waited, so the writer is asked for the time."""

    at: datetime
    ahead: timedelta
    doubtful: bool


@dataclass(frozen=True)
class Entry:
    """The content of one sealed box. `fields` are a form's; `drops_draft`: it came from an online page, whose draft
    it replaces."""

    name: str
    kind: EntryKind
    fields: Fields
    school_id: int | None
    clock: DeviceClock
    drops_draft: bool


def entry_in(name: str, text: str, sent: Any) -> Entry:
    """The entry in an opened box, sent at an instant of the device's clock. Raises ValueError for anything else."""
    data = json.loads(text)
    if not isinstance(data, Mapping) or not isinstance(data.get("fields"), list) or len(data["fields"]) > MOST_FIELDS:
        raise ValueError("no entry")
    school_id = data.get("school")
    if school_id is not None and (not isinstance(school_id, int) or not 0 < school_id < 2**63):
        raise ValueError("no school")
    heard = data.get("contact")
    by_device, by_server = (
        _instant(heard[name]) if isinstance(heard, Mapping) else None for name in ("device", "server")
    )
    clock = DeviceClock(_instant(data.get("written")), _instant(sent), by_device, by_server)
    fields = [_field(pair) for pair in data["fields"]]
    return Entry(name, EntryKind(str(data.get("kind"))), fields, school_id, clock, data.get("draft") is True)


def written_at(clock: DeviceClock, now: datetime) -> Written:
    """When an entry was written, by the server's clock. A clock with the same error at sending as at the last
    contact is corrected. If it was set in between there are two candidates; the one between the last contact and now
    counts."""
    ahead_at_sending = clock.sent - now
    ahead_before = ahead_at_sending
    if clock.heard_by_device is not None and clock.heard_by_server is not None:
        ahead_before = clock.heard_by_device - clock.heard_by_server
    doubtful = abs(ahead_at_sending - ahead_before) > TOLERANCE
    earliest = clock.heard_by_server or clock.written - ahead_before
    answers = [clock.written - ahead for ahead in (ahead_before, ahead_at_sending)]
    fitting = [at for at in answers if earliest - TOLERANCE <= at <= now + TOLERANCE]
    at = min(fitting[0] if fitting else max(answers[0], earliest), now)
    ahead = max((ahead_before, ahead_at_sending), key=abs)
    return Written(at, ahead if abs(ahead) > TOLERANCE else timedelta(0), doubtful)


def told_before(days: int) -> timedelta:
    """How long before its deletion (after `days` days) an entry's writer is warned: three days, or half the time."""
    return min(TOLD_BEFORE, timedelta(days=days) / 2)


def _instant(text: Any) -> datetime:
    if not isinstance(text, str):
        raise ValueError("no instant")
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or at.year not in YEARS:
        raise ValueError("no instant")
    return at


def _field(pair: Any) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        raise ValueError("no field")
    return pair[0], pair[1]


@dataclass(frozen=True)
class ToMend:
    """One entry that cannot be filed yet, opened for its writer."""

    row: OfflineEntry
    fields: Fields
    problems: list[str]
    school_id: int | None


def own_entry(actor: Actor, name: str) -> OfflineEntry | None:
    mine = select(OfflineEntry).where(OfflineEntry.user_id == actor.user_id, OfflineEntry.name == name)
    entry: OfflineEntry | None = db.session.scalars(mine).one_or_none()
    return entry


def waits_to_be_mended(actor: Actor, name: str) -> bool:
    return db.session.scalar(_to_mend(actor, OfflineEntry.id).where(OfflineEntry.name == name)) is not None


def count_to_mend(actor: Actor) -> int:
    return db.session.scalar(_to_mend(actor, func.count())) or 0


def to_mend(actor: Actor) -> list[ToMend]:
    """The actor's entries to fix, oldest first."""
    return [_opened(row) for row in db.session.scalars(_to_mend(actor, OfflineEntry).order_by(OfflineEntry.id))]


def one_to_mend(actor: Actor, entry_id: int | None) -> ToMend:
    """One of the actor's entries to fix. Raises NotFound for another person's, or a finished one."""
    return _opened(
        existing(db.session.scalars(_to_mend(actor, OfflineEntry).where(OfflineEntry.id == entry_id)).first())
    )


def of_incident(incident_id: int) -> OfflineEntry | None:
    """The offline entry of a report, None if it was written online; the caller has checked the report."""
    entry: OfflineEntry | None = db.session.scalars(
        select(OfflineEntry).where(OfflineEntry.incident_id == incident_id)
    ).first()
    return entry


def _to_mend(actor: Actor, what: Any) -> Any:
    mine = (OfflineEntry.user_id == actor.user_id) & (OfflineEntry.state == EntryState.TO_MEND)
    return select(what).where(mine)


def _opened(row: OfflineEntry) -> ToMend:
    assert row.sealed_text is not None and row.sealed_key is not None
    content = json.loads(unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key))
    return ToMend(row, [(name, value) for name, value in content["fields"]], content["problems"], content["school"])


def _is_in(state: EntryState, message: OutboxMessage, actor: Actor) -> bool:
    row = db.session.get(OfflineEntry, message.object_id)
    return row is not None and row.state is state and row.user_id == actor.user_id


def _still_waits(message: OutboxMessage, actor: Actor) -> bool:
    return _is_in(EntryState.TO_MEND, message, actor)


def _went(message: OutboxMessage, actor: Actor) -> bool:
    return _is_in(EntryState.ERASED, message, actor)


MESSAGES = (
    MessageKind(
        WAITS,
        leads_to(
            "/offline/waiting",
            _l("Something you wrote offline is not filed yet"),
            _l("It needs an answer from you. No one else can read it, and it will be deleted soon if it is not filed."),
            go=_l("Answer and file it"),
        ),
        _still_waits,
    ),
    MessageKind(
        GONE,
        leads_to(
            "/offline/waiting",
            _l("Something you wrote offline was deleted"),
            _l("It was never filed, so no one has seen it. If it still matters, write it again."),
            go=_l("See what is left to file"),
        ),
        _went,
    ),
)


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
