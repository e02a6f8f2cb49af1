"""Sealing a text under a key of its own, and that key under the district's (envelope encryption, Fernet)."""

import hashlib
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from wss_cases.foundation.keys.loading import Keys


@dataclass(frozen=True)
class Sealed:
    """A sealed text: its ciphertext, its key under the newest district key, and that key's public name."""

    text: bytes = field(repr=False)
    key: bytes = field(repr=False)
    key_name: str


def key_name(keys: Keys, purpose: str) -> str:
    """Return the public name of the newest key for a purpose: tells keys apart, gives nothing away."""
    return key_names(keys, purpose)[0]


def key_names(keys: Keys, purpose: str) -> list[str]:
    """Return the public names of all keys for a purpose, the newest first."""
    return [_name(key) for key in keys.fernet(purpose)]


def _name(key: bytes) -> str:
    return hashlib.sha256(b"name:" + key).hexdigest()[:16]


def seal(keys: Keys, purpose: str, text: str) -> Sealed:
    """Return a text sealed under a fresh key of its own."""
    return seal_bytes(keys, purpose, text.encode())


def seal_bytes(keys: Keys, purpose: str, data: bytes) -> Sealed:
    """Return the bytes of a file sealed under a fresh key of their own."""
    own = Fernet.generate_key()
    outer = Fernet(keys.fernet(purpose)[0])
    return Sealed(Fernet(own).encrypt(data), outer.encrypt(own), key_name(keys, purpose))


def unseal(keys: Keys, purpose: str, text: bytes, key: bytes) -> str:
    """Return the text of a sealed one. Raises ValueError when none of the district's keys opens it."""
    return unseal_bytes(keys, purpose, text, key).decode()


def unseal_bytes(keys: Keys, purpose: str, data: bytes, key: bytes) -> bytes:
    """Return the bytes of a sealed file. Raises ValueError when none of the district's keys opens it."""
    outer = MultiFernet([Fernet(each) for each in keys.fernet(purpose)])
    try:
        return Fernet(outer.decrypt(bytes(key))).decrypt(bytes(data))
    except InvalidToken:
        raise ValueError("none of the keys opens this text") from None


def rewrap(keys: Keys, purpose: str, key: bytes) -> bytes:
    """Return the key of a sealed file under the district's newest one; the file itself stays as it lies.

    Raises ValueError when none of the district's keys opens it.
    """
    try:
        return MultiFernet([Fernet(each) for each in keys.fernet(purpose)]).rotate(bytes(key))
    except InvalidToken:
        raise ValueError("none of the keys opens this key") from None


def own_key() -> str:
    """Return a fresh key, for a text or for somebody's period."""
    return Fernet.generate_key().decode()


def wrap(key: str, text: str) -> bytes:
    """Return a text, or another key, under this key."""
    return Fernet(key).encrypt(text.encode())


def unwrap(key: str, wrapped: bytes) -> str:
    """Return what lies under this key. Raises ValueError when it does not open it."""
    try:
        return Fernet(key).decrypt(bytes(wrapped)).decode()
    except InvalidToken:
        raise ValueError("this key does not open it") from None


def lock(keys: Keys, purpose: str, text: str) -> str:
    """Return a short text that nobody reads where it lies, e.g. in a cookie."""
    return Fernet(keys.fernet(purpose)[0]).encrypt(text.encode()).decode()


def unlock(keys: Keys, purpose: str, locked: str, seconds: int) -> str:
    """Return what was locked; nothing when that is longer ago than so many seconds, or was not locked here."""
    try:
        return MultiFernet([Fernet(each) for each in keys.fernet(purpose)]).decrypt(locked, ttl=seconds).decode()
    except InvalidToken:
        return ""
