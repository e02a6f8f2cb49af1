"""Proof of identity: password hashes, second factor and recovery codes, and signed tokens in links."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from sqlalchemy import ForeignKey, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.settings import setting, signing_keys
from wss_cases.foundation.sign_in import is_on


class SecondFactor(Base):
    """A time-based code (RFC 6238). `last_step` is the newest step used, so that no code works twice. `failures`
    counts wrong codes since the last right one, so that guessing is stopped and not only slowed."""

    __tablename__ = "second_factor"
    PRIVATE = frozenset({"sealed_text", "sealed_key"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_name: Mapped[str] = mapped_column(String(16), index=True)
    since: Mapped[datetime]
    last_step: Mapped[int]
    failures: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """One code that replaces the app once; the table holds its digest."""

    __tablename__ = "recovery_code"
    PRIVATE = frozenset({"digest"})

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


PURPOSE = "second factor"
"""Purpose of the keys that seal the secrets."""

EVERYBODY, OF_ADMINISTRATORS = "everybody", "administrators"
ADMINISTRATORS = (Role.ADMINISTRATOR, Role.DISTRICT, Role.SYSADMIN)
STEP_SECONDS = 30
DIGITS = 6
HALF_LASTS = timedelta(minutes=10)
"""How long a right password waits for its code."""
FRESH_MINUTES = 15
MOST_FAILURES = 50
"""Wrong codes in a row after which only a system administrator can help; NIST SP 800-63B-4 allows at most 100."""

RECOVERY_CODES = 10
_CODE_BYTES = 15
"""120 bits: codes above 112 bits may be stored as a plain digest (ASVS 6.5.2)."""
_GROUP = 6


def must_have(actor: Actor, exempt: bool, demanded: str) -> bool:
    """Whether this person needs a second factor. `demanded` is the setting SECOND_FACTOR: of whom. Demo accounts
    outside production are exempt: they share a printed password and reach invented people only."""
    is_demanded = demanded == EVERYBODY or (demanded == OF_ADMINISTRATORS and actor.has(*ADMINISTRATORS))
    return is_demanded and not exempt


class Proof(Enum):
    """How a signed-in person proves their identity again."""

    TYPED = "typed"
    SIGN_ON = "sign_on"
    CODE = "code"
    NONE_YET = "none_yet"


def proof_of(by_sign_on: bool, says_when: bool, has_factor: bool) -> Proof:
    """How the person of a session proves their identity again: by the sign-on if it reports when it asked, otherwise
    by their own code. A sign-on that does not report may have accepted anyone at an open browser."""
    if not by_sign_on:
        return Proof.TYPED
    if says_when:
        return Proof.SIGN_ON
    return Proof.CODE if has_factor else Proof.NONE_YET


def new_secret() -> str:
    """A new secret for an app, 160 bits in base32."""
    return pyotp.random_base32(32)


def spaced(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def app_address(secret: str, email: str) -> str:
    """The otpauth address in the QR code that an app scans."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Whole School Safety"))


def step_of(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The current step if this is its code, None if it is wrong or was used. Neighboring steps do not count: a code
    is valid for 30 seconds (ASVS 6.5.5), and phones set their clocks by the network."""
    current = int(now.timestamp()) // STEP_SECONDS
    right = pyotp.TOTP(secret).at(current * STEP_SECONDS)
    same = hmac.compare_digest(right.encode(), "".join(code.split()).encode())
    return current if same and current > last_step else None


def new_recovery_codes() -> list[str]:
    """New recovery codes in groups, without letters that look alike."""
    made = []
    for _number in range(RECOVERY_CODES):
        letters = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()
        made.append("-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP)))
    return made


def plain_recovery_code(code: str) -> str:
    """A typed recovery code without spaces, hyphens and capitals."""
    return "".join(code.split()).replace("-", "").lower()


def looks_like_recovery(code: str) -> bool:
    """Whether a recovery code was typed rather than the app's digits."""
    return len(plain_recovery_code(code)) > DIGITS


def may_use_password(email: str, roles: Iterable[Role]) -> bool:
    """Whether an account signs in with a password. With a district sign-on, staff must use it, so that nobody avoids
    its second factor. Exceptions: partners' people, whom it does not know, and one account (the setting BREAK_GLASS)
    for days when it is down."""
    own_roles, break_glass = list(roles), setting("BREAK_GLASS")
    partner = bool(own_roles) and all(role is Role.PARTNER for role in own_roles)
    return not is_on() or partner or (bool(break_glass) and email == break_glass)


def factor_state(user_id: int) -> Any:
    """(since, codes_left): since when a second factor is on, and how many recovery codes are left; None without one."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)).scalar_subquery()
    columns = select(SecondFactor.since, left.label("codes_left"))
    return db.session.execute(columns.where(SecondFactor.user_id == user_id)).first()


ENROLMENT_SECONDS = 3600


def _token(number: int, salt: str) -> str:
    return str(URLSafeSerializer(signing_keys(), salt=salt).dumps(number))


def _number_of(token: str, salt: str) -> int | None:
    """The number in a token; None for one not made here."""
    try:
        number = URLSafeSerializer(signing_keys(), salt=salt).loads(token)
    except BadSignature:
        return None
    return number if isinstance(number, int) else None


def invitation_token(invitation_id: int) -> str:
    return _token(invitation_id, "invitation")


def invitation_id_of(token: str) -> int | None:
    return _number_of(token, "invitation")


def held_token(held_id: int) -> str:
    """The token with which an account's holder confirms a held change."""
    return _token(held_id, "held change")


def held_id_of(token: str) -> int | None:
    return _number_of(token, "held change")


def not_me_token(message_id: int) -> str:
    """The token with which the recipient of an email about a change says that it was not theirs."""
    return _token(message_id, "not me")


def message_id_of(token: str) -> int | None:
    return _number_of(token, "not me")


def _enrolment_signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_keys(), salt="second factor")


def signed_secret(user_id: int, secret: str) -> str:
    """A new secret, signed for this person, for the form that confirms it."""
    return str(_enrolment_signer().dumps([user_id, secret]))


def secret_of(user_id: int, signed: str) -> str | None:
    """The secret, or None if it was not made here, for this person, within the hour."""
    try:
        owner, secret = _enrolment_signer().loads(signed, max_age=ENROLMENT_SECONDS)
    except (BadSignature, TypeError, ValueError):
        return None
    return str(secret) if owner == user_id else None


_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher.hash("no account has this password")


def hash_password(password: str) -> str:
    """The argon2id hash of a password, exactly as typed."""
    return _hasher.hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. An account without one takes as long and never matches."""
    try:
        return _hasher.verify(password_hash or _nobodys(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)
