"""What `flask doctor` finds: how bad it is, of what, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One look: `level` is ok, warning (goes on, but see to it) or bad (something does not work or is not safe)."""

    level: str
    what: str
    words: str


def ok(what: str, words: str) -> Finding:
    """All is well there."""
    return Finding("ok", what, words)


def warning(what: str, words: str) -> Finding:
    """It goes on, but somebody should see to it."""
    return Finding("warning", what, words)


def bad(what: str, words: str) -> Finding:
    """Something does not work, or is not safe."""
    return Finding("bad", what, words)
