"""Pure rules of the second factor: who must have one, which code is right, and when guessing ends."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

import pyotp

from wss_cases.access.actor import Actor, Role

PURPOSE = "second factor"
"""What the keys of the sealed secrets are derived for."""

EVERYBODY, OF_ADMINISTRATORS = "everybody", "administrators"
ADMINISTRATORS = (Role.ADMINISTRATOR, Role.DISTRICT, Role.SYSADMIN)
STEP_SECONDS = 30
DIGITS = 6
HALF_LASTS = timedelta(minutes=10)
"""How long a right password waits for its code."""
FRESH_MINUTES = 15
MOST_FAILURES = 50
"""Wrong codes in a row after which only a system administrator helps; NIST SP 800-63B-4 allows 100 at most."""

RECOVERY_CODES = 10
_CODE_BYTES = 15
"""120 bits: a code of more than 112 may be stored as a plain digest (ASVS 6.5.2)."""
_GROUP = 6


def must_have(actor: Actor, exempt: bool, demanded: str) -> bool:
    """Whether this person works only with a second factor. `demanded` is the setting SECOND_FACTOR: of whom.

    Exempt are demo accounts outside of production: they share a printed password and reach invented people only.
    """
    asked = demanded == EVERYBODY or (demanded == OF_ADMINISTRATORS and actor.has(*ADMINISTRATORS))
    return asked and not exempt


class Proof(Enum):
    """What somebody who is signed in proves again with who they are."""

    TYPED = "typed"
    SIGN_ON = "sign_on"
    CODE = "code"
    NONE_YET = "none_yet"


def proof_of(by_sign_on: bool, says_when: bool, has_factor: bool) -> Proof:
    """Return what a session's person is asked for again: the sign-on where it says when it asked, else the own code.

    A sign-on that does not say may have let in whoever sits at an open browser.
    """
    if not by_sign_on:
        return Proof.TYPED
    if says_when:
        return Proof.SIGN_ON
    return Proof.CODE if has_factor else Proof.NONE_YET


def new_secret() -> str:
    """Return a fresh secret for an app, 160 bits in base32."""
    return pyotp.random_base32(32)


def spaced(secret: str) -> str:
    """Return a secret in groups of four, as people type it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def app_address(secret: str, email: str) -> str:
    """Return the otpauth address that an app reads from the picture."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Whole School Safety"))


def step_of(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step of now when this is its code, or None when it is not, or was used before.

    The steps beside it do not count: a code lives 30 seconds (ASVS 6.5.5). Phones set their clocks by the network.
    """
    current = int(now.timestamp()) // STEP_SECONDS
    right = pyotp.TOTP(secret).at(current * STEP_SECONDS)
    same = hmac.compare_digest(right.encode(), "".join(code.split()).encode())
    return current if same and current > last_step else None


def new_recovery_codes() -> list[str]:
    """Return fresh recovery codes in groups, without letters that look alike."""
    made = []
    for _number in range(RECOVERY_CODES):
        letters = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
        made.append("-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP)))
    return made


def plain_recovery_code(code: str) -> str:
    """Return what a typed recovery code means: no spaces, hyphens or capitals."""
    return "".join(code.split()).replace("-", "").lower()


def looks_like_recovery(code: str) -> bool:
    """Whether somebody typed a recovery code and not the digits of the app."""
    return len(plain_recovery_code(code)) > DIGITS


def may_use_password(email: str, roles: Iterable[Role], sign_on: bool, break_glass: str) -> bool:
    """Whether an account signs in with a password here.

    Where there is a sign-on, staff use it, so that nobody goes around its second factor; a partner's people are not
    known to it, and one account opens the door on the day it is down.
    """
    held = list(roles)
    partner = bool(held) and all(role is Role.PARTNER for role in held)
    return not sign_on or partner or (bool(break_glass) and email == break_glass)
