"""The district's own sign-on, OpenID Connect or SAML 2.0, attached once where it is configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

from flask import Flask, current_app
from werkzeug.wrappers import Response

EXTENSION = "wss_sign_on"
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


def init_sign_on(app: Flask) -> None:
    """Attach the provider of OIDC_ISSUER or SAML_METADATA; asks it nothing until somebody signs on."""
    # the libraries and what they need take ten megabytes of each process, where there is no sign-on for nothing
    if app.config["OIDC_ISSUER"]:
        app.extensions[EXTENSION] = import_module("wss_cases.foundation.sign_in.sso_provider").Provider(app)
    elif app.config["SAML_METADATA"]:
        app.extensions[EXTENSION] = import_module("wss_cases.foundation.sign_in.saml_provider").SamlProvider(app)


def is_on() -> bool:
    """Whether the district has a sign-on."""
    return EXTENSION in current_app.extensions


def is_saml() -> bool:
    """Whether it speaks SAML 2.0."""
    return is_on() and hasattr(_provider(), "read")


def begin_saml(us: str, back_to: str, again: bool) -> Response:
    """Redirect to the SAML provider; `us`: the address of our metadata, by which it knows us. `again`: as `begin`."""
    answer: Response = _provider().begin(us, back_to, again)
    return answer


def read_saml(us: str, back_to: str, posted: str) -> Answer:
    """Return what a posted SAML response proves. Raises SignOnRefused."""
    found: Answer = _provider().read(us, back_to, posted)
    return found


def saml_metadata(us: str, back_to: str) -> bytes:
    """Return the document by which the SAML provider knows us."""
    document: bytes = _provider().metadata(us, back_to)
    return document


def begin(back_to: str, again: bool) -> Response:
    """Redirect to the provider; `again`: it must ask who this is, even if it knows.

    Else it must ask whoever proved it there longer ago than a session lasts here. Raises SignOnDown, SignOnRefused.
    """
    answer: Response = _provider().begin(back_to, again)
    return answer


def finish() -> Identity:
    """Return who came back. Raises SignOnRefused for anything that does not prove it, SignOnDown."""
    found: Identity = _provider().finish()
    return found


def _provider() -> Any:
    return current_app.extensions[EXTENSION]
