"""Stored PDFs that wait to be made."""

from typing import Any

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.records.stored_pdfs.states import PdfState


def next_asked(model: type[Any]) -> Any:
    """Return the row of a table of stored PDFs that has waited longest to be made, None while none waits."""
    waiting = select(model).where(model.state == PdfState.ASKED).order_by(model.id)
    return db.session.scalars(waiting.limit(1)).first()
