"""Who calls a use case, when, and from which page: one frozen value instead of four arguments everywhere."""

from dataclasses import dataclass
from datetime import datetime

from wss_cases.access.actor import Actor


@dataclass(frozen=True)
class Invocation:
    """One call of a use case.

    `request_key` is the form's own, so that the same form sent twice is carried out once; None for what no form
    asks for. `version` is that of the record when the page was shown; None where nothing is compared.
    """

    actor: Actor
    now: datetime
    request_key: str | None = None
    version: int | None = None
