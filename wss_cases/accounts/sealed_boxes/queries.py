"""A person's newest sealing key, what one of their boxes holds, and the opaque name that devices know them by."""

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import select

from wss_cases.accounts.sealed_boxes.models import SealingKey
from wss_cases.accounts.sealed_boxes.rules import PURPOSE, RENEWED_AFTER, Box, open_box
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.keys.envelope import unseal
from wss_cases.foundation.keys.loading import Keys
from wss_cases.foundation.settings.reading import setting

OWNER = "device owner"


def newest_key(user_id: int, now: datetime) -> SealingKey | None:
    """Return the key that a person's devices seal with now, None where the last one is too old or there is none."""
    found = select(SealingKey).where(SealingKey.user_id == user_id, SealingKey.made_at > now - RENEWED_AFTER)
    return db.session.scalars(found.order_by(SealingKey.id.desc()).limit(1)).first()


def opened(user_id: int | None, box: Box) -> str:
    """Return what a person's own box holds. Raises NotFound for anybody else's, ValueError for a broken one."""
    found = select(SealingKey).where(SealingKey.user_id == user_id, SealingKey.name == box.key_name)
    row = db.session.scalars(found).one_or_none()
    if row is None:
        raise NotFound
    return open_box(unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key), box)


def owner_names(user_id: int) -> list[str]:
    """Return what a device calls a person, the newest name first: it tells people apart and nothing of them."""
    keys: Keys = setting("WSS_KEYS")
    return [hmac.digest(key, str(user_id).encode(), hashlib.sha256).hex()[:32] for key in keys.derived(OWNER)]
