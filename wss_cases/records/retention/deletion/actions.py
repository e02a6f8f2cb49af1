"""Deletions: proposed by one person, confirmed by another, carried out by the scheduler record by record."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.attachments.sealing import keeps_record
from wss_cases.cases.case.models import Case
from wss_cases.foundation.database.erasing import erase_deleted
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.shares import Share
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.legal_holds.queries import cases_of_student, is_student_held
from wss_cases.records.retention.core.models import DeletionItem, RecordDeletion
from wss_cases.records.retention.core.queries import due_now, still_open
from wss_cases.records.retention.core.rules import certificate
from wss_cases.records.retention.core.states import DELETION_TRANSITIONS, DeletionState, ItemState, Part
from wss_cases.records.retention.deletion.erasure import erase_student
from wss_cases.records.retention.deletion.queries import proposers
from wss_cases.records.retention.reach.queries import ABOUT_STUDENTS
from wss_cases.roster.directory.models import Student

AUDITED = "record_deletion"


def add_to_deletion(uow: UnitOfWork, school_id: int, student_id: int, part: Part) -> RecordDeletion:
    """Put a student's record on the school's open proposal, or begin one. Raises Refused when it is on one."""
    waits = select(DeletionItem.id).where(
        DeletionItem.student_id == student_id, DeletionItem.state == ItemState.WAITING
    )
    if uow.session.scalar(waits.limit(1)) is not None:
        raise Refused("decision", _("It is already proposed for deletion."))
    proposal = uow.session.scalars(
        select(RecordDeletion)
        .where(RecordDeletion.school_id == school_id, RecordDeletion.state == DeletionState.PROPOSED)
        .with_for_update()
    ).one_or_none()
    if proposal is None:
        proposal = RecordDeletion(
            school_id=school_id, state=DeletionState.PROPOSED, proposed_by_id=uow.actor.user_id,
            proposed_at=uow.now, counts={},
        )  # fmt: skip
        changes = changes_of(proposal)
        uow.session.add(proposal)
        uow.session.flush()
        uow.audit("deletion.proposed", AUDITED, proposal.id, changes)
    uow.add(DeletionItem(deletion_id=proposal.id, student_id=student_id, part=part, added_by_id=uow.actor.user_id))
    uow.audit("deletion.added", AUDITED, proposal.id, {"student_id": [None, student_id], "part": [None, part.value]})
    return proposal


def _locked(uow: UnitOfWork, deletion_id: int, permission: Permission, version: int | None) -> RecordDeletion:
    row = uow.load(RecordDeletion, deletion_id, permission, version)
    if row.state is not DeletionState.PROPOSED:
        raise Refused("", _("This was already confirmed or withdrawn."))
    return row


def _to(row: RecordDeletion, state: DeletionState) -> None:
    assert state in DELETION_TRANSITIONS[row.state]
    row.state = state


@use_case
def withdraw(uow: UnitOfWork, deletion_id: int) -> int:
    """Take a proposal back: nothing of it is deleted. Raises NotFound, or Refused when it is not open."""
    row = _locked(uow, deletion_id, Permission.RECORD_REVIEW, uow.version)
    _to(row, DeletionState.WITHDRAWN)
    row.ended_at, row.ended_by_id = uow.now, uow.actor.user_id
    for item in uow.session.scalars(select(DeletionItem).where(DeletionItem.deletion_id == row.id)):
        item.state, item.why_kept, item.done_at = ItemState.KEPT, "withdrawn", uow.now
    uow.audit("deletion.withdrawn", AUDITED, row.id, changes_of(row))
    return row.id


@use_case
def confirm(uow: UnitOfWork, deletion_id: int, *, typed: int | None) -> int:
    """Confirm a proposal; from now on the scheduler deletes. Raises NotFound for who may not.

    Raises Refused for whoever proposed any of it, and when the count that was typed is not the count there is.
    """
    row = _locked(uow, deletion_id, Permission.RECORD_DELETE_CONFIRM, uow.version)
    items = uow.session.scalars(select(DeletionItem).where(DeletionItem.deletion_id == row.id)).all()
    if uow.actor.user_id in proposers(row):
        raise Refused("", _("Someone else must confirm what you proposed."))
    refuse_one_person("", uow.actor.user_id, proposers(row), uow.now)
    if typed != len(items):
        raise Refused("typed", _("Enter how many records are deleted: the number shown above."))
    _to(row, DeletionState.CONFIRMED)
    row.confirmed_by_id, row.confirmed_at = uow.actor.user_id, uow.now
    uow.audit("deletion.confirmed", AUDITED, row.id, changes_of(row) | {"records": [None, len(items)]})
    return row.id


def carry_out(now: datetime, seconds: float = 20.0) -> dict[str, int]:
    """Delete what was confirmed, one record a transaction, for so long; the next call goes on where this one ended.

    One record goes however short the time is. Returns how many records were `deleted`, how many something `kept`, how
    many deletions are `done`, and of how many the database's own files are still `to_erase`.
    """
    counts: Counter[str] = Counter(deleted=0, kept=0, done=0)
    share = Share(seconds)
    while share.goes_on() and (item_id := _next_item()) is not None:
        counts[_one(item_id, now)] += 1
    for deletion_id in _over():
        _finish(deletion_id, now)
        counts["done"] += 1
    return {**counts, "to_erase": _erase(now)}


def _next_item() -> int | None:
    db.session.remove()
    return db.session.scalar(
        select(DeletionItem.id)
        .join(RecordDeletion, RecordDeletion.id == DeletionItem.deletion_id)
        .where(RecordDeletion.state == DeletionState.CONFIRMED, DeletionItem.state == ItemState.WAITING)
        .order_by(DeletionItem.id)
        .limit(1)
    )


def _one(item_id: int, now: datetime) -> str:
    """Delete one record, whole or not at all; or note what keeps it. Returns 'deleted' or 'kept'."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        item = uow.session.get_one(DeletionItem, item_id, with_for_update=True)
        row = uow.session.get_one(RecordDeletion, item.deletion_id, with_for_update=True)
        if item.state is not ItemState.WAITING:
            return "passed"  # another scheduler was first
        student = uow.session.get(Student, item.student_id, with_for_update=True)
        # whoever opens a hold locks the case or the student: they come before or after, never between
        cases = cases_of_student(item.student_id)
        uow.session.execute(select(Case.id).where(Case.id.in_(cases)).order_by(Case.id).with_for_update()).all()
        item.done_at = now
        item.why_kept = _what_keeps(student, item.part, now)
        if item.why_kept:
            item.state = ItemState.KEPT
            uow.audit("record.kept", "student", item.student_id, {"deletion": row.id, "why": item.why_kept})
            return "kept"
        counts = erase_student(uow, item.student_id, permanent=item.part is Part.PERMANENT)
        item.state = ItemState.DELETED
        row.counts = dict(Counter(row.counts) + Counter(counts))
        uow.audit("record.deleted", "student", item.student_id, {"deletion": row.id, "counts": counts})
        return "deleted"


def _what_keeps(student: Student | None, part: Part, now: datetime) -> str:
    if student is None:
        return "gone"
    if is_student_held(student.id):
        return "hold"
    if keeps_record(student.id):
        return "sealed"
    if still_open(student.id):
        return "open"
    return "" if due_now(student.id, part, today_at(None, now)) else "not_due"


def _over() -> list[int]:
    waits = (
        select(DeletionItem.id)
        .where(DeletionItem.deletion_id == RecordDeletion.id, DeletionItem.state == ItemState.WAITING)
        .exists()
    )
    confirmed = select(RecordDeletion.id).where(RecordDeletion.state == DeletionState.CONFIRMED, ~waits)
    return list(db.session.scalars(confirmed.order_by(RecordDeletion.id)))


def _finish(deletion_id: int, now: datetime) -> None:
    """Write the certificate: who, when, how many rows of which table, and the digest over it."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        row = uow.session.get_one(RecordDeletion, deletion_id, with_for_update=True)
        if row.state is not DeletionState.CONFIRMED:
            return
        _to(row, DeletionState.DONE)
        row.ended_at = now
        items = uow.session.scalars(
            select(DeletionItem).where(DeletionItem.deletion_id == row.id).order_by(DeletionItem.id)
        ).all()
        row.digest = certificate(said_by(row, list(items)))
        uow.audit("deletion.done", AUDITED, row.id, changes_of(row))


def said_by(row: RecordDeletion, items: list[DeletionItem]) -> dict[str, Any]:
    """Return what the digest of a certificate is over."""
    return {
        "id": row.id,
        "school": row.school_id,
        "proposed": [row.proposed_by_id, row.proposed_at.isoformat()],
        "confirmed": [row.confirmed_by_id, row.confirmed_at.isoformat() if row.confirmed_at else None],
        "ended": row.ended_at.isoformat() if row.ended_at else None,
        "records": [[item.student_id, item.part.value, item.state.value, item.why_kept] for item in items],
        "counts": row.counts,
    }


def _erase(now: datetime) -> int:
    """Rid the database's own files of what was deleted; returns of how many deletions that is still to do.

    Where somebody reads right now, or this role does not own the tables, the next call tries again.
    """
    open_rows = select(RecordDeletion).where(
        RecordDeletion.state == DeletionState.DONE, RecordDeletion.erased_at.is_(None)
    )
    waiting = db.session.scalar(select(func.count()).select_from(open_rows.subquery())) or 0
    if not waiting or not erase_deleted([*ABOUT_STUDENTS, "outbox_message"]):
        return waiting
    with unit_of_work(SYSTEM, now) as uow:
        for row in uow.session.scalars(open_rows.with_for_update()):
            row.erased_at = now
            uow.audit("deletion.erased", AUDITED, row.id, changes_of(row))
    return 0
