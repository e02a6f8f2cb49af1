"""The district's SAML 2.0 identity provider through python3-saml, loaded only when one is configured."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, redirect, session
from werkzeug.wrappers import Response

from wss_cases.foundation.operations.deferred import deferred
from wss_cases.foundation.sign_in.identity import SAML_REQUEST, Answer, Identity, SignOnRefused

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
