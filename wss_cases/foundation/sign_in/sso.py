"""OpenID Connect: the district's own sign-on, attached once where it is configured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from flask import Flask, current_app
from werkzeug.wrappers import Response

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
    """Who the provider says this is: never an address, which another issuer could give to anybody.

    `auth_time`: when it asked that, None where it does not say. `claims`: what else it says of them.
    """

    issuer: str
    subject: str
    acr: str
    amr: tuple[str, ...]
    auth_time: int | None
    claims: Mapping[str, Any] = field(default_factory=dict)


def init_sign_on(app: Flask) -> None:
    """Attach the provider of OIDC_ISSUER; asks it nothing until somebody signs on."""
    if app.config["OIDC_ISSUER"]:
        # Authlib and what it needs take ten megabytes of each process, where there is no sign-on for nothing
        module = import_module("wss_cases.foundation.sign_in.sso_provider")
        app.extensions[EXTENSION] = module.Provider(app)


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
