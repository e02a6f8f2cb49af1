"""The district's own sign-on, OpenID Connect or SAML 2.0, attached once where it is configured."""

from typing import Any

from flask import Flask, current_app
from werkzeug.wrappers import Response

from wss_cases.foundation.sign_in.identity import Answer, Identity
from wss_cases.foundation.sign_in.saml_provider import SamlProvider
from wss_cases.foundation.sign_in.sso_provider import Provider

EXTENSION = "wss_sign_on"


def init_sign_on(app: Flask) -> None:
    """Attach the provider of OIDC_ISSUER or SAML_METADATA; asks it nothing until somebody signs on."""
    if app.config["OIDC_ISSUER"]:
        app.extensions[EXTENSION] = Provider(app)
    elif app.config["SAML_METADATA"]:
        app.extensions[EXTENSION] = SamlProvider(app)


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
