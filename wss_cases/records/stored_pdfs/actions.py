"""Pages as PDFs: asked for, made by the scheduler, stored encrypted, opened. Who may do so is each room's to say."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.keys.envelope import seal, unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.records.stored_pdfs.models import StoredPdf
from wss_cases.records.stored_pdfs.states import PDF_TRANSITIONS, PdfState, Why

MOST_WAITING = 5


@dataclass(frozen=True)
class PdfKind:
    """A table of stored PDFs: its model, what its keys are derived for, and the step that follows when one is made."""

    model: type[Any]
    purpose: str
    when_made: Callable[[UnitOfWork, Any], None] | None = None

    @property
    def audited(self) -> str:
        """What the audit log calls one."""
        return str(self.model.__tablename__)


def refuse_too_many(uow: UnitOfWork, kind: PdfKind) -> None:
    """Raise Refused when too many of the actor's own are still being made."""
    waiting = (kind.model.asked_by_id == uow.actor.user_id, kind.model.state == PdfState.ASKED)
    if (uow.session.scalar(select(func.count(kind.model.id)).where(*waiting)) or 0) >= MOST_WAITING:
        raise Refused("", _("%(number)s of your PDFs are still being made. Wait for one.", number=MOST_WAITING))


def add_pdf(uow: UnitOfWork, kind: PdfKind, row: StoredPdf) -> int:
    """Add a PDF that waits to be made; returns its id. A step."""
    return uow.add_audited(row, f"{kind.audited}.asked")


def store_pdf(kind: PdfKind, pdf_id: int, pdf: bytes, now: datetime) -> bool:
    """Store a PDF, sealed; False when somebody else has made it by now."""
    sealed = seal(setting("WSS_KEYS"), kind.purpose, base64.b64encode(pdf).decode("ascii"))
    with unit_of_work(SYSTEM, now) as uow:
        row = _waiting(uow, kind, pdf_id)
        if row is None:
            return False
        row.sealed_text, row.sealed_key, row.key_name = sealed.text, sealed.key, sealed.key_name
        _end(uow, kind, row, PdfState.READY, Why.NONE)
        if kind.when_made is not None:
            kind.when_made(uow, row)
        return True


def fail_pdf(kind: PdfKind, pdf_id: int, why: Why, now: datetime) -> bool:
    """Write down that a PDF was not made, and why; False when another scheduler has made it, or said so, by now."""
    with unit_of_work(SYSTEM, now) as uow:
        row = _waiting(uow, kind, pdf_id)
        if row is None:
            return False
        _end(uow, kind, row, PdfState.FAILED, why)
        return True


def _waiting(uow: UnitOfWork, kind: PdfKind, pdf_id: int) -> StoredPdf | None:
    row: StoredPdf | None = uow.session.get(kind.model, pdf_id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not PdfState.ASKED:
        uow.no_audit()
        return None
    return row


def _end(uow: UnitOfWork, kind: PdfKind, row: StoredPdf, state: PdfState, why: Why) -> None:
    assert state in PDF_TRANSITIONS[row.state]
    row.state, row.why, row.ended_at = state, why, uow.now
    word = "made" if state is PdfState.READY else "failed"
    uow.audit(f"{kind.audited}.{word}", kind.audited, row.id, changes_of(row))
    uow.session.flush()


def opened(kind: PdfKind, pdf_id: int) -> bytes:
    """Return a stored PDF; the caller has checked who asks. Raises NotFound for one that is not ready, Refused when no
    key opens it any more."""
    sealed = select(kind.model.sealed_text, kind.model.sealed_key).where(kind.model.id == pdf_id)
    text, key = db.session.execute(sealed).one()
    if text is None or key is None:
        raise NotFound
    try:
        return base64.b64decode(unseal(setting("WSS_KEYS"), kind.purpose, text, key))
    except ValueError as error:
        raise Refused("", _("This PDF was sealed with a key that no longer exists. Ask for it again.")) from error
