"""The district's OpenID Connect provider through Authlib.

The libraries take ten megabytes of each process, so they are loaded only when a provider is configured.
"""

from typing import Any, Final

from flask import Flask, current_app
from werkzeug.wrappers import Response

from wss_cases.foundation.operations.deferred import deferred
from wss_cases.foundation.sign_in.identity import Identity, SignOnDown, SignOnRefused

requests = deferred("requests")
errors = deferred("authlib.common.errors")
flask_client = deferred("authlib.integrations.flask_client")
jose = deferred("joserfc.errors")

SIGNED_WITH: Final = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures by a key pair only: neither none nor a secret that both sides hold."""
BASIC, POSTED = "client_secret_basic", "client_secret_post"
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10


class Provider:
    """The provider of OIDC_ISSUER, contacted only when someone signs in."""

    def __init__(self, app: Flask) -> None:
        issuer: str = app.config["OIDC_ISSUER"]
        self._client: Any = flask_client.OAuth(app).register(
            "district",
            client_id=app.config["OIDC_CLIENT_ID"],
            client_secret=app.config["OIDC_CLIENT_SECRET"],
            server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile", "code_challenge_method": "S256", "default_timeout": TIMEOUT_SECONDS,
            },
        )  # fmt: skip

    def begin(self, back_to: str, again: bool) -> Response:
        """As `sso.begin`."""
        longest = int(current_app.config["SESSION_ABSOLUTE"].total_seconds())
        more: dict[str, Any] = {"prompt": "login", "max_age": 0} if again else {"max_age": longest}
        if current_app.config["OIDC_ACR"]:
            more["acr_values"] = " ".join(current_app.config["OIDC_ACR"])
        try:
            answer: Response = self._known().authorize_redirect(back_to, **more)
        except requests.RequestException as error:
            raise SignOnDown from error
        return answer

    def finish(self) -> Identity:
        """As `sso.finish`."""
        client = self._known()
        expected = {
            "iss": {"essential": True, "value": current_app.config["OIDC_ISSUER"]},
            "aud": {"essential": True, "value": current_app.config["OIDC_CLIENT_ID"]},
            "sub": {"essential": True},
        }
        try:
            token = client.authorize_access_token(claims_options=expected, leeway=LEEWAY_SECONDS)
            claims = token["userinfo"]
            return Identity(
                issuer=claims["iss"],
                subject=str(claims["sub"]),
                acr=str(claims.get("acr", "")),
                amr=tuple(map(str, claims.get("amr") or ())),
                auth_time=claims.get("auth_time"),
                claims=dict(claims),
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise SignOnDown from error
        except (
            errors.AuthlibBaseError,
            jose.JoseError,
            requests.RequestException,
            KeyError,
            TypeError,
            ValueError,
        ) as error:
            raise SignOnRefused(type(error).__name__) from error

    def _known(self) -> Any:
        try:
            metadata = self._client.load_server_metadata()
        except (requests.RequestException, ValueError) as error:
            raise SignOnDown from error
        if metadata.get("issuer") != current_app.config["OIDC_ISSUER"]:
            raise SignOnRefused("issuer of the metadata")
        # the provider's list must not widen the accepted algorithms
        metadata["id_token_signing_alg_values_supported"] = SIGNED_WITH
        if BASIC not in metadata.get("token_endpoint_auth_methods_supported", [BASIC]):
            self._client.client_kwargs["token_endpoint_auth_method"] = POSTED
        return self._client
