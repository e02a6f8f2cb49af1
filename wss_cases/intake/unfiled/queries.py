"""Reading whom of a family it names that waits to be filed; nobody is shown what it says."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from wss_cases.foundation.keys.envelope import unseal
from wss_cases.foundation.settings.reading import setting
from wss_cases.intake.offline.models import OfflineEntry
from wss_cases.intake.offline.rules import PURPOSE
from wss_cases.intake.offline.states import EntryState
from wss_cases.intake.unfiled.rules import mentions
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.names.finder import Finder


def naming(uow: UnitOfWork, student_id: int, names: Finder) -> list[OfflineEntry]:
    """Return the entries that wait and name a student for sure, locked; nobody is shown what they say.

    What no key opens, and what only hints at somebody, is not found.
    """
    waiting = select(OfflineEntry).where(OfflineEntry.state == EntryState.TO_MEND).order_by(OfflineEntry.id)
    return [row for row in uow.session.scalars(waiting.with_for_update()) if mentions(_said(row), student_id, names)]


def _said(row: OfflineEntry) -> Mapping[str, Any]:
    assert row.sealed_text is not None and row.sealed_key is not None
    try:
        told = json.loads(unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key))
    except ValueError:
        return {}
    said: dict[str, list[str]] = {}
    for name, value in told["fields"]:
        said.setdefault(name, []).append(value)
    return said
