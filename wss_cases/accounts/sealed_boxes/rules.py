"""Boxes that a device seals without network and the server alone opens: ECDH on P-256, HKDF-SHA256, AES-256-GCM.

Nothing on the device opens one again: it has the public key of its person, and forgets its own half at once.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PURPOSE: Final = "sealed box"
"""What the district's keys over the private keys are derived for."""
RENEWED_AFTER: Final = timedelta(days=30)
FORGOTTEN_AFTER: Final = timedelta(days=400)
"""How long a box still opens that was sealed with an older key: longer than a school year."""
INFO: Final = b"wss sealed box 1"
CURVE: Final = ec.SECP256R1()
LARGEST: Final = 200_000
"""Bytes of a box: the longest text of a form, and much room."""
LONGEST_NAME: Final = 64


@dataclass(frozen=True)
class Box:
    """A sealed text as a device sends it: `name` is the entry's own and sealed with it, `key_name` that of the key."""

    name: str
    key_name: str
    sender: bytes
    nonce: bytes
    text: bytes


def new_pair() -> tuple[str, bytes]:
    """Return a fresh private key as hexadecimal digits, and its public point."""
    private = ec.generate_private_key(CURVE)
    return f"{private.private_numbers().private_value:064x}", _point(private.public_key())


def box_in(sent: Any) -> Box:
    """Return the box that a device sent as JSON. Raises ValueError for anything else."""
    if not isinstance(sent, Mapping) or not all(isinstance(sent.get(name), str) for name in ("name", "key")):
        raise ValueError("no box")
    name, key_name = sent["name"], sent["key"]
    if not (0 < len(name) <= LONGEST_NAME and name.isascii() and name.isalnum()) or len(key_name) > LONGEST_NAME:
        raise ValueError("no name of a box")
    sender, nonce, text = (_bytes(sent.get(part)) for part in ("sender", "nonce", "text"))
    return Box(name, key_name, sender, nonce, text)


def open_box(private: str, box: Box) -> str:
    """Return what was sealed. Raises ValueError for a box that was changed, or sealed with another key."""
    own = ec.derive_private_key(int(private, 16), CURVE)
    sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, box.sender)
    salt = box.sender + _point(own.public_key())
    key = HKDF(hashes.SHA256(), length=32, salt=salt, info=INFO).derive(own.exchange(ec.ECDH(), sender))
    try:
        return AESGCM(key).decrypt(box.nonce, box.text, box.name.encode()).decode()
    except InvalidTag:
        raise ValueError("this key does not open it") from None


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > LARGEST * 2:
        raise ValueError("no part of a box")
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("no part of a box") from None
    if not 0 < len(found) <= LARGEST:
        raise ValueError("no part of a box")
    return found
