"""Sign-in: the person of a request, and the district's OpenID Connect and SAML providers.

Their libraries take ten megabytes of each process, so they are loaded only when a provider is configured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, redirect, session
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from werkzeug.wrappers import Response

from wss_cases.foundation.operations import deferred

__all__ = [
    "ANY_NAME", "EXTENSION", "LEEWAY_SECONDS", "LONG", "METHODS", "NAMES", "OURS_TO_SAY", "POST",
    "SAML_REQUEST", "SIGNED_WITH", "TIMEOUT_SECONDS", "TRANSIENT", "Answer", "CSRFError", "Identity",
    "Provider", "SamlProvider", "SignOnDown", "SignOnRefused", "UserMixin", "authn_request", "begin",
    "begin_saml", "csrf", "current_user", "errors", "finish", "flask_client", "generate_csrf", "init_sign_in",
    "init_sign_on", "is_on", "is_saml", "jose", "login_manager", "login_user", "logout_user",
    "metadata_parser", "read_saml", "requests", "saml_metadata", "saml_response", "saml_settings",
    "xml_utils",
]  # fmt: skip

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


login_manager = LoginManager()
csrf = CSRFProtect()


def init_sign_in(app: Flask) -> None:
    """Attach sign-in, CSRF protection and Bootstrap's local files."""
    login_manager.init_app(app)
    csrf.init_app(app)
    Bootstrap5(app)


authn_request = deferred("onelogin.saml2.authn_request")
metadata_parser = deferred("onelogin.saml2.idp_metadata_parser")
saml_response = deferred("onelogin.saml2.response")
saml_settings = deferred("onelogin.saml2.settings")
xml_utils = deferred("onelogin.saml2.xml_utils")

LONG: Final = "2099-12-31T00:00:00Z"
"""Our metadata change with our address alone; the library would let them end after two days."""
POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
ANY_NAME: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
METHODS: Final = "http://schemas.microsoft.com/claims/authnmethodsreferences"
NAMES: Final = {"a": "urn:oasis:names:tc:SAML:2.0:assertion"}
OURS_TO_SAY: Final = ("email", "email_verified", "xms_edov")
"""What only the setting WSS_SAML_EMAIL may say: an attribute of that name vouches for nothing."""


class SamlProvider:
    """The provider of SAML_METADATA. Accepts only an assertion that it signed, for this service, now, for an open
    request."""

    def __init__(self, app: Flask) -> None:
        text = Path(app.config["SAML_METADATA"]).read_text(encoding="utf-8")
        self._idp: dict[str, Any] = metadata_parser.OneLogin_Saml2_IdPMetadataParser.parse(text).get("idp", {})
        where = self._idp.get("singleSignOnService", {}).get("url", "")
        if not (where and (self._idp.get("x509cert") or self._idp.get("x509certMulti"))):
            raise RuntimeError("WSS_SAML_METADATA: it has no signing certificate, or no address for HTTP-Redirect.")
        if app.config.get("WSS_ENV") == "production" and not where.startswith("https://"):
            raise RuntimeError("WSS_SAML_METADATA: in production the provider's address begins with https://.")

    def metadata(self, us: str, back_to: str) -> bytes:
        """The metadata by which the district's provider knows this service."""
        made: str | bytes = self._settings(us, back_to).get_sp_metadata()
        return made.encode() if isinstance(made, str) else made

    def begin(self, us: str, back_to: str, again: bool) -> Response:
        """Redirect to the provider; `again`: it must ask for a new sign-in (ForceAuthn). The request's id is stored
        here."""
        asked = authn_request.OneLogin_Saml2_Authn_Request(self._settings(us, back_to), force_authn=again)
        session[SAML_REQUEST] = asked.get_id()
        where: str = self._idp["singleSignOnService"]["url"]
        query = urlencode({"SAMLRequest": asked.get_request()})
        answer: Response = redirect(f"{where}{'&' if '?' in where else '?'}{query}", 302)
        return answer

    def read(self, us: str, back_to: str, posted: str) -> Answer:
        """Who the provider says this is. Raises SignOnRefused for anything unproven."""
        parts = urlsplit(back_to)
        secure = "on" if parts.scheme == "https" else "off"
        here = {"https": secure, "http_host": parts.netloc, "script_name": parts.path}
        try:
            answer = saml_response.OneLogin_Saml2_Response(self._settings(us, back_to), posted)
            answer.is_valid(here, raise_exceptions=True)
            # exactly one assertion in the document, and it is signed: the library has checked both
            [assertion] = answer.document.findall("a:Assertion", NAMES)
            return _answer(assertion, answer.get_nameid_format(), us, back_to)
        except Exception as error:
            raise SignOnRefused(f"SAML: {type(error).__name__}") from error

    def _settings(self, us: str, back_to: str) -> Any:
        service = {"url": back_to, "binding": POST}
        return saml_settings.OneLogin_Saml2_Settings(
            {
                "strict": True,
                "sp": {"entityId": us, "assertionConsumerService": service, "NameIDFormat": ANY_NAME},
                "idp": self._idp,
                "security": {
                    "wantAssertionsSigned": True,
                    "wantAttributeStatement": False,
                    "rejectDeprecatedAlgorithm": True,
                    "requestedAuthnContext": False,
                    "allowSingleLabelDomains": True,
                    "metadataValidUntil": LONG,
                },
            }
        )


def _answer(assertion: Any, name_format: str | None, us: str, back_to: str) -> Answer:
    """A verified assertion's contents. Raises SignOnRefused when audience, end or InResponseTo is missing, which the
    library allows."""
    [confirmed] = assertion.findall("a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData", NAMES)
    audiences = [_text(one) for one in assertion.findall("a:Conditions/a:AudienceRestriction/a:Audience", NAMES)]
    if us not in audiences or confirmed.get("Recipient") != back_to or name_format == TRANSIENT:
        raise ValueError("not for us, or a name that changes each time")
    [stated] = assertion.findall("a:AuthnStatement", NAMES)
    said: dict[str, list[str]] = {}
    for attribute in assertion.findall("a:AttributeStatement/a:Attribute", NAMES):
        values = [_text(value) for value in attribute.findall("a:AttributeValue", NAMES)]
        said.setdefault(attribute.get("Name"), []).extend(values)
    identity = Identity(
        issuer=_text(assertion.find("a:Issuer", NAMES)),
        subject=_text(assertion.find("a:Subject/a:NameID", NAMES)),
        acr=_text(stated.find("a:AuthnContext/a:AuthnContextClassRef", NAMES)),
        amr=tuple(said.get(METHODS, ())),
        auth_time=int(_instant(stated.attrib["AuthnInstant"]).timestamp()),
        claims=_claims(said),
    )
    ends = _instant(confirmed.attrib["NotOnOrAfter"])
    return Answer(identity, assertion.attrib["ID"], confirmed.attrib["InResponseTo"], ends)


def _claims(said: Mapping[str, list[str]]) -> dict[str, Any]:
    claims: dict[str, Any] = {
        name: values[0] if len(values) == 1 else values for name, values in said.items() if name not in OURS_TO_SAY
    }
    address = said.get(current_app.config["SAML_EMAIL"], [])
    return claims | ({"email": address[0], "email_verified": True} if len(address) == 1 else {})


def _text(node: Any) -> str:
    # the whole text, even when a comment splits it
    found = xml_utils.OneLogin_Saml2_XML.element_text(node) if node is not None else None
    return str(found or "").strip()


def _instant(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC)


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
