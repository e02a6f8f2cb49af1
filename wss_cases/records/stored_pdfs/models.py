"""What every table of stored PDFs has; each room adds what its page is about."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from wss_cases.foundation.db import Id, Versioned, named_enum, where
from wss_cases.records.stored_pdfs.states import PdfState, Why


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
