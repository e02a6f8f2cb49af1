"""Writing and reading privileged notes. They leave audit rows only: nothing of them is in the shared record."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import and_, or_, select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.envelope import own_key, unwrap, wrap
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import with_keepers
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.consent.actions import load_any_circle
from wss_cases.pathways.circles.notes.models import CircleNote, NoteShare
from wss_cases.pathways.circles.notes.period_keys import bring_over, key_of, reading_periods, share
from wss_cases.pathways.circles.notes.rules import shred_day
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import Pathway


@dataclass(frozen=True)
class ReadNote:
    """A decrypted note; its text is None when no key of the server opens it."""

    written_at: datetime
    author: str
    text: str | None = field(repr=False)


def load_for_keeper(uow: UnitOfWork, pathway_id: int, permission: Permission = Permission.CIRCLE_NOTE_READ) -> Pathway:
    """Lock a circle of which the actor is a keeper, or has `permission`. Raises NotFound for anybody else."""
    row = load_any_circle(uow, pathway_id)
    require(uow.actor, permission, with_keepers(row))
    return row


@use_case
def write_note(uow: UnitOfWork, pathway_id: int, text: str, concerns: Collection[int] = ()) -> int:
    """Add a note under a key of its own, for whoever keeps the circle now; it is never changed. Returns its id.

    `concerns`: the participants whom it concerns; nobody: every party. Raises NotFound for anybody who does not keep
    the circle, Refused for an empty text, somebody of another case, or once the notes' day is past.
    """
    row = load_for_keeper(uow, pathway_id)
    if not text.strip():
        raise Refused("text", _("Write the note."))
    if not set(concerns) <= {person.id for person in participants_of(row.case_id)}:
        raise Refused("concerns", _("Choose people from this case."))
    today = today_at(row.school_id, uow.now)
    shred_on = shred_day(ended_on(uow, row) or today, setting("NOTE_DAYS"))
    if shred_on <= today:
        raise Refused("", _("The notes of this circle were due to be shredded. Nothing more can be added."))
    own = own_key()
    note = CircleNote(
        pathway_id=row.id, author_id=uow.actor.user_id, written_at=uow.now, sealed_text=wrap(own, text),
        shred_on=shred_on, concerns=sorted(concerns),
    )  # fmt: skip
    note_id = add_audited(uow, note, "circle.note_written")
    share(uow, note_id, own, reading_periods(uow, row))
    return note_id


def ended_on(uow: UnitOfWork, row: Pathway) -> date | None:
    """Return the school-local day on which a circle ended; None while it is live."""
    return today_at(row.school_id, row.ended_at) if row.ended_at is not None else None


def read_notes(actor: Actor, pathway_id: int, now: datetime) -> list[ReadNote]:
    """Return the decrypted notes of a circle that are open to the actor, newest first: what was written since they
    began, and what was granted. Each reading is an audit row in the same commit.

    Raises NotFound for anybody who does not keep the circle now.
    """
    with unit_of_work(actor, now) as uow:
        row = load_for_keeper(uow, pathway_id)
        bring_over(uow, row)
        period = next((one for one in reading_periods(uow, row) if one.user_id == actor.user_id), None)
        if period is None:
            raise NotFound
        opened = and_(NoteShare.note_id == CircleNote.id, NoteShare.keeper_id == period.id)
        # one that no key at hand opens is shown as such to those in whose time it was written
        lost = and_(CircleNote.sealed_key.is_not(None), CircleNote.written_at >= period.added_at)
        statement = (
            select(CircleNote, UserAccount.name, NoteShare.sealed_key)
            .join(UserAccount, UserAccount.id == CircleNote.author_id)
            .outerjoin(NoteShare, opened)
            .where(CircleNote.pathway_id == row.id, or_(NoteShare.id.is_not(None), lost))
            .order_by(CircleNote.written_at.desc(), CircleNote.id.desc())
        )
        rows = uow.session.execute(statement).all()
        uow.audit("circle.notes_read", "pathway", row.id, {"notes": [None, len(rows)]})
        return [ReadNote(note.written_at, author, _text_of(note, sealed, period)) for note, author, sealed in rows]


def _text_of(note: CircleNote, sealed: bytes | None, period: CircleKeeper) -> str | None:
    if sealed is None:
        return None
    try:
        return unwrap(unwrap(key_of(period), sealed), note.sealed_text)
    except ValueError:
        return None
