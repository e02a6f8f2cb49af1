"""Reading the forms that were kept for a person, by that person alone."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.accounts.sign_in.saved_forms.models import KeptForm
from wss_cases.accounts.sign_in.saved_forms.rules import KEPT_FOR, PURPOSE, Fields
from wss_cases.foundation.db import db
from wss_cases.foundation.keys.envelope import unseal
from wss_cases.foundation.settings.reading import setting


@dataclass(frozen=True)
class Kept:
    """One kept form, opened."""

    id: int
    kept_at: datetime
    path: str
    page: str
    fields: Fields


def kept_for(user_id: int | None, now: datetime) -> list[Kept]:
    """Return the forms kept for a person within the last day, newest first; what no key opens is left out."""
    found = select(KeptForm).where(KeptForm.user_id == user_id, KeptForm.kept_at > now - KEPT_FOR)
    opened = []
    for row in db.session.scalars(found.order_by(KeptForm.id.desc())):
        try:
            text = unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key)
        except ValueError:
            continue
        fields = [(name, value) for name, value in json.loads(text)]
        opened.append(Kept(row.id, row.kept_at, row.path, row.page, fields))
    return opened


def has_kept(user_id: int | None, now: datetime) -> bool:
    """Whether anything is kept for a person."""
    found = select(KeptForm.id).where(KeptForm.user_id == user_id, KeptForm.kept_at > now - KEPT_FOR)
    return db.session.execute(found.limit(1)).first() is not None
