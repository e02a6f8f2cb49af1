"""Each keeper's period has a key of its own, under the server's; a note's own key lies under those of its readers.

Who begins later has no key to what was written before: a grant makes one, and only on a ground the database asks for.
The caller has locked the circle.
"""

from collections.abc import Iterable

from sqlalchemy import select

from wss_cases.foundation.keys.envelope import own_key, seal, unseal, unwrap, wrap
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.circle.keepers import decided_about_parties, may_keep
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.models import CircleNote, NoteShare
from wss_cases.pathways.circles.notes.rules import PERIOD, PURPOSE, covered
from wss_cases.pathways.common.models import Pathway


def periods_of(uow: UnitOfWork, row: Pathway) -> list[CircleKeeper]:
    """Return every period in which somebody kept this circle, the first first."""
    found = select(CircleKeeper).where(CircleKeeper.pathway_id == row.id).order_by(CircleKeeper.id)
    return list(uow.session.scalars(found))


def reading_periods(uow: UnitOfWork, row: Pathway) -> list[CircleKeeper]:
    """Return the periods of those who keep this circle now and may: nobody who decides discipline about a party."""
    may = may_keep(row.school_id, today_at(row.school_id, uow.now)).keys() - decided_about_parties(row)
    return [one for one in periods_of(uow, row) if one.ended_at is None and one.user_id in may]


def key_of(period: CircleKeeper) -> str:
    """Return a period's key, made when it is first needed. Raises ValueError when no key of the server opens it."""
    keys = setting("WSS_KEYS")
    if period.sealed_text is None or period.sealed_key is None:
        own = own_key()
        sealed = seal(keys, PERIOD, own)
        period.sealed_text, period.sealed_key, period.key_name = sealed.text, sealed.key, sealed.key_name
        return own
    return unseal(keys, PERIOD, period.sealed_text, period.sealed_key)


def share(
    uow: UnitOfWork, note_id: int, own: str, periods: Iterable[CircleKeeper], grant_id: int | None = None
) -> None:
    """Let these periods open a note whose own key is `own`."""
    for period in periods:
        sealed = wrap(key_of(period), own)
        uow.session.add(NoteShare(note_id=note_id, keeper_id=period.id, sealed_key=sealed, grant_id=grant_id))
    uow.session.flush()


def own_key_of(uow: UnitOfWork, note: CircleNote) -> str:
    """Return a note's own key by any period that opens it. Raises ValueError when none does."""
    shares = select(NoteShare, CircleKeeper).join(CircleKeeper, CircleKeeper.id == NoteShare.keeper_id)
    for one, period in uow.session.execute(shares.where(NoteShare.note_id == note.id).order_by(NoteShare.id)):
        try:
            return unwrap(key_of(period), one.sealed_key)
        except ValueError:
            continue
    raise ValueError("no period opens this note")


def bring_over(uow: UnitOfWork, row: Pathway) -> None:
    """Put notes from before periods had keys under the periods in which they were written, and no other.

    What the keys at hand do not open, and what was written in nobody's period, stays as it is.
    """
    before = select(CircleNote).where(CircleNote.pathway_id == row.id, CircleNote.sealed_key.is_not(None))
    notes = list(uow.session.scalars(before.order_by(CircleNote.id)))
    periods = periods_of(uow, row) if notes else []
    keys = setting("WSS_KEYS")
    for note in notes:
        readers = covered(note, periods)
        try:
            text = unseal(keys, PURPOSE, note.sealed_text, note.sealed_key or b"")
        except ValueError:
            continue
        if readers:
            own = own_key()
            share(uow, note.id, own, readers)
            note.sealed_text, note.sealed_key, note.key_name = wrap(own, text), None, None
    uow.session.flush()
