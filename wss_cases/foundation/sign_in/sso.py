"""The district's sign-on, OpenID Connect or SAML 2.0, attached where it is configured."""

from typing import Any

from flask import Flask, current_app
from werkzeug.wrappers import Response

from wss_cases.foundation.sign_in.identity import Answer, Identity
from wss_cases.foundation.sign_in.saml_provider import SamlProvider
from wss_cases.foundation.sign_in.sso_provider import Provider

EXTENSION = "wss_sign_on"


def init_sign_on(app: Flask) -> None:
    """Attach the provider of OIDC_ISSUER or SAML_METADATA; contacts it only when someone signs in."""
    if app.config["OIDC_ISSUER"]:
        app.extensions[EXTENSION] = Provider(app)
    elif app.config["SAML_METADATA"]:
        app.extensions[EXTENSION] = SamlProvider(app)


def is_on() -> bool:
    return EXTENSION in current_app.extensions


def is_saml() -> bool:
    return is_on() and hasattr(_provider(), "read")


def begin_saml(us: str, back_to: str, again: bool) -> Response:
    """Redirect to the SAML provider; `us`: the address of our metadata, `again`: as in `begin`."""
    answer: Response = _provider().begin(us, back_to, again)
    return answer


def read_saml(us: str, back_to: str, posted: str) -> Answer:
    """Who a posted SAML response proves. Raises SignOnRefused."""
    found: Answer = _provider().read(us, back_to, posted)
    return found


def saml_metadata(us: str, back_to: str) -> bytes:
    """The metadata by which the SAML provider knows this service."""
    document: bytes = _provider().metadata(us, back_to)
    return document


def begin(back_to: str, again: bool) -> Response:
    """Redirect to the provider; `again`: it must ask for a new sign-in. Otherwise it asks only people whose last
    sign-in there is older than a session here.

    Raises SignOnDown, SignOnRefused.
    """
    answer: Response = _provider().begin(back_to, again)
    return answer


def finish() -> Identity:
    """Who came back from the provider. Raises SignOnRefused for an unproven answer, SignOnDown."""
    found: Identity = _provider().finish()
    return found


def _provider() -> Any:
    return current_app.extensions[EXTENSION]
