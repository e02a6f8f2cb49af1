"""Deletions: what is proposed, the second person's yes, and the certificate. Names are the school's alone."""

from collections import Counter
from datetime import datetime
from operator import attrgetter
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import func, select
from wtforms.validators import NumberRange

from wss_cases.access.actor import SYSTEM
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.attachments.handling import keeps_record
from wss_cases.cases.case.models import Case
from wss_cases.foundation.database import erase_deleted
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import PlainForm, WholeNumber
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.operations import Share
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import district_zone, moment_words, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.legal_holds import cases_of_student, is_student_held
from wss_cases.records.retention.core.pages import (
    DELETION_TONES,
    DELETION_TRANSITIONS,
    KEPT_LABELS,
    KIND_LABELS,
    DeletionItem,
    DeletionState,
    ItemState,
    Part,
    RecordDeletion,
)
from wss_cases.records.retention.core.queries import certificate, due_now, still_open
from wss_cases.records.retention.deletion import erasure
from wss_cases.records.retention.deletion.erasure import PAGE, Listed, erase_student, items_of, proposers
from wss_cases.records.retention.reach import ABOUT_STUDENTS, TABLES
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


def _to(row: RecordDeletion, state: DeletionState) -> None:
    assert state in DELETION_TRANSITIONS[row.state]
    row.state = state


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


pages = Pages("deletions", __name__, url_prefix="/records/deletions")


@pages.get("")
@gate(Permission.RECORD_DELETE_READ)
def every() -> Page:
    """Every deletion that the actor may see, the newest first."""
    before = id_in(request.args.get("before"))
    rows = erasure.deletions(current_actor(), before, PAGE + 1)
    return render_template(
        "records/retention/deletion/list.html",
        rows=[_words(one) for one in rows[:PAGE]],
        older=url_for("deletions.every", before=rows[PAGE - 1].row.id) if len(rows) > PAGE else None,
        newest=url_for("deletions.every") if before else None,
    )


def _words(one: Listed) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.id,
        "href": url_for("deletions.one", deletion_id=row.id),
        "title": _("Deletion %(number)s", number=row.id),
        "school": one.school,
        "records": one.records,
        "state": DeletionState(row.state).label,
        "tone": DELETION_TONES[row.state],
        "proposed": who_when(one.people, row.proposed_by_id, row.proposed_at),
        "confirmed": who_when(one.people, row.confirmed_by_id, row.confirmed_at),
        "ended": moment_words(row.ended_at, district_zone()),
        "erased": moment_words(row.erased_at, district_zone()),
        "digest": row.digest,
        "done": row.state is DeletionState.DONE,
        "open": row.state is DeletionState.PROPOSED,
    }


def who_when(people: dict[int, str], who: int | None, when: datetime | None) -> str:
    return f"{people.get(who or 0, _('The system'))} · {moment_words(when, district_zone())}" if when else ""


@pages.get("/<int:deletion_id>")
@gate(Permission.RECORD_DELETE_READ)
def one(deletion_id: int) -> Page:
    """One deletion: whose records while they stand, for the school alone; afterwards its certificate."""
    actor = current_actor()
    listed = erasure.get_deletion(actor, deletion_id)
    may_review = can(actor, Permission.RECORD_REVIEW, listed.row)
    return render_template(
        "records/retention/deletion/request.html",
        row=_words(listed),
        names=_names(deletion_id) if may_review else [],
        counts=_counts(listed.row.counts),
        kept=[(KEPT_LABELS[why], count) for why, count in sorted(erasure.kept_by(deletion_id).items())],
        may_confirm=listed.row.state is DeletionState.PROPOSED
        and can(actor, Permission.RECORD_DELETE_CONFIRM, listed.row)
        and actor.user_id not in erasure.proposers(listed.row),
        may_withdraw=listed.row.state is DeletionState.PROPOSED and may_review,
    )


def _names(deletion_id: int) -> list[tuple[str, Any]]:
    return [
        (student.shown_name, Part(item.part).label) for item, student in items_of(deletion_id) if student is not None
    ]


def _counts(counts: dict[str, Any]) -> list[tuple[Any, int]]:
    """Rows that went, by the kinds of the schedule; what is no kind is said in its own words."""
    own = {
        "texts": _("Texts in other students’ records where the name was removed"),
        "drafts": KIND_LABELS["draft"],
        "sealed": _("Sealed answers about a shared circle"),
    }
    totals: dict[str, int] = {}
    for name, count in counts.items():
        label = own.get(name) or KIND_LABELS[TABLES[name].kind]
        totals[str(label)] = totals.get(str(label), 0) + int(count)
    return sorted(totals.items())


LISTED = Subject(RecordDeletion, erasure.get_deletion, row=attrgetter("row"))


def _back(listed: Listed, _answer: int = 0) -> str:
    return url_for("deletions.one", deletion_id=listed.row.id)


def _above(listed: Listed) -> list[tuple[Any, str]]:
    title = _("Deletion %(number)s", number=listed.row.id)
    return [(_("Deletions"), url_for("deletions.every")), (title, _back(listed))]


def _refuse_ended(row: RecordDeletion) -> None:
    if row.state is not DeletionState.PROPOSED:
        raise Refused("", _("This was already confirmed or withdrawn."))


class TypedForm(PlainForm):
    """The second person's yes: the count, typed."""

    typed = WholeNumber(
        _l("How many records are deleted"), [NumberRange(0, 1_000_000, _l("Write a whole number."))],
        description=_l("Enter the number shown above."),
    )  # fmt: skip


def _count_words(listed: Listed) -> str:
    records = ngettext("%(num)s record", "%(num)s records", listed.records)
    return f"{listed.school} · {records}"


def _warning(_listed: Listed, _form: TypedForm) -> dict[str, Any]:
    words = _(
        "Deleted records are gone from every table, search, draft, and queue, and cannot be brought back. Counts, the "
        "audit log, and a certificate stay."
    )
    return {"warning": words, "grave": True}


@pages.act(
    "/<int:deletion_id>/confirm", LISTED, TypedForm, Permission.RECORD_DELETE_CONFIRM,
    guard=fresh_within(FRESH_MINUTES), title=_l("Confirm the deletion"), button=_l("Delete them permanently"),
    lede=_count_words, more=_warning, trail=_above, then=_back,
    done=_l("Confirmed. The records are deleted within minutes; that cannot be undone."),
)  # fmt: skip
def confirm(uow: UnitOfWork, row: RecordDeletion, form: TypedForm) -> None:
    """Confirm a proposal; from now on the scheduler deletes.

    Raises Refused for whoever proposed any of it, and when the count that was typed is not the count there is.
    """
    _refuse_ended(row)
    items = uow.session.scalars(select(DeletionItem).where(DeletionItem.deletion_id == row.id)).all()
    if uow.actor.user_id in proposers(row):
        raise Refused("", _("Someone else must confirm what you proposed."))
    refuse_one_person("", uow.actor.user_id, proposers(row), uow.now)
    if form.typed.data != len(items):
        raise Refused("typed", _("Enter how many records are deleted: the number shown above."))
    _to(row, DeletionState.CONFIRMED)
    row.confirmed_by_id, row.confirmed_at = uow.actor.user_id, uow.now
    uow.audit("deletion.confirmed", AUDITED, row.id, changes_of(row) | {"records": [None, len(items)]})


@pages.act(
    "/<int:deletion_id>/withdraw", LISTED, PlainForm, Permission.RECORD_REVIEW,
    title=_l("Withdraw the deletion"), button=_l("Withdraw the deletion"), trail=_above, then=_back,
    lede=_l("None of it is deleted. The records go back to the list."), done=_l("Withdrawn. Nothing is deleted."),
)  # fmt: skip
def withdraw(uow: UnitOfWork, row: RecordDeletion, _form: PlainForm) -> None:
    """Take a proposal back: nothing of it is deleted."""
    _refuse_ended(row)
    _to(row, DeletionState.WITHDRAWN)
    row.ended_at, row.ended_by_id = uow.now, uow.actor.user_id
    for item in uow.session.scalars(select(DeletionItem).where(DeletionItem.deletion_id == row.id)):
        item.state, item.why_kept, item.done_at = ItemState.KEPT, "withdrawn", uow.now
    uow.audit("deletion.withdrawn", AUDITED, row.id, changes_of(row))


ROOM = Room(pages=(pages,))
