"""Sealing every text again under the newest key, so that an older key can be dropped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.database import erase_deleted
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import Keys, key_name, rewrap, seal, unseal
from wss_cases.foundation.settings import setting
from wss_cases.journal.unit_of_work import unit_of_work

BATCH = 100
Tables = Sequence[tuple[str, Any, str]]
"""Tables with sealed text: their name in the counts, their model, and what their keys are derived for."""


def rotate(tables: Tables, now: datetime) -> dict[str, dict[str, int]]:
    """Seal every text of these tables under the newest key, one batch per commit; an interrupted call can be repeated.

    Returns for each table: `resealed`, `already` under the newest key, and `unreadable` with the present keys, which
    stay unchanged. Afterwards the database's files no longer contain the older ciphertexts.
    """
    keys: Keys = setting("WSS_KEYS")
    counts = {name: _rotate_table(keys, model, purpose, now) for name, model, purpose in tables}
    erased = erase_deleted([model.__tablename__ for _name, model, _purpose in tables])
    return counts | {"files": {"erased": int(erased)}}


def _rotate_table(keys: Keys, model: Any, purpose: str, now: datetime) -> dict[str, int]:
    newest = key_name(keys, purpose)
    sealed = model.sealed_text.is_not(None)
    already = db.session.scalar(select(func.count()).where(sealed, model.key_name == newest)) or 0
    counts = {"resealed": 0, "already": already, "unreadable": 0}
    last = 0
    while True:
        old = select(model.id).where(sealed, model.key_name != newest, model.id > last)
        ids = list(db.session.scalars(old.order_by(model.id).limit(BATCH)))
        if not ids:
            return counts
        done, failed = _rotate_some(keys, model, purpose, ids, now)
        counts["resealed"] += done
        counts["unreadable"] += failed
        last = ids[-1]


def _rotate_some(keys: Keys, model: Any, purpose: str, ids: Sequence[int], now: datetime) -> tuple[int, int]:
    done = failed = 0
    with unit_of_work(SYSTEM, now) as uow:
        rows = select(model).where(model.id.in_(ids), model.sealed_text.is_not(None)).with_for_update()
        for row in uow.session.scalars(rows.execution_options(populate_existing=True)):
            try:
                _renew(keys, purpose, row)
            except ValueError:
                failed += 1
                continue
            done += 1
        uow.audit("sealed.rotated", model.__tablename__, None, {"count": [None, done]})
    return done, failed


def _renew(keys: Keys, purpose: str, row: Any) -> None:
    """Seal a text under the newest key; of a file only its key is sealed again. Raises ValueError."""
    if getattr(row, "SEALS_BYTES", False):
        row.sealed_key, row.key_name = rewrap(keys, purpose, row.sealed_key), key_name(keys, purpose)
        return
    sealed = seal(keys, purpose, unseal(keys, purpose, row.sealed_text, row.sealed_key))
    row.sealed_text, row.sealed_key, row.key_name = sealed.text, sealed.key, sealed.key_name
