"""Pure rules of the district's sign-on: whether it asked for a second factor, and when its person proved it."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from wss_cases.access.actor import Role
from wss_cases.foundation.ids import fold_address

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CLAIM_SECONDS = 600
"""How long somebody may take to show that an account is theirs, once the sign-on said who they are."""
AGAIN_WITHIN = timedelta(minutes=5)
"""For clocks that differ, and for the way back."""


def asked_for_factor(acr: str, amr: Collection[str], demanded: Collection[str]) -> bool:
    """Whether the provider says that it did what is demanded: one of the values as `acr` or among `amr`."""
    return acr in demanded or any(method in demanded for method in amr)


def proved_within(auth_time: int | None, span: timedelta, now: datetime) -> bool:
    """Whether somebody proved to the provider within this time who they are; it has to say so."""
    return auth_time is not None and auth_time >= (now - span).timestamp()


def proved_at(auth_time: int | None, now: datetime) -> datetime | None:
    """Return when somebody proved to the provider who they are, None where it does not say (Google, Clever)."""
    return None if auth_time is None else min(now, EPOCH + timedelta(seconds=auth_time))


Claims = Mapping[str, Any]

VOUCHED_BY = ("email_verified", "xms_edov")
"""`xms_edov`: Entra's word that the address's domain is the tenant's own; an address alone anybody can set there."""
TYPES = ("user_type", "type", "role", "Role")
CHILDREN_AND_FAMILIES = frozenset({"student", "guardian", "parent", "contact", "family"})


def of_district(claims: Claims, tenant: tuple[str, str] | None) -> bool:
    """Whether the provider says that the person is one of the district's own, where it signs on others' people too."""
    return tenant is None or str(claims.get(tenant[0], "")) == tenant[1]


def vouched_address(claims: Claims, domains: Collection[str]) -> str:
    """Return the address that the provider vouches for, within the district's domains, or nothing."""
    address = claims.get("email")
    vouched = any(claims.get(name) in (True, "true", "1") for name in VOUCHED_BY)
    if not (vouched and isinstance(address, str) and fold_address(address).rpartition("@")[2] in domains):
        return ""
    return fold_address(address)


def staff_id(claims: Claims, claim: str) -> str:
    """Return the roster's id of a member of staff, where a claim is to hold it."""
    found = claims.get(claim) if claim else None
    return str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""


def is_child_or_family(claims: Claims) -> bool:
    """Whether the provider calls this a student's or a guardian's account: such a one gets none here."""
    return any(word.lower() in CHILDREN_AND_FAMILIES for name in TYPES for word in _words(claims.get(name)))


def roles_claimed(claims: Claims, mapping: Collection[tuple[str, str, str]]) -> list[Role]:
    """Return the roles that the district's mapping gives for what the provider says.

    Where it leaves the groups out because there are too many (Entra, above 200) they give none.
    """
    return sorted({Role(role) for claim, value, role in mapping if value in _words(claims.get(claim))})


def _words(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [word for word in values if isinstance(word, str)]
