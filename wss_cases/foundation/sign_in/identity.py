"""The answers of a district's sign-on: who someone is, or why the answer proves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SAML_REQUEST = "saml_request"
"""The cookie's place for the number of the SAML request that this browser asked."""


class SignOnRefused(Exception):
    """The provider's answer proves nothing; `reason` is for the log and names no person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignOnDown(Exception):
    """The provider does not answer."""


@dataclass(frozen=True)
class Identity:
    """Who the provider says this is, by issuer and subject: an email address could be given to anyone by another
    issuer.

    `auth_time`: when the person proved it, None when not said. `claims`: the other facts given.
    """

    issuer: str
    subject: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int | None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """A verified SAML assertion: the identity, its id, the request it answers, and until when it is valid."""

    identity: Identity
    assertion_id: str
    request_id: str
    ends: datetime
