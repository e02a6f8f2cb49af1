"""The master keys, from WSS_KEYS or made once in the instance folder (0600); and access to that folder."""

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

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
