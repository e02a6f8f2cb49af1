"""History: the timeline and audit rows that each act would have left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.bench.bulk.writing.store import Store
from wss_cases.journal.changes import REDACTED
from wss_cases.journal.models import AuditEntry, TimelineEntry


@dataclass(frozen=True)
class Somebody:
    """An account as the history names it."""

    id: int
    name: str


class Story:
    """The acts around one incident; told in the order in which they happened."""

    def __init__(self, school_id: int | None) -> None:
        self.school_id = school_id
        self._acts: list[tuple[datetime, int, dict[str, Any] | None, dict[str, Any]]] = []

    def act(
        self,
        at: datetime,
        who: Somebody | None,
        subject: tuple[str, int],
        kind: str,
        changes: Mapping[str, Any],
        *,
        case_id: int | None = None,
        **data: Any,
    ) -> None:
        """Note one act on (table, id); `changes` is {column: new value} or {column: (old, new)}."""
        entry = {
            "at": at,
            "actor_id": who.id if who else None,
            "actor_name": who.name if who else "system",
            "subject_type": subject[0],
            "subject_id": subject[1],
            "case_id": case_id,
            "school_id": self.school_id,
            "kind": kind,
            "data": data,
        }
        self._acts.append((at, len(self._acts), entry, _audit(at, who, subject, kind, changes)))

    def audit(
        self, at: datetime, who: Somebody | None, subject: tuple[str, int], action: str, changes: Mapping[str, Any]
    ) -> None:
        """Note an act that stands in the audit alone, as those on privileged notes and disclosures do."""
        self._acts.append((at, len(self._acts), None, _audit(at, who, subject, action, changes)))

    def forget(self, subject: tuple[str, int], kind: str) -> None:
        """Take back the acts of one kind on a subject."""
        self._acts = [
            act
            for act in self._acts
            if act[3]["action"] != kind or (act[3]["object_type"], act[3]["object_id"]) != subject
        ]

    def tell(self, store: Store) -> None:
        """Hand the acts over, oldest first."""
        for _at, _number, entry, audit in sorted(self._acts, key=lambda act: act[:2]):
            if entry is not None:
                store.add(TimelineEntry, **entry)
            store.add(AuditEntry, **audit)


PRIVATE = (REDACTED, REDACTED)
"""What an audit row shows of a private text."""


def _audit(
    at: datetime, who: Somebody | None, subject: tuple[str, int], action: str, changes: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "at": at,
        "actor_id": who.id if who else None,
        "action": action,
        "object_type": subject[0],
        "object_id": subject[1],
        "changes": {name: _change(value) for name, value in changes.items()},
    }


def _change(value: Any) -> list[Any]:
    old, new = value if isinstance(value, tuple) else (None, value)
    return [_plain(old), _plain(new)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
