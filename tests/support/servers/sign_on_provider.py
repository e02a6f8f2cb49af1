"""A small OpenID Connect provider over HTTP on this machine: discovery, keys, authorization code with PKCE, tokens.

It signs on whoever `person` says. `spoil` changes the claims of the next token, `key` and `algorithm` what signs it.
`says_when`, `takes_prompts`, `offers` and `secret_in` are what providers differ in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry

from wss_cases.foundation import clock

CLIENT_ID = "wss-test"
CLIENT_SECRET = "a-secret-that-protects-nothing"
Claims = dict[str, Any]


@cache
def private_key(number: int) -> RSAKey:
    """Return one of a process's keys; making one takes half a second."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Provider:
    """One issuer with its keys, its codes and the person who is at its page."""

    def __init__(self) -> None:
        self.key = self.published = private_key(1)
        self.algorithm = "RS256"
        self.person: Claims = {"sub": "u-1"}
        self.spoil: Callable[[Claims], None] = lambda claims: None
        self.token: str | None = None
        self.says_when = True
        self.takes_prompts = ("none", "login", "consent", "select_account")
        self.offers: Claims = {}
        self.secret_in = "header"
        self.now: Callable[[], float] = lambda: clock.now().timestamp()
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Answer until `stop`."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Be down."""
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> Claims:
        """Return the discovery document; it offers more than a careful client takes."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
            **self.offers,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Sign the person on and return where the browser goes next."""
        assert asked["client_id"] == CLIENT_ID and asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        if asked.get("prompt", "none") not in self.takes_prompts:
            return ""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, sent: dict[str, str], basic: str) -> tuple[int, Claims]:
        """Give a token for a code, once, to the client that holds the verifier."""
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self.codes.pop(sent.get("code", ""), None)
        knows = sent.get("client_secret") == CLIENT_SECRET if self.secret_in == "body" else basic == f"Basic {expected}"
        if not knows or asked is None:
            return 400, {"error": "invalid_client" if asked else "invalid_grant"}
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        signed = self.token or self.sign(asked["nonce"])
        return 200, {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": signed}

    def sign(self, nonce: str) -> str:
        """Return an ID token for the person."""
        now = int(self.now())
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "nonce": nonce, "iat": now, "exp": now + 300,
            **({"auth_time": now} if self.says_when else {}), **self.person,
        }  # fmt: skip
        self.spoil(claims)
        header = {"alg": self.algorithm, "kid": "one"}
        registry = JWSRegistry(algorithms=[self.algorithm])
        key: Any = OctKey.import_key(CLIENT_SECRET) if self.algorithm in ("HS256", "none") else self.key
        return jwt.encode(header, claims, key, registry=registry)


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                back = provider.authorize(asked)
                self.send_response(302 if back else 400)  # a page of its own, as Google's: nothing comes back
                self.send_header("Location", back)
                self.end_headers()
            elif parts.path == "/keys":
                self._answer(200, {"keys": [provider.published.as_dict(private=False)]})
            elif parts.path == "/.well-known/openid-configuration":
                self._answer(200, provider.metadata())
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.exchange(sent, self.headers.get("Authorization", "")))

        def _answer(self, status: int, document: Claims) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
