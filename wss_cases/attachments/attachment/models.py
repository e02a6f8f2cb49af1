"""A file that hangs on exactly one record. Only ciphertext stands in the table."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.attachments.attachment.states import AttachmentKind, SealedWhy
from wss_cases.foundation.db import Base, Id, exactly_one, named_enum

HOSTS: Final = (
    "incident_id",
    "circle_consent_id",
    "referral_consent_id",
    "agreement_id",
    "discipline_action_id",
    "family_release_id",
)
"""The columns of what a file may hang on, one of which has a value."""


class Attachment(Base):
    """One photo or PDF. `title` says what it shows, in the words of whoever attached it; `size` is in bytes, unsealed.

    Removed: the content is gone, and who did it, when and why stays. Sealed: the content stays, and nobody opens it.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        exactly_one(*HOSTS, name="one_record"),
        *(Index(f"ix_attachment_{name.removesuffix('_id')}", name) for name in HOSTS),
        CheckConstraint("(sealed_text is null) = (removed_at is not null)", name="content"),
        CheckConstraint("(sealed_text is null) = (sealed_key is null)", name="content_key"),
        CheckConstraint("removed_at is null or removed_why <> ''", name="removed"),
        CheckConstraint("(sealed_at is null) = (sealed_why is null)", name="sealed"),
        CheckConstraint("sealed_at is null or removed_at is null", name="sealed_stays"),
    )
    PRIVATE = frozenset({"title", "removed_why", "sealed_text", "sealed_key"})
    SEALS_BYTES = True
    """Where the keys change, its own key is wrapped anew: the bytes are too many to be sealed again."""

    id: Mapped[Id]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    circle_consent_id: Mapped[int | None] = mapped_column(ForeignKey("circle_consent.id"))
    referral_consent_id: Mapped[int | None] = mapped_column(ForeignKey("referral_consent.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    discipline_action_id: Mapped[int | None] = mapped_column(ForeignKey("discipline_action.id"))
    family_release_id: Mapped[int | None] = mapped_column(ForeignKey("family_release.id"))
    kind: Mapped[AttachmentKind] = mapped_column(named_enum(AttachmentKind, "kind"))
    title: Mapped[str] = mapped_column(String(120), default="")
    size: Mapped[int]
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_name: Mapped[str | None] = mapped_column(String(16), index=True)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    sealed_why: Mapped[SealedWhy | None] = mapped_column(named_enum(SealedWhy, "sealed_why"))
    sealed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    removed_why: Mapped[str] = mapped_column(Text, default="", server_default="")

    @property
    def host(self) -> tuple[str, int]:
        """The column of what it hangs on, and that record's id."""
        [found] = [(name, value) for name in HOSTS if (value := getattr(self, name)) is not None]
        return found
