"""A device as the server sees it: it seals as static/js/sw-box.js does, with a clock of its own."""

from __future__ import annotations

import json
import secrets
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.test import TestResponse

from tests.support.pages.client import PageClient
from wss_cases.foundation import clock

REPORT = {
    "danger": "no", "names": "Jordan Pena\nMia K.", "what": "fight", "where": "hallway", "when": "now",
    "narrative": "Behind the gym.",
}  # fmt: skip
CIRCLE = {"kind": "community", "group": "9|", "students": "21", "adults": "1", "minutes": "20", "held_on": ""}


def seal(key: dict[str, str], name: str, text: str) -> dict[str, str]:
    """Seal a text as the browser does."""
    theirs = b64decode(key["point"])
    mine = ec.generate_private_key(ec.SECP256R1())
    sender = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    secret = mine.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    derived = HKDF(hashes.SHA256(), length=32, salt=sender + theirs, info=b"wss sealed box 1").derive(secret)
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(derived).encrypt(nonce, text.encode(), name.encode())
    parts = {"sender": sender, "nonce": nonce, "text": sealed}
    return {"name": name, "key": key["name"], **{part: b64encode(value).decode() for part, value in parts.items()}}


class Device:
    """One person's device; `ahead` is how far its clock is."""

    def __init__(self, client: PageClient, ahead: timedelta = timedelta(0)) -> None:
        self.client = client
        self.ahead = ahead
        self.told: dict[str, Any] = {}
        self.hear()

    def now(self) -> datetime:
        """The instant that the device's clock shows."""
        return clock.now() + self.ahead

    def hear(self) -> None:
        """Ask the server who is signed in, and have a key made where it says so."""
        self.told = self.client.get("/offline/device").get_json()
        if self.told["key_at"]:
            headers = {"X-CSRFToken": self.told["csrf"]}
            self.told["key"] = self.client.post(self.told["key_at"], json={}, headers=headers).get_json()
        self.told["contact"] = {"server": self.told["now"], "device": self.now().isoformat()}

    def write(
        self, kind: str = "report", school: int | None = None, draft: bool = False, name: str = "", **fields: str
    ) -> dict[str, str]:
        """Fill in a form without network; what comes back is all that the device holds of it."""
        whole = {**(REPORT if kind == "report" else CIRCLE), **fields}
        told = {
            "kind": kind, "fields": [[name, value] for name, value in whole.items()], "school": school, "draft": draft,
            "written": self.now().isoformat(), "contact": self.told["contact"],
        }  # fmt: skip
        return seal(self.told["key"], name or secrets.token_hex(16), json.dumps(told))

    def post(self, box: dict[str, str], token: str | None = None) -> TestResponse:
        """Send a box with the token that the server gave last."""
        body = {"box": box, "sent": self.now().isoformat()}
        headers = {"X-CSRFToken": self.told["csrf"] if token is None else token}
        return self.client.post("/offline/send", json=body, headers=headers)

    def send(self, box: dict[str, str]) -> dict[str, str]:
        """Send a box, and return what the server answered."""
        answer = self.post(box)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        told: dict[str, str] = answer.get_json()
        return told
