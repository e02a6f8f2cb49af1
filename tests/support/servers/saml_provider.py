"""A small SAML 2.0 identity provider over HTTP on this machine: metadata, redirect in, a posted form out.

It signs on whoever `name_id` says, with `attributes`. `spoil` changes the finished XML before it is signed, and
`after` once it is.
"""

from __future__ import annotations

import base64
import html
import secrets
import threading
import zlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from tests.support.fixed import day
from wss_cases.foundation import clock

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


@cache
def key_and_certificate(number: int = 1) -> tuple[str, str]:
    """Return one of a process's keys and its own certificate, as PEM; making one takes half a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, *day.CERTIFIED)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    return pem.decode(), certificate.decode()


class SamlIdp:
    """One identity provider with its key and the person who is at its page."""

    def __init__(self) -> None:
        self.key, self.certificate = key_and_certificate()
        self.signs = "assertion"
        self.name_id, self.name_format = "u-1", PERSISTENT
        self.attributes: dict[str, list[str]] = {}
        self.context = PASSWORD
        self.asked_ago = timedelta(0)
        self.spoil: Callable[[str], str] = lambda text: text
        self.after: Callable[[str], str] = lambda text: text
        self.asked: list[Any] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.entity = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Answer until `stop`."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Be down."""
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> str:
        """Return what the application is set up with."""
        body = "".join(self.certificate.strip().splitlines()[1:-1])
        return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">
<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{body}</ds:X509Certificate>
</ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Location="{self.entity}/sso"
Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"/></md:IDPSSODescriptor></md:EntityDescriptor>"""

    def answer(self, request: str) -> tuple[str, str]:
        """Return where the browser posts to, and the response that it posts."""
        asked = etree.fromstring(zlib.decompress(base64.b64decode(request), -15))
        self.asked.append(asked)
        where = asked.get("AssertionConsumerServiceURL")
        text = self.spoil(self._response(asked.get("ID"), where, asked.findtext("{*}Issuer")))
        return where, base64.b64encode(self.after(self._signed(text)).encode()).decode()

    def _signed(self, text: str) -> str:
        root = etree.fromstring(text)
        if self.signs == "nothing":
            return text
        if self.signs == "response":
            return self._sign(root)
        assertion = root.find("{*}Assertion")
        root.replace(assertion, etree.fromstring(self._sign(assertion)))
        return str(etree.tostring(root).decode())

    def _sign(self, element: Any) -> str:
        alone = etree.tostring(element)
        signed = OneLogin_Saml2_Utils.add_sign(alone, self.key, self.certificate, sign_algorithm=RSA_SHA256)
        return str(signed.decode())

    def _response(self, request_id: str, where: str, audience: str) -> str:
        now = clock.now()
        moments = (now, now + timedelta(minutes=5), now - self.asked_ago)
        at, end, asked = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in moments)
        said = "".join(_attribute(name, values) for name, values in self.attributes.items())
        statement = f"<saml:AttributeStatement>{said}</saml:AttributeStatement>" if said else ""
        return f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{secrets.token_hex(16)}" Version="2.0" IssueInstant="{at}"
 Destination="{where}" InResponseTo="{request_id}"><saml:Issuer>{self.entity}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_{secrets.token_hex(16)}" Version="2.0"
 IssueInstant="{at}"><saml:Issuer>{self.entity}</saml:Issuer><saml:Subject>
<saml:NameID Format="{self.name_format}">{self.name_id}</saml:NameID><saml:SubjectConfirmation Method="{BEARER}">
<saml:SubjectConfirmationData InResponseTo="{request_id}" Recipient="{where}" NotOnOrAfter="{end}"/>
</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{at}" NotOnOrAfter="{end}">
<saml:AudienceRestriction>
<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{asked}"><saml:AuthnContext><saml:AuthnContextClassRef>{self.context}
</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{statement}</saml:Assertion></samlp:Response>"""


def _attribute(name: str, values: list[str]) -> str:
    said = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}">{said}</saml:Attribute>'


def _handler(idp: SamlIdp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            request = parse_qs(urlsplit(self.path).query)["SAMLRequest"][0]
            where, response = idp.answer(request)
            field = f'<input name="SAMLResponse" value="{response}">'
            page = f'<form method="post" action="{html.escape(where)}">{field}</form>'
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
