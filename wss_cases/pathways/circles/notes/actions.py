"""Writing and reading privileged notes. They leave audit rows only: nothing of them is in the shared record."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.keepers import with_keepers
from wss_cases.pathways.circles.consent.actions import load_any_circle
from wss_cases.pathways.circles.notes.models import CircleNote
from wss_cases.pathways.circles.notes.rules import PURPOSE, shred_day
from wss_cases.pathways.common.actions import add_audited
from wss_cases.pathways.common.models import Pathway


@dataclass(frozen=True)
class ReadNote:
    """A decrypted note; its text is None when no current key opens it."""

    written_at: datetime
    author: str
    text: str | None = field(repr=False)


def load_for_keeper(uow: UnitOfWork, pathway_id: int, permission: Permission = Permission.CIRCLE_NOTE_READ) -> Pathway:
    """Lock a circle of which the actor is a keeper, or has `permission`. Raises NotFound for anybody else."""
    row = load_any_circle(uow, pathway_id)
    require(uow.actor, permission, with_keepers(row))
    return row


@use_case
def write_note(uow: UnitOfWork, pathway_id: int, text: str) -> int:
    """Add a note under a key of its own; it is never changed afterwards. Returns its id.

    Raises NotFound for anybody who does not keep the circle, Refused for an empty text or once the notes' day is past.
    """
    row = load_for_keeper(uow, pathway_id)
    if not text.strip():
        raise Refused("text", _("Write the note."))
    today = today_at(row.school_id, uow.now)
    shred_on = shred_day(ended_on(uow, row) or today, setting("NOTE_DAYS"))
    if shred_on <= today:
        raise Refused("", _("The notes of this circle were due to be shredded. Nothing is added now."))
    sealed = seal(setting("WSS_KEYS"), PURPOSE, text)
    note = CircleNote(
        pathway_id=row.id, author_id=uow.actor.user_id, written_at=uow.now, sealed_text=sealed.text,
        sealed_key=sealed.key, key_name=sealed.key_name, shred_on=shred_on,
    )  # fmt: skip
    return add_audited(uow, note, "circle.note_written")


def ended_on(uow: UnitOfWork, row: Pathway) -> date | None:
    """Return the school-local day on which a circle ended; None while it is live."""
    return today_at(row.school_id, row.ended_at) if row.ended_at is not None else None


def read_notes(actor: Actor, pathway_id: int, now: datetime) -> list[ReadNote]:
    """Return the decrypted notes of a circle, newest first. Each reading is an audit row in the same commit.

    Raises NotFound for anybody who does not keep the circle now.
    """
    keys = setting("WSS_KEYS")
    with unit_of_work(actor, now) as uow:
        row = load_for_keeper(uow, pathway_id)
        statement = (
            select(CircleNote, UserAccount.name)
            .join(UserAccount, UserAccount.id == CircleNote.author_id)
            .where(CircleNote.pathway_id == row.id)
            .order_by(CircleNote.written_at.desc(), CircleNote.id.desc())
        )
        rows = uow.session.execute(statement).all()
        uow.audit("circle.notes_read", "pathway", row.id, {"notes": [None, len(rows)]})
    notes = []
    for note, author in rows:
        try:
            text: str | None = unseal(keys, PURPOSE, note.sealed_text, note.sealed_key)
        except ValueError:
            text = None
        notes.append(ReadNote(note.written_at, author, text))
    return notes
