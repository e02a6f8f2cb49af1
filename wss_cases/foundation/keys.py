"""Keys: loaded or made once, texts sealed under them, and the keys that sign push messages (VAPID, RFC 8292).

A browser binds its subscription to one of the push keys, so those are rotated apart from WSS_KEYS.
"""

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

NO_KEYS = "WSS_ENV=production needs WSS_KEYS (one or more keys separated by commas, newest first)."

SHORTEST = 32
FEWEST_DIFFERENT = 8
"""What a random key of the shortest length has at least, and no repeated word."""
GUESSABLE = (
    "WSS_KEYS: the newest key has {length} characters, {different} of them different; {shortest}, {fewest} of them "
    "different, are the least in production. "
    'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
)


@dataclass(frozen=True)
class Keys:
    """The master keys, newest first. Every use derives its own key from them."""

    masters: tuple[str, ...] = field(repr=False)

    def derived(self, purpose: str) -> tuple[bytes, ...]:
        """32-byte keys for one purpose, newest first."""
        return tuple(
            hashlib.blake2b(m.encode(), person=purpose.encode()[:16], digest_size=32).digest() for m in self.masters
        )

    def fernet(self, purpose: str) -> tuple[bytes, ...]:
        """The keys for one purpose as Fernet keys, newest first."""
        return tuple(base64.urlsafe_b64encode(key) for key in self.derived(purpose))

    @property
    def signing(self) -> bytes:
        return self.derived("sign")[0]

    @property
    def signing_fallbacks(self) -> list[bytes]:
        """Older signing keys that still verify, except guessable ones: whoever guesses one could sign links."""
        older = zip(self.masters[1:], self.derived("sign")[1:], strict=True)
        return [key for master, key in older if not _could_be_guessed(master)]


def _could_be_guessed(master: str) -> bool:
    return len(master) < SHORTEST or len(set(master)) < FEWEST_DIFFERENT


def load_keys(raw: str, instance: Path, *, production: bool) -> Keys:
    """The keys of WSS_KEYS, else those of `instance`/keys, made when missing.

    Raises RuntimeError in production when WSS_KEYS is empty or its newest key could be guessed; older keys only open.
    """
    given = tuple(part.strip() for part in raw.split(",") if part.strip())
    if given and production and _could_be_guessed(given[0]):
        counted = {"length": len(given[0]), "different": len(set(given[0]))}
        raise RuntimeError(GUESSABLE.format(**counted, shortest=SHORTEST, fewest=FEWEST_DIFFERENT))
    if given:
        return Keys(given)
    if production:
        raise RuntimeError(NO_KEYS)
    return Keys((made_once(instance / "keys"),))


def close_to_others(path: Path) -> None:
    """Remove other users' access to a folder or file of ours, where it exists."""
    try:
        found = path.stat()
        if found.st_uid == os.geteuid() and found.st_mode & 0o077:
            path.chmod(found.st_mode & 0o700)
    except OSError:
        return


def made_once(path: Path, size: int = 48) -> str:
    """A random secret of so many bytes in a file that only its owner reads, made when missing; concurrent calls
    return the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        mine = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_urlsafe(size))
        try:
            # link, not rename: the first process wins, and no one reads a half-written file
            os.link(mine, path)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_text(encoding="ascii").strip()


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
