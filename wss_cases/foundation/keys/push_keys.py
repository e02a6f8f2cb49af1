"""The keys that sign push messages (VAPID, RFC 8292), from WSS_PUSH_KEY or made once in the instance folder.

A browser binds its subscription to one of them, so they are rotated apart from WSS_KEYS.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from wss_cases.foundation.keys.loading import made_once

KEY_BYTES = 32
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256: a private key is a number below it."""
WRONG = (
    "WSS_PUSH_KEY: each key is 43 characters, separated by commas, newest first. "
    'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
)


@dataclass(frozen=True)
class PushKey:
    """A pair of keys in PEM; browsers get `public`, `name` identifies the pair in the database."""

    private_pem: bytes = field(repr=False)
    public_pem: bytes
    public: str
    name: str


def load_push_keys(raw: str, instance: Path, *, production: bool) -> tuple[PushKey, ...]:
    """The keys of WSS_PUSH_KEY, newest first, else the one of `instance`/push-key, made when missing.

    In production none is made, so that two machines never have different ones: without WSS_PUSH_KEY there are no push
    messages. Raises RuntimeError for an invalid key.
    """
    given = tuple(part.strip() for part in raw.split(",") if part.strip())
    if not given and not production:
        given = (made_once(instance / "push-key", KEY_BYTES),)
    return tuple(_pair(text) for text in given)


@cache
def _pair(text: str) -> PushKey:
    try:
        drawn = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        drawn = b""
    if len(drawn) != KEY_BYTES:
        raise RuntimeError(WRONG)
    private = ec.derive_private_key(int.from_bytes(drawn) % (ORDER - 1) + 1, ec.SECP256R1())
    public = private.public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PushKey(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        base64.urlsafe_b64encode(point).decode().rstrip("="),
        hashlib.sha256(point).hexdigest()[:16],
    )
