"""Boxes that a device seals offline and only the server opens: ECDH on P-256, HKDF-SHA256, AES-256-GCM. A device
cannot open a box again: it has its person's public key, and deletes its own private half at once."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import ForeignKey, Index, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.ids import new_token
from wss_cases.foundation.keys import Keys, seal, unseal
from wss_cases.foundation.settings import setting
from wss_cases.journal.unit_of_work import unit_of_work


class SealingKey(Base):
    """One person's key pair: devices get the public point, the private half never leaves the server."""

    __tablename__ = "sealing_key"
    __table_args__ = (Index("ix_sealing_key_user", "user_id", "made_at"),)
    PRIVATE = frozenset({"public_point", "sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(43), unique=True)
    public_point: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)


PURPOSE: Final = "sealed box"
"""Purpose of the district's keys that seal the private keys."""
RENEWED_AFTER: Final = timedelta(days=30)
FORGOTTEN_AFTER: Final = timedelta(days=400)
"""How long a box sealed with an older key can still be opened: longer than a school year."""
INFO: Final = b"wss sealed box 1"
CURVE: Final = ec.SECP256R1()
LARGEST: Final = 200_000
"""Bytes of a box: more than the longest text of a form."""
LONGEST_NAME: Final = 64


@dataclass(frozen=True)
class Box:
    """A sealed text from a device. `name` is the entry's own name, sealed with it; `key_name` that of the key."""

    name: str
    key_name: str
    sender: bytes
    nonce: bytes
    text: bytes


def new_pair() -> tuple[str, bytes]:
    """A new private key as hexadecimal digits, and its public point."""
    private = ec.generate_private_key(CURVE)
    return f"{private.private_numbers().private_value:064x}", _point(private.public_key())


def box_in(sent: Any) -> Box:
    """Parse the JSON of a box. Raises ValueError if it is invalid."""
    if not isinstance(sent, Mapping) or not all(isinstance(sent.get(name), str) for name in ("name", "key")):
        raise ValueError("no box")
    name, key_name = sent["name"], sent["key"]
    if not (0 < len(name) <= LONGEST_NAME and name.isascii() and name.isalnum()) or len(key_name) > LONGEST_NAME:
        raise ValueError("no name of a box")
    sender, nonce, text = (_bytes(sent.get(part)) for part in ("sender", "nonce", "text"))
    return Box(name, key_name, sender, nonce, text)


def open_box(private: str, box: Box) -> str:
    """Open a box. Raises ValueError if it was changed, or sealed with another key."""
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
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("no part of a box") from None
    if not 0 < len(content) <= LARGEST:
        raise ValueError("no part of a box")
    return content


OWNER = "device owner"


def newest_key(user_id: int, now: datetime) -> SealingKey | None:
    """The key that a person's devices use now; None if it is too old or missing."""
    keys = select(SealingKey).where(SealingKey.user_id == user_id, SealingKey.made_at > now - RENEWED_AFTER)
    return db.session.scalars(keys.order_by(SealingKey.id.desc()).limit(1)).first()


def opened(user_id: int | None, box: Box) -> str:
    """The content of a person's own box. Raises NotFound for another person's, ValueError for a broken one."""
    keys = select(SealingKey).where(SealingKey.user_id == user_id, SealingKey.name == box.key_name)
    row = db.session.scalars(keys).one_or_none()
    if row is None:
        raise NotFound
    return open_box(unseal(setting("WSS_KEYS"), PURPOSE, row.sealed_text, row.sealed_key), box)


def owner_names(user_id: int) -> list[str]:
    """Names by which a device distinguishes people, newest first; they reveal nothing."""
    keys: Keys = setting("WSS_KEYS")
    return [hmac.digest(key, str(user_id).encode(), hashlib.sha256).hex()[:32] for key in keys.derived(OWNER)]


def key_for(actor: Actor, now: datetime) -> SealingKey:
    """The key for the actor's devices; made if there is none of this month."""
    assert actor.user_id is not None
    newest = newest_key(actor.user_id, now)
    if newest is not None:
        return newest
    private, point = new_pair()
    sealed = seal(setting("WSS_KEYS"), PURPOSE, private)
    with unit_of_work(actor, now) as uow:
        forgotten = (SealingKey.user_id == actor.user_id) & (SealingKey.made_at <= now - FORGOTTEN_AFTER)
        uow.session.execute(delete(SealingKey).where(forgotten))
        row = SealingKey(
            user_id=actor.user_id, name=new_token(), public_point=point, made_at=now, sealed_text=sealed.text,
            sealed_key=sealed.key, key_name=sealed.key_name,
        )  # fmt: skip
        uow.add_audited(row, "sealing_key.made")
    return row
