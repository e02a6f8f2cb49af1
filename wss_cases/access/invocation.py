"""Who calls a use case, when, and from which page: one frozen value instead of four arguments."""

from dataclasses import dataclass
from datetime import datetime

from wss_cases.access.actor import Actor


@dataclass(frozen=True)
class Invocation:
    """One call of a use case.

    `request_key` is the form's own, so that a form sent twice is carried out once; None without a form. `version` is
    the record's version when the page was shown; None where none is compared.
    """

    actor: Actor
    now: datetime
    request_key: str | None = None
    version: int | None = None
