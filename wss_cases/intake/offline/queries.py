"""What one wrote without network: by its own key, and what still waits for an answer from its writer."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.keys.envelope import unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.intake.offline.models import OfflineEntry
from wss_cases.intake.offline.rules import PURPOSE, Fields
from wss_cases.intake.offline.states import EntryState


@dataclass(frozen=True)
class ToMend:
    """One entry that cannot be filed as it is, opened for its writer."""

    row: OfflineEntry
    fields: Fields
    problems: list[str]
    school_id: int | None


def own_entry(actor: Actor, name: str) -> OfflineEntry | None:
    """Return one's own entry by its key."""
    mine = select(OfflineEntry).where(OfflineEntry.user_id == actor.user_id, OfflineEntry.name == name)
    found: OfflineEntry | None = db.session.scalars(mine).one_or_none()
    return found


def waits_to_be_mended(actor: Actor, name: str) -> bool:
    """Whether one's own entry with this key waits for its writer's answer."""
    return db.session.scalar(_to_mend(actor, OfflineEntry.id).where(OfflineEntry.name == name)) is not None


def count_to_mend(actor: Actor) -> int:
    """Return how many entries wait for their writer's answer."""
    return db.session.scalar(_to_mend(actor, func.count())) or 0


def to_mend(actor: Actor) -> list[ToMend]:
    """Return one's own entries that wait for an answer, oldest first."""
    return [_opened(row) for row in db.session.scalars(_to_mend(actor, OfflineEntry).order_by(OfflineEntry.id))]


def one_to_mend(actor: Actor, entry_id: int | None) -> ToMend:
    """Return one of them. Raises NotFound for anybody else's, and for one that is done."""
    return _opened(
        existing(db.session.scalars(_to_mend(actor, OfflineEntry).where(OfflineEntry.id == entry_id)).first())
    )


def of_incident(incident_id: int) -> OfflineEntry | None:
    """Return what a report was written with, where that was without network; the caller has checked the report."""
    found: OfflineEntry | None = db.session.scalars(
        select(OfflineEntry).where(OfflineEntry.incident_id == incident_id)
    ).first()
    return found


def _to_mend(actor: Actor, what: Any) -> Any:
    mine = (OfflineEntry.user_id == actor.user_id) & (OfflineEntry.state == EntryState.TO_MEND)
    return select(what).where(mine)


def _opened(row: OfflineEntry) -> ToMend:
    assert row.sealed_text is not None and row.sealed_key is not None
    told = json.loads(unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key))
    return ToMend(row, [(name, value) for name, value in told["fields"]], told["problems"], told["school"])
