"""Taking a name out of a circle's notes: opened by a period's key inside the act, shown to nobody, sealed again."""

from sqlalchemy import select

from wss_cases.foundation.keys.envelope import unwrap, wrap
from wss_cases.journal.changes import REDACTED
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.circles.notes.models import CircleNote
from wss_cases.pathways.circles.notes.period_keys import bring_over, own_key_of
from wss_cases.pathways.common.models import Pathway
from wss_cases.records.retention.deletion.sealed import AUDIT, INSTEAD, take_names_out_of_sealed
from wss_cases.records.retention.reach.queries import Rows
from wss_cases.roster.names.finder import Finder


def mask_sealed(uow: UnitOfWork, rows: Rows, names: Finder) -> None:
    """Take these names out of circles' notes and answers. The audit log has that it was done, never what they said."""
    take_names_out_of_sealed(uow, rows, names)
    notes = select(CircleNote).where(CircleNote.id.in_(rows.get("circle_note", set()))).order_by(CircleNote.id)
    for note in uow.session.scalars(notes.with_for_update()):
        if note.sealed_key is not None:
            bring_over(uow, uow.session.get_one(Pathway, note.pathway_id))
        try:
            own = own_key_of(uow, note)
            text = unwrap(own, note.sealed_text)
        except ValueError:
            continue
        masked = names.without(text, INSTEAD)
        if masked != text:
            note.sealed_text = wrap(own, masked)
            uow.audit(AUDIT, "circle_note", note.id, {"sealed_text": [REDACTED, REDACTED]})
    uow.session.flush()
