"""Which files a copy may take along, and who opened which."""

from collections.abc import Collection

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.attachments.attachment import Attachment, visible_to
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.records.family_copies.copy.models import FamilyRelease


def files_on(actor: Actor, release: FamilyRelease) -> list[Attachment]:
    """Return the files on the reports of a copy that the actor sees and that stand: never those of a consent or an
    agreement."""
    stand = select(Attachment).where(
        Attachment.incident_id.in_(release.incident_ids),
        Attachment.removed_at.is_(None),
        Attachment.sealed_at.is_(None),
    )
    return list(db.session.scalars(visible_to(stand, actor).order_by(Attachment.id)))


def opened_by(user_id: int | None, attachment_ids: Collection[int]) -> set[int]:
    """Return which of these files somebody has opened."""
    opened = select(AuditEntry.object_id).where(
        AuditEntry.action == "attachment.opened",
        AuditEntry.object_type == Attachment.__tablename__,
        AuditEntry.object_id.in_(sorted(attachment_ids)),
        AuditEntry.actor_id == user_id,
    )
    return {number for number in db.session.scalars(opened) if number is not None}
