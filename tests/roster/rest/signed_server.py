"""A OneRoster 1.1 server with OAuth 1, in a process of its own: it prints its port, and takes what is signed rightly.

The signature is checked by the library's server side, and made here a second time, apart from the application's.
"""

import base64
import hashlib
import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.oauth1 import OAuth1Request
from authlib.oauth1.rfc5849.base_server import BaseServer
from authlib.oauth1.rfc5849.errors import InvalidClientError, OAuth1Error
from authlib.oauth1.rfc5849.signature import generate_signature_base_string

CLIENT, SECRET = "us & co", "s&cret/+ñ"
METHOD = "HMAC-SHA256"
ROWS: dict[str, list[dict[str, Any]]] = {
    "orgs": [{"sourcedId": "s1", "name": "Willow Street", "type": "school"}],
    "users": [
        {"sourcedId": f"u{n}", "enabledUser": True, "identifier": str(n), "givenName": "Given", "familyName": "Elm",
         "grades": ["09"], "role": "student", "orgs": [{"sourcedId": "s1"}]}
        for n in range(3)
    ],
}  # fmt: skip


def _is_right(request: Any) -> bool:
    key = b"s%26cret%2F%2B%C3%B1&"  # the secret as RFC 5849 has it escaped
    made = hmac.new(key, generate_signature_base_string(request).encode(), hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(made).decode(), request.signature)


class Verifier(BaseServer):
    """Takes each nonce once, and no request that is older than five minutes."""

    SUPPORTED_SIGNATURE_METHODS = (METHOD,)
    SIGNATURE_METHODS = {METHOD: _is_right}

    def __init__(self) -> None:
        self.nonces: set[str] = set()

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        used = nonce in self.nonces
        self.nonces.add(nonce)
        return used

    def verify(self, url: str, headers: Any) -> None:
        """Raise OAuth1Error for a request that is not signed rightly."""
        request = OAuth1Request("GET", url, None, headers)
        if request.client_id != CLIENT:
            raise InvalidClientError
        request.client = SimpleNamespace(get_client_secret=lambda: SECRET)
        self.validate_timestamp_and_nonce(request)
        self.validate_oauth_signature(request)


class Handler(BaseHTTPRequestHandler):
    """One record on each page."""

    verifier = Verifier()

    def do_GET(self) -> None:
        """Answer with a page of a collection."""
        parts = urlsplit(self.path)
        try:
            self.verifier.verify(f"http://{self.headers['Host']}{self.path}", self.headers)
        except OAuth1Error as error:
            self._say(error.status_code, {"imsx_codeMajor": "failure"}, 0)
            return
        kind, first = parts.path.rsplit("/", 1)[1], int(parse_qs(parts.query)["offset"][0])
        rows = ROWS.get(kind, [])
        self._say(200, {kind: rows[first : first + 1]}, len(rows))

    def _say(self, status: int, body: Any, total: int) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Total-Count", str(total))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_about: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(0.01)
