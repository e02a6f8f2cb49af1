"""A browser maker's push service as RFC 8030 has it, and the browser behind it.

It takes a message only with a signature of RFC 8292 for its own origin, keeps nothing it could read, and each browser
decrypts by RFC 8291 with the keys that it made itself. All of it is written down here anew, without the library that
the product uses.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wss_cases.foundation import clock

A_DAY = 24 * 3600


def plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def data_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Subscriber:
    """A browser's subscription: it alone can read what is sent to it."""

    def __init__(
        self, endpoint: str, private: ec.EllipticCurvePrivateKey | None = None, auth: bytes = b"s" * 16
    ) -> None:
        self.endpoint = endpoint
        self.auth = auth
        self._private = private or ec.generate_private_key(ec.SECP256R1())
        self.point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def fields(self) -> dict[str, str]:
        """What the page's script puts into the form."""
        return {"endpoint": self.endpoint, "p256dh": plain(self.point), "auth": plain(self.auth)}

    def read(self, body: bytes) -> bytes:
        """Decrypt one message (RFC 8188, RFC 8291). Raises where it is not for this browser."""
        salt, (size, length) = body[:16], struct.unpack("!LB", body[16:21])
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size, "more than one record"
        secret = self._private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        info = b"WebPush: info\0" + self.point + theirs
        keyed = HKDF(hashes.SHA256(), 32, self.auth, info).derive(secret)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(keyed)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(keyed)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded.endswith(b"\2"), "not the last record"
        return padded[:-1]


@dataclass(frozen=True)
class Pushed:
    """One message that the service took."""

    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def topic(self) -> str:
        """Under which a later one takes its place."""
        return self.headers["topic"]


class PushService:
    """Listens on a port of its own. `answers` are the next statuses, then 201; `signed_by` the public key that it asks
    for. What it refused stands in `refused`. `now` is the clock by which signatures expire: a library dates those of a
    process that a test starts by the machine's."""

    def __init__(self, signed_by: str, now: Callable[[], datetime] = clock.now) -> None:
        self.got: list[Pushed] = []
        self.refused: list[str] = []
        self.answers: list[int] = []
        self.retry_after = ""
        self.signed_by = signed_by
        self.now = now
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                pushed = Pushed(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                wrong = keeper.wrong_with(pushed)
                if wrong:
                    keeper.refused.append(wrong)
                else:
                    keeper.got.append(pushed)
                status = keeper.answers.pop(0) if keeper.answers else 201
                self.send_response(403 if wrong else status)
                self.send_header("Location", "/elsewhere")
                if keeper.retry_after:
                    self.send_header("Retry-After", keeper.retry_after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_about: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def subscriber(self, name: str = "phone") -> Subscriber:
        return Subscriber(f"{self.origin}/push/{name}")

    def wrong_with(self, pushed: Pushed) -> str:
        """Return what such a service refuses, '' where nothing is wrong."""
        told = pushed.headers
        if told.get("content-encoding") != "aes128gcm":
            return "encoding"
        if not told.get("ttl", "").isdigit():
            return "no TTL"
        if told.get("urgency") not in ("very-low", "low", "normal", "high"):
            return "urgency"
        if not 0 < len(told.get("topic", "")) <= 32:
            return "topic"
        return self._wrong_signature(told.get("authorization", ""))

    def _wrong_signature(self, said: str) -> str:
        scheme, _space, rest = said.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or parts.get("k") != self.signed_by:
            return "not bound to this key"
        head, claims, signature = parts["t"].split(".")
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data_of(parts["k"]))
        raw = data_of(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        try:
            key.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "signature"
        said_so = json.loads(data_of(claims))
        if json.loads(data_of(head)).get("alg") != "ES256" or said_so.get("aud") != self.origin:
            return "audience"
        if not 0 < said_so.get("exp", 0) - self.now().timestamp() <= A_DAY:
            return "expiry"
        return "" if str(said_so.get("sub", "")).startswith("mailto:") else "contact"

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening; sending now fails."""
        self.server.shutdown()
        self.server.server_close()
