"""Pure: two people who answer the same question at once lose nothing, and both learn of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class Written:
    """One answer as a page sends it: the text, and version and digest of what the page had shown (0: no answer yet)."""

    text: str
    version: int
    digest: str


def digest_of(text: str) -> str:
    """Return a mark of a text as a form sends it back: line ends count as one."""
    return sha256("\n".join(text.splitlines()).encode()).hexdigest()[:16]


def changed(written: Mapping[int, Written]) -> dict[int, Written]:
    """Return the answers that somebody changed on their page; what they left as it was stays as it is now."""
    return {key: one for key, one in written.items() if digest_of(one.text) != one.digest}


def conflicts(written: Mapping[int, Written], standing: Mapping[int, Any]) -> list[int]:
    """Return the questions that somebody else answered differently since the page was shown, of those changed on it.

    `standing`: the stored answers, with `version` and `text`, by question.
    """
    return [
        key
        for key, one in changed(written).items()
        if key in standing
        and standing[key].version != one.version
        and digest_of(standing[key].text) != digest_of(one.text)
    ]
