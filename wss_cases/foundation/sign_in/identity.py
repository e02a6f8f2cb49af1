"""What a district's sign-on answers: who somebody is, or why it proves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SAML_REQUEST = "saml_request"
"""The cookie's place for the number of the SAML request that this browser asked."""


class SignOnRefused(Exception):
    """What came back from the provider proves nothing; `reason` is for the log and names no person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignOnDown(Exception):
    """The provider does not answer."""


@dataclass(frozen=True)
class Identity:
    """Who the provider says this is: never an address, which another issuer could give to anybody.

    `auth_time`: when it asked that, None where it does not say. `claims`: what else it says of them.
    """

    issuer: str
    subject: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int | None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A proven SAML assertion: who it says this is, its id, the id of the request it answers, and until when it may."""

    identity: Identity
    assertion_id: str
    request_id: str
    ends: datetime
