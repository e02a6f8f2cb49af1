"""Shredding of notes: on the set day, with proof, never while the circle is live or a hold is open."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Select, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.database import erase_deleted
from wss_cases.foundation.db import among, db
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.school_time import local_date, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.notes.messages import CircleNote, NoteShare, NoteShredding
from wss_cases.pathways.circles.notes.rules import digest_of, shred_day
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds import circle_held
from wss_cases.roster.directory.models import School

BATCH = 100
"""Notes, or circles, per commit."""
TABLE = "circle_note"
TABLES = (TABLE, "circle_note_share")


def shred(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Set the day of each ended circle, then shred the notes whose day has come, and erase them from the database's
    files.

    Counts: `moved` notes whose day was set, `shredded` notes, `held` notes that only a hold keeps, `erased` records of
    shredding whose bytes are gone from the files, `waiting` records whose bytes are not. When the tick's time budget
    ends first, the next call goes on. No note is shredded before every day is set, because a budget that ended while
    days were set allows no shredding either.
    """
    counts = {"moved": set_days(now, share), "shredded": 0, "held": 0, "erased": 0, "waiting": 0}
    while (ids := _due(now, limit=BATCH)) and share.goes_on():
        counts["shredded"] += _shred_batch(ids, now)
    counts["held"] = len(_due(now, on_hold=True))
    counts["erased"], counts["waiting"] = erase(now)
    return counts


def would_shred(now: datetime) -> dict[str, int]:
    """How many notes `shred` would shred now, and how many a hold keeps. Writes nothing."""
    return {"shredded": len(_due(now, moved=True)), "held": len(_due(now, on_hold=True, moved=True))}


def set_days(now: datetime, share: Share = WHOLE) -> int:
    """Set the shredding day for notes of ended circles. Returns how many notes changed.

    A new retention period of the district applies to every note that is not shredded yet.
    """
    wrong, moved = _wrong_days(), 0
    for start in range(0, len(wrong), BATCH):
        if not share.goes_on():
            break
        moved += _set_batch(dict(wrong[start : start + BATCH]), now)
    return moved


def _wrong_days() -> list[tuple[int, date]]:
    """(circle, right day) for ended circles whose notes have a wrong day."""
    return sorted({(pathway_id, day) for pathway_id, day, was in _days() if day != was})


def _set_batch(days: Mapping[int, date], now: datetime) -> int:
    """Set the shredding day for the notes of these circles. Returns how many notes changed."""
    moved = 0
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        notes = select(CircleNote).where(among(CircleNote.pathway_id, sorted(days)))
        for note in uow.session.scalars(notes.order_by(CircleNote.id).with_for_update()):
            if note.shred_on != days[note.pathway_id]:
                note.shred_on = days[note.pathway_id]
                uow.audit("circle.note_day", TABLE, note.id, changes_of(note))
                moved += 1
    return moved


def _days() -> list[tuple[int, date, date]]:
    """(circle, day it should be, day it is) for the notes of ended circles."""
    statement = (
        select(CircleNote.pathway_id, CircleNote.shred_on, Pathway.ended_at, School.time_zone)
        .join(Pathway, Pathway.id == CircleNote.pathway_id)
        .join(School, School.id == Pathway.school_id)
        .where(Pathway.ended_at.is_not(None))
        .distinct()
    )
    days = setting("NOTE_DAYS")
    return [
        (pathway_id, shred_day(local_date(ended_at, zone), days), was)
        for pathway_id, was, ended_at, zone in db.session.execute(statement)
        if ended_at is not None
    ]


def _due(now: datetime, *, on_hold: bool = False, moved: bool = False, limit: int | None = None) -> list[int]:
    """Notes of ended circles whose day has come. `moved`: by the day that they should have, not the stored one."""
    statement = _ended(on_hold).limit(limit)
    today = today_at(None, now)
    if moved:
        due = sorted({pathway_id for pathway_id, day, _was in _days() if day <= today})
        return list(db.session.scalars(statement.where(CircleNote.pathway_id.in_(due))))
    return list(db.session.scalars(statement.where(CircleNote.shred_on <= today)))


def _ended(on_hold: bool) -> Select[int]:
    return (
        select(CircleNote.id)
        .join(Pathway, Pathway.id == CircleNote.pathway_id)
        .where(Pathway.ended_at.is_not(None), circle_held() if on_hold else ~circle_held())
        .order_by(CircleNote.id)
    )


def _shred_batch(ids: Sequence[int], now: datetime) -> int:
    with unit_of_work(SYSTEM, now) as uow:
        # circles are locked first, so that a hold is opened either before or after the shredding, never during it
        circles = select(CircleNote.pathway_id).where(CircleNote.id.in_(ids))
        free = select(Pathway.id).where(Pathway.id.in_(circles)).order_by(Pathway.id).with_for_update()
        locked = uow.session.scalars(free).all()
        still_free = set(uow.session.scalars(select(Pathway.id).where(Pathway.id.in_(locked), ~circle_held())))
        count = 0
        notes = select(CircleNote).where(CircleNote.id.in_(ids)).order_by(CircleNote.id).with_for_update()
        for note in uow.session.scalars(notes.execution_options(populate_existing=True)).all():
            if note.pathway_id in still_free:
                _shred_note(uow, note)
                count += 1
        uow.no_audit()
        return count


def _shred_note(uow: UnitOfWork, note: CircleNote) -> None:
    shares = uow.session.scalars(select(NoteShare).where(NoteShare.note_id == note.id)).all()
    keys = [share.sealed_key for share in shares] + ([note.sealed_key] if note.sealed_key is not None else [])
    digest = digest_of(note.sealed_text, keys)
    for share in shares:
        uow.session.delete(share)
    uow.session.flush()
    uow.session.add(
        NoteShredding(
            note_id=note.id, pathway_id=note.pathway_id, shred_on=note.shred_on, shredded_at=uow.now, digest=digest
        )
    )
    uow.audit("circle.note_shredded", TABLE, note.id, {"digest": [None, digest]})
    uow.session.delete(note)


def erase(now: datetime) -> tuple[int, int]:
    """Erase shredded notes from the database's files. Returns how many records are proven erased, and how many wait.

    While another session reads nothing is proven; the next call tries again.
    """
    open_rows = select(NoteShredding.id).where(NoteShredding.erased_at.is_(None))
    ids = list(db.session.scalars(open_rows))
    if not ids:
        return 0, 0
    if not erase_deleted(TABLES):
        return 0, len(ids)
    with unit_of_work(SYSTEM, now) as uow:
        rows = uow.session.scalars(open_rows.where(NoteShredding.id.in_(ids)).with_only_columns(NoteShredding))
        for row in rows:
            row.erased_at = now
        uow.audit("circle.notes_erased", TABLE, None, {"count": [None, len(ids)]})
    return len(ids), 0
