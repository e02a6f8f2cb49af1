"""OpenID Connect: the district's own sign-on, attached once where it is configured (Authlib)."""

from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

SIGNED_WITH = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures by a key pair only: neither none nor a secret that both sides hold."""
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10
EXTENSION = "wss_sign_on"


class SignOnRefused(Exception):
    """What came back from the provider proves nothing; `reason` is for the log and names no person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SignOnDown(Exception):
    """The provider does not answer."""


@dataclass(frozen=True)
class Identity:
    """Who the provider says this is: never an address, which another issuer could give to anybody."""

    issuer: str
    subject: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int | None


def init_sign_on(app: Flask) -> None:
    """Attach the provider of OIDC_ISSUER; asks it nothing until somebody signs on."""
    issuer: str = app.config["OIDC_ISSUER"]
    if not issuer:
        return
    app.extensions[EXTENSION] = OAuth(app).register(
        "district",
        client_id=app.config["OIDC_CLIENT_ID"],
        client_secret=app.config["OIDC_CLIENT_SECRET"],
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid", "code_challenge_method": "S256", "default_timeout": TIMEOUT_SECONDS,
        },
    )  # fmt: skip


def _provider() -> Any:
    provider = current_app.extensions[EXTENSION]
    try:
        metadata = provider.load_server_metadata()
    except (requests.RequestException, ValueError) as error:
        raise SignOnDown from error
    if metadata.get("issuer") != current_app.config["OIDC_ISSUER"]:
        raise SignOnRefused("issuer of the metadata")
    # what the provider lists must not widen what is taken
    metadata["id_token_signing_alg_values_supported"] = SIGNED_WITH
    return provider


def begin(back_to: str, again: bool) -> Response:
    """Redirect to the provider; `again`: it must ask who this is, even if it knows.

    Else it must ask whoever proved it there longer ago than a session lasts here. Raises SignOnDown, SignOnRefused.
    """
    longest = int(current_app.config["SESSION_ABSOLUTE"].total_seconds())
    more: dict[str, Any] = {"prompt": "login", "max_age": 0} if again else {"max_age": longest}
    if current_app.config["OIDC_ACR"]:
        more["acr_values"] = " ".join(current_app.config["OIDC_ACR"])
    try:
        answer: Response = _provider().authorize_redirect(back_to, **more)
    except requests.RequestException as error:
        raise SignOnDown from error
    return answer


def finish() -> Identity:
    """Return who came back. Raises SignOnRefused for anything that does not prove it, SignOnDown."""
    provider = _provider()
    expected = {
        "iss": {"essential": True, "value": current_app.config["OIDC_ISSUER"]},
        "aud": {"essential": True, "value": current_app.config["OIDC_CLIENT_ID"]},
        "sub": {"essential": True},
    }
    try:
        token = provider.authorize_access_token(claims_options=expected, leeway=LEEWAY_SECONDS)
        claims = token["userinfo"]
        return Identity(
            issuer=claims["iss"],
            subject=str(claims["sub"]),
            acr=str(claims.get("acr", "")),
            amr=tuple(map(str, claims.get("amr") or ())),
            auth_time=claims.get("auth_time"),
        )
    except (requests.ConnectionError, requests.Timeout) as error:
        raise SignOnDown from error
    except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise SignOnRefused(type(error).__name__) from error
