"""Pages as PDFs: asked for, made by the scheduler, stored encrypted, opened. Who may do so is each room's to say."""

import base64
import enum
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Response, flash, redirect
from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem
from werkzeug.wrappers import Response as AnyResponse

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import Id, Versioned, db, named_enum, where
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, choice_field
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.foundation.keys import seal, unseal
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work


class PdfState(Labelled):
    """asked → ready, or failed."""

    ASKED = "asked", _l("Being made")
    READY = "ready", _l("Ready")
    FAILED = "failed", _l("Not made")


PDF_TRANSITIONS: Final[dict[PdfState, frozenset[PdfState]]] = {
    PdfState.ASKED: frozenset({PdfState.READY, PdfState.FAILED}),
    PdfState.READY: frozenset(),
    PdfState.FAILED: frozenset(),
}


class Why(enum.StrEnum):
    """Why no PDF came of it."""

    NONE = ""
    MISSING = "missing"
    SLOW = "slow"
    BROKEN = "broken"
    FORBIDDEN = "forbidden"


PDF_TONES: Final = {PdfState.ASKED: "sun", PdfState.READY: "moss", PdfState.FAILED: "brick"}

WHY_LABELS: Final[dict[Why, Any]] = {
    Why.NONE: "",
    Why.MISSING: _l("This machine cannot make PDFs: Pango is missing. Tell the people who run the system."),
    Why.SLOW: _l("It took too long. Ask for it again."),
    Why.BROKEN: _l("It did not work. Ask for it again, and tell the people who run the system if it fails again."),
    Why.FORBIDDEN: _l("The person who requested it may no longer open it."),
}
LANGUAGE_LABELS: Final[dict[str, str]] = {"en": "English", "es": "Español"}


class StoredPdf(Versioned):
    """A page that someone asked for as a PDF in a language, and once it is ready the PDF, sealed."""

    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    language: Mapped[str] = mapped_column(String(5))
    state: Mapped[PdfState] = mapped_column(named_enum(PdfState, "state"), default=PdfState.ASKED)
    why: Mapped[Why] = mapped_column(named_enum(Why, "why"), default=Why.NONE)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    # a process of the release before still writes these by their older names
    sealed_text: Mapped[bytes | None] = mapped_column("content", LargeBinary, deferred=True)
    sealed_key: Mapped[bytes | None] = mapped_column("content_key", LargeBinary, deferred=True)
    key_name: Mapped[str] = mapped_column(String(16), default="", server_default="")


def stored_rules(table: str) -> tuple[SchemaItem, ...]:
    """Return what holds in every such table: one that is ready has its PDF; those that wait are found at once."""
    return (
        CheckConstraint("(state = 'ready') = (content is not null)", name="content"),
        Index(f"ix_{table}_asked", "id", **where("state = 'asked'")),
    )


def next_asked(model: type[Any]) -> Any:
    """Return the row of a table of stored PDFs that has waited longest to be made, None while none waits."""
    waiting = select(model).where(model.state == PdfState.ASKED).order_by(model.id)
    return db.session.scalars(waiting.limit(1)).first()


@dataclass(frozen=True)
class Letterhead:
    """Whose paper it is: the district's name, '' while it has none, and its logo as a PNG, b'' for none."""

    name: str = ""
    logo: bytes = b""

    @property
    def picture(self) -> str:
        """The logo as an address that holds all of it, '' for none: paper opens no other."""
        return f"data:image/png;base64,{b64encode(self.logo).decode()}" if self.logo else ""


LANGUAGES = tuple(LANGUAGE_LABELS.items())


class PdfForm(BaseForm):
    """In which language."""

    language = choice_field(_l("Language of the PDF"), LANGUAGES)


MOST_WAITING = 5


@dataclass(frozen=True)
class PdfKind:
    """A table of stored PDFs: its model, what its keys are derived for, and the step that follows when one is made."""

    model: type[Any]
    purpose: str
    when_made: Callable[[UnitOfWork, Any], None] | None = None

    @property
    def audited(self) -> str:
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


def pdf_words(row: StoredPdf, href: str, file: str) -> dict[str, Any]:
    """Return what `records/stored_pdfs/parts.html` shows; `href` is the address of its page, `file` of the PDF."""
    return {
        "href": href,
        "file": file,
        "language": LANGUAGE_LABELS[row.language],
        "asked": moment_words(row.asked_at, district_zone()),
        "state": PdfState(row.state).label,
        "tone": PDF_TONES[row.state],
        "why": WHY_LABELS[row.why],
        "is_asked": row.state is PdfState.ASKED,
        "is_ready": row.state is PdfState.READY,
    }


def pdf_response(opened: Callable[[], bytes], page: str, name: str) -> AnyResponse:
    """Return the PDF as a file of that name; where it is refused, lead to its page, which says why."""
    try:
        content = opened()
    except Refused as refused:
        flash(refused.message, "warning")
        return redirect(page, 303)
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="application/pdf", headers=disposition)
