"""The seal over an audit row: HMAC over canonical JSON. Pure."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

GENESIS = "0" * 64
"""What stands before the first seal."""
PURPOSE = "audit-seal"
"""What the sealing keys are derived for."""

CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the clocks of two schedulers may lie apart: seals of one come after those of the other."""

ENTRY_FIELDS = ("id", "at", "actor_id", "action", "object_type", "object_id", "changes", "request_id")
SEAL_FIELDS = ("number", "entry_id", "settled_id", "prev", "key_id", "sealed_at")


def key_name(key: bytes) -> str:
    """Return the name by which a seal says which key made it; tells nothing of the key."""
    return hashlib.blake2b(key, person=b"audit-key-name", digest_size=8).hexdigest()


def keyring(keys: tuple[bytes, ...]) -> dict[str, bytes]:
    """Return the keys by name, the newest first."""
    return {key_name(key): key for key in keys}


def seal_of(key: bytes, seal: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Return the hash of a link: everything it says of itself, the link before it, and every column of its row."""
    said = {
        "seal": {name: plain(seal[name]) for name in SEAL_FIELDS},
        "entry": {name: plain(entry[name]) for name in ENTRY_FIELDS},
    }
    words = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key, words.encode("ascii"), hashlib.sha256).hexdigest()


def plain(value: Any) -> Any:
    """Return a value as it stands in canonical JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
