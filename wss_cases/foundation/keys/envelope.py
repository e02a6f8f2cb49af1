"""Envelope encryption (Fernet): a text is sealed under its own key, and that key under the district's."""

import hashlib
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from wss_cases.foundation.keys.loading import Keys


@dataclass(frozen=True)
class Sealed:
    """A sealed text: its ciphertext, its key sealed under the newest district key, and the public name of that
    district key."""

    text: bytes = field(repr=False)
    key: bytes = field(repr=False)
    key_name: str


def key_name(keys: Keys, purpose: str) -> str:
    """The public name of the newest key for a purpose. It identifies the key and reveals nothing."""
    return key_names(keys, purpose)[0]


def key_names(keys: Keys, purpose: str) -> list[str]:
    """The public names of all keys for a purpose, the newest first."""
    return [_name(key) for key in keys.fernet(purpose)]


def _name(key: bytes) -> str:
    return hashlib.sha256(b"name:" + key).hexdigest()[:16]


def seal(keys: Keys, purpose: str, text: str) -> Sealed:
    """Seal a text under a new key of its own."""
    return seal_bytes(keys, purpose, text.encode())


def seal_bytes(keys: Keys, purpose: str, data: bytes) -> Sealed:
    """Seal a file's bytes under a new key of their own."""
    own = Fernet.generate_key()
    outer = Fernet(keys.fernet(purpose)[0])
    return Sealed(Fernet(own).encrypt(data), outer.encrypt(own), key_name(keys, purpose))


def unseal(keys: Keys, purpose: str, text: bytes, key: bytes) -> str:
    """Open a sealed text. Raises ValueError when none of the district's keys opens it."""
    return unseal_bytes(keys, purpose, text, key).decode()


def unseal_bytes(keys: Keys, purpose: str, data: bytes, key: bytes) -> bytes:
    """Open the bytes of a sealed file. Raises ValueError when none of the district's keys opens it."""
    outer = MultiFernet([Fernet(each) for each in keys.fernet(purpose)])
    try:
        return Fernet(outer.decrypt(bytes(key))).decrypt(bytes(data))
    except InvalidToken:
        raise ValueError("none of the keys opens this text") from None


def rewrap(keys: Keys, purpose: str, key: bytes) -> bytes:
    """A sealed file's key, sealed again under the newest district key; the file does not change.

    Raises ValueError when none of the district's keys opens it.
    """
    try:
        return MultiFernet([Fernet(each) for each in keys.fernet(purpose)]).rotate(bytes(key))
    except InvalidToken:
        raise ValueError("none of the keys opens this key") from None


def own_key() -> str:
    """A new key for one text or one person's period."""
    return Fernet.generate_key().decode()


def wrap(key: str, text: str) -> bytes:
    """Seal a text or another key under this key."""
    return Fernet(key).encrypt(text.encode())


def unwrap(key: str, wrapped: bytes) -> str:
    """Open what is sealed under this key. Raises ValueError when it does not open."""
    try:
        return Fernet(key).decrypt(bytes(wrapped)).decode()
    except InvalidToken:
        raise ValueError("this key does not open it") from None


def lock(keys: Keys, purpose: str, text: str) -> str:
    """Seal a short text that is only carried, for example in a cookie."""
    return Fernet(keys.fernet(purpose)[0]).encrypt(text.encode()).decode()


def unlock(keys: Keys, purpose: str, locked: str, seconds: int) -> str:
    """Open a short sealed text; '' when it is older than `seconds` or was sealed elsewhere."""
    try:
        return MultiFernet([Fernet(each) for each in keys.fernet(purpose)]).decrypt(locked, ttl=seconds).decode()
    except InvalidToken:
        return ""
