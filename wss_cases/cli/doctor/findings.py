"""What `flask doctor` finds: how bad it is, of what, and what to do."""

from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class Finding:
    """One look: `level` is ok, warning (goes on, but see to it) or bad (something does not work or is not safe)."""

    level: str
    what: str
    words: str


ok, warning, bad = partial(Finding, "ok"), partial(Finding, "warning"), partial(Finding, "bad")
