"""Random tokens and link codes, their stored form, and folded search keys."""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from werkzeug.routing import IntegerConverter, Map

_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "ŧ": "t", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
LEAST_LETTERS, MOST_WORDS = 2, 8
"""Of a search: fewer letters ask for nothing, and no more words are looked for."""
CODE_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What a link is written with: nothing that is read as something else."""

LETTERS_IN_CODE: Final = 20
CODE_GROUP: Final = 4


def new_token() -> str:
    """A new token of 256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A new link code, in groups that a person can copy from paper; one of 31 ** 20 (about 2 ** 99)."""
    return in_groups("".join(secrets.choice(CODE_LETTERS) for _letter in range(LETTERS_IN_CODE)))


def code_from(secret: bytes) -> str:
    """The link code of these random bytes, at least 20 of them; the same bytes give the same code."""
    return in_groups("".join(CODE_LETTERS[byte % len(CODE_LETTERS)] for byte in secret[:LETTERS_IN_CODE]))


def plain_code(typed: str) -> str:
    """A code as `new_code` wrote it, from one that was typed with other capitals, spaces or hyphens."""
    return in_groups("".join(letter for letter in typed[:80].lower() if letter.isalnum()))


def in_groups(letters: str) -> str:
    """Letters in groups with hyphens between them."""
    return "-".join(letters[start : start + CODE_GROUP] for start in range(0, len(letters), CODE_GROUP))


def token_digest(token: str) -> str:
    """The stored form of a token, from which the token cannot be derived."""
    return hashlib.sha256(token.encode()).hexdigest()


def fold_address(email: str) -> str:
    """An email address as accounts store it: without outer spaces and capitals.

    Letters are not folded otherwise: straße@ and strasse@ are different people's mailboxes.
    """
    return "".join(_small(letter) for letter in email.strip())


def _small(letter: str) -> str:
    small = letter.lower()
    return small if small.upper() == letter else letter


def fold(text: str) -> str:
    """The search key of a name: no case, accents, apostrophes, hyphens or Ł; single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS_WITHOUT_DECOMPOSITION)
    kept = (c if _is_kept(c) else (" " if c in "-‐‑–_/," else "") for c in decomposed)
    return " ".join("".join(kept).split())


def search_words(typed: str) -> list[str]:
    """The folded words of a search; none when fewer than two letters were typed."""
    words = fold(typed).split()
    return words[:MOST_WORDS] if sum(map(len, words)) >= LEAST_LETTERS else []


def begins_words(words: Iterable[str], text: str) -> bool:
    """Whether each of these folded words begins a word of the text."""
    there = fold(text).split()
    return all(any(one.startswith(word) for one in there) for word in words)


def _is_kept(character: str) -> bool:
    # modifier letters such as the Hawaiian okina count as letters, but people do not type them
    return character.isspace() or (character.isalnum() and not "\u02b0" <= character <= "\u02ff")


class IdConverter(IntegerConverter):
    """An id in an address. An id that no database can store is "not found", not an error."""

    LARGEST = 2**53

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max", self.LARGEST)
        super().__init__(map, *args, **kwargs)


def id_in(text: str | None) -> int | None:
    """A posted id as a number; None when it is not an id that a database can store."""
    digits = text or ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def numbers_in(texts: Iterable[str], most: int = 100) -> list[int]:
    """The ids among posted texts, each once and in order, at most `most`; other texts are skipped."""
    found = (int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 16)
    return [number for number in dict.fromkeys(found) if number <= IdConverter.LARGEST][:most]
