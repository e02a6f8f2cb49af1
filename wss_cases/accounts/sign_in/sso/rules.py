"""Pure rules of the district's sign-on: its second factor, the time of its proof, and the claims of its people."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from wss_cases.access.actor import Role
from wss_cases.foundation.ids import fold_address

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CLAIM_SECONDS = 600
"""Seconds to show that an existing account is one's own after the sign-on."""
AGAIN_WITHIN = timedelta(minutes=5)
"""Allowance for different clocks and the way back."""


def asked_for_factor(acr: str, amr: Collection[str], demanded: Collection[str]) -> bool:
    """Whether the provider confirms a demanded method, as `acr` or among `amr`."""
    return acr in demanded or any(method in demanded for method in amr)


def proved_within(auth_time: int | None, span: timedelta, now: datetime) -> bool:
    """Whether the provider reports a proof of identity within this time."""
    return auth_time is not None and auth_time >= (now - span).timestamp()


def proved_at(auth_time: int | None, now: datetime) -> datetime | None:
    """When the person proved their identity to the provider, None if it does not report that (Google, Clever)."""
    return None if auth_time is None else min(now, EPOCH + timedelta(seconds=auth_time))


Claims = Mapping[str, Any]

VOUCHED_BY = ("email_verified", "xms_edov")
"""`xms_edov`: Entra confirms that the address's domain is the tenant's own; there anyone can set an address."""
TYPES = ("user_type", "type", "role", "Role")
CHILDREN_AND_FAMILIES = frozenset({"student", "guardian", "parent", "contact", "family"})


def of_district(claims: Claims, tenant: tuple[str, str] | None) -> bool:
    """Whether the person belongs to the district, for a provider that also signs in others."""
    return tenant is None or str(claims.get(tenant[0], "")) == tenant[1]


def vouched_address(claims: Claims, domains: Collection[str]) -> str:
    """The address in the district's domains that the provider vouches for, or ''."""
    address = claims.get("email")
    vouched = any(claims.get(name) in (True, "true", "1") for name in VOUCHED_BY)
    if not (vouched and isinstance(address, str) and fold_address(address).rpartition("@")[2] in domains):
        return ""
    return fold_address(address)


def staff_id(claims: Claims, claim: str) -> str:
    """The roster's staff id in a claim, or ''."""
    value = claims.get(claim) if claim else None
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def is_child_or_family(claims: Claims) -> bool:
    """Whether the provider marks this as a student's or guardian's account; these get no account here."""
    return any(word.lower() in CHILDREN_AND_FAMILIES for name in TYPES for word in _words(claims.get(name)))


def roles_claimed(claims: Claims, mapping: Collection[tuple[str, str, str]]) -> list[Role]:
    """The roles that the district's mapping gives for these claims. None if Entra leaves out the groups because
    there are more than 200."""
    return sorted({Role(role) for claim, value, role in mapping if value in _words(claims.get(claim))})


def _words(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [word for word in values if isinstance(word, str)]
