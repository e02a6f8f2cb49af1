"""Pure rules of accounts: sessions, throttling, passwords, and who may give which role."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from email_validator import EmailNotValidError, validate_email

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold

SEEN_EVERY = timedelta(minutes=1)
INVITATION_LASTS = timedelta(days=7)

THROTTLE_WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 5
FAILURES_PER_ADDRESS = 100
"""A whole school may sign in from one address, so this only stops automated guessing."""

FEED_WINDOW = timedelta(minutes=15)
FEED_READINGS = 60
"""Per window. Calendars read every quarter of an hour at most; a program that reads every second is broken."""

LONGEST_ADDRESS = 254

PASSWORD_MINIMUM = 15
PASSWORD_MINIMUM_BESIDE_FACTOR = 8
PASSWORD_MAXIMUM = 256

SCHOOL_ROLES = (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)
DISTRICT_ROLES = (Role.DISTRICT,)
GIVEN_BY_HAND = tuple(role for role in Role if role is not Role.PARTNER)
"""Roles a system administrator gives; a partner's people are invited on the partner's page."""
GIVEN_BY_SCHOOL = (Role.REPORTER, Role.DEAN, Role.COORDINATOR)
"""Roles a school administrator gives at their own school."""

GUESSES_ALONE = 10**10
GUESSES_BESIDE_FACTOR = 10**6
"""Guesses that a password must withstand by zxcvbn's estimate, which tries leaked passwords, words, names, dates and
keyboard patterns, also repeated and combined. Source: its authors' limits for a stolen file of slow hashes, and for
online guessing."""
LOOKED_AT = 40
"""Characters of a password that are estimated: a longer one is no weaker, and would take longer to check."""
OWN_WORDS = (
    "school", "schools", "safety", "chicago", "teacher", "welcome", "contrasena", "escuela", "maestra", "maestro",
)  # fmt: skip
_OURS = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split()


def is_address(text: str) -> bool:
    """Whether a text is an email address that an account can have."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return len(text) <= LONGEST_ADDRESS


def session_end(created_at: datetime, seen_at: datetime, idle: timedelta, absolute: timedelta) -> datetime:
    """When a session ends without further requests: the idle limit, within the absolute one."""
    return min(created_at + absolute, seen_at + idle)


def throttled(account_failures: int, address_failures: int) -> bool:
    """Whether this account or address has failed too often within the window."""
    return account_failures >= FAILURES_PER_ACCOUNT or address_failures >= FAILURES_PER_ADDRESS


def read_too_often(reads: int, counted_from: datetime, now: datetime) -> bool:
    return reads >= FEED_READINGS and counted_from > now - FEED_WINDOW


def password_minimum(beside_factor: bool) -> int:
    """Minimum length of a password. Source: NIST SP 800-63B-4, 15 alone, 8 with a second factor."""
    return PASSWORD_MINIMUM_BESIDE_FACTOR if beside_factor else PASSWORD_MINIMUM


def password_problem(password: str, email: str, name: str, minimum: int = PASSWORD_MINIMUM) -> str | None:
    """Why a password is refused, or None. No composition rules; every character counts as typed. Source: NIST SP
    800-63B-4; blocklist with context words, and simple combinations of them (ASVS 6.2.4)."""
    if len(password) < minimum:
        return _("Use at least %(n)d characters. Several words are easier to remember than one.", n=minimum)
    if len(password) > PASSWORD_MAXIMUM:
        return _("Use at most %(n)d characters.", n=PASSWORD_MAXIMUM)
    folded = fold(password).replace(" ", "")
    context = [part for part in (fold(email.split("@")[0]), *fold(name).split(), "wholeschoolsafety") if len(part) > 3]
    rest = folded
    for part in context:
        rest = rest.replace(part, "")
    if (
        folded in common_passwords()
        or len(set(password)) < 5
        or len(rest) < 8
        or _is_run(folded)
        or _guesses(folded, context) < _least(password)
    ):
        return _("This password is easy to guess. Choose another one.")
    return None


@cache
def common_passwords() -> frozenset[str]:
    """The 30,000 most common leaked passwords from zxcvbn, and those typical of schools."""
    # Imported here because it takes 12 MB, and few processes check new passwords.
    leaked: dict[str, list[str]] = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
    return frozenset(leaked["passwords"]) | frozenset(_OURS)


def _guesses(folded: str, context: list[str]) -> int:
    reckon: Callable[..., dict[str, Any]] = import_module("zxcvbn").zxcvbn
    return int(reckon(folded[:LOOKED_AT], user_inputs=[*context, *OWN_WORDS])["guesses"])


def _least(password: str) -> int:
    # A password long enough to stand alone may have to, if the second factor is removed.
    return GUESSES_ALONE if len(password) >= PASSWORD_MINIMUM else GUESSES_BESIDE_FACTOR


def _is_run(text: str) -> bool:
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(text)}
    return len(text) > 1 and len(steps) == 1


def manages(actor: Actor, held: list[Any]) -> bool:
    """Whether the actor manages an account with these grants: all accounts, or staff of their own school. Leave out
    grants that are over: a school no longer manages people who left it."""
    if actor.is_system or actor.has(Role.SYSADMIN):
        return True
    own = actor.school_ids(Role.ADMINISTRATOR)
    beyond = [grant for grant in held if grant.role not in GIVEN_BY_SCHOOL]
    return not beyond and any(grant.school_id in own for grant in held)


def may_give(actor: Actor, role: Role, school_id: int | None) -> bool:
    """Whether the actor may give or end this role at this school (None: the district, or no scope)."""
    if actor.is_system or actor.has(Role.SYSADMIN):
        return True
    return role in GIVEN_BY_SCHOOL and school_id in actor.school_ids(Role.ADMINISTRATOR)
