"""Settings of the district's sign-on: its provider, and who gets an account from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

OF_MANY_DISTRICTS = ("https://accounts.google.com", "https://clever.com", "https://launchpad.classlink.com")
"""Issuers whose people are those of any district."""
OF_ANY_TENANT = ("/common/", "/organizations/", "/consumers/")
GIVEN_BY_CLAIM = ("reporter", "dean", "coordinator", "administrator")


def sign_on_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of the sign-on. Raises RuntimeError, naming the variable, for an invalid one."""
    issuer, client = environ.get("WSS_OIDC_ISSUER", ""), environ.get("WSS_OIDC_CLIENT_ID", "")
    secret = environ.get("WSS_OIDC_CLIENT_SECRET", "")
    if issuer and not (client and secret):
        raise RuntimeError("WSS_OIDC_ISSUER needs WSS_OIDC_CLIENT_ID and WSS_OIDC_CLIENT_SECRET.")
    if issuer and not issuer.startswith("https://") and environ.get("WSS_ENV") == "production":
        raise RuntimeError("WSS_OIDC_ISSUER: in production it begins with https://.")
    if any(anybody in f"{issuer}/" for anybody in OF_ANY_TENANT):
        raise RuntimeError("WSS_OIDC_ISSUER: name your own tenant by its id; this one signs on anybody's people.")
    return {
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": client,
        "OIDC_CLIENT_SECRET": secret,
        "OIDC_ACR": tuple(environ.get("WSS_OIDC_ACR", "").split()),
        **_saml(environ, issuer),
        **_first_use(environ, issuer),
    }


def _saml(environ: Mapping[str, str], issuer: str) -> dict[str, Any]:
    metadata = environ.get("WSS_SAML_METADATA", "")
    if metadata and issuer:
        raise RuntimeError("WSS_SAML_METADATA and WSS_OIDC_ISSUER are both set: keep one sign-on.")
    if metadata and not Path(metadata).is_file():
        raise RuntimeError(f"WSS_SAML_METADATA={metadata} is no file that can be read.")
    return {"SAML_METADATA": metadata, "SAML_EMAIL": environ.get("WSS_SAML_EMAIL", "")}


def _first_use(environ: Mapping[str, str], issuer: str) -> dict[str, Any]:
    staff_id, domains = environ.get("WSS_SIGN_ON_STAFF_ID", ""), environ.get("WSS_SIGN_ON_DOMAINS", "").lower().split()
    tenant = tuple(part.strip() for part in environ.get("WSS_SIGN_ON_TENANT", "").partition("=")[::2])
    if any(tenant) and not all(tenant):
        raise RuntimeError("WSS_SIGN_ON_TENANT: write claim=value, as hd=district.org.")
    if (staff_id or domains) and issuer.rstrip("/") in OF_MANY_DISTRICTS and not all(tenant):
        raise RuntimeError("WSS_SIGN_ON_TENANT is needed: this issuer signs on people of many districts.")
    mapping = [entry for entry in environ.get("WSS_SIGN_ON_ROLES", "").split(";") if entry.strip()]
    return {
        "SIGN_ON_STAFF_ID": staff_id,
        "SIGN_ON_DOMAINS": tuple(domains),
        "SIGN_ON_TENANT": tenant if all(tenant) else None,
        "SIGN_ON_ROLES": tuple(_mapped(entry) for entry in mapping),
    }


def _mapped(entry: str) -> tuple[str, str, str]:
    claim, _equals, rest = entry.partition("=")
    value, _colon, role = rest.rpartition(":")
    claim, value, role = claim.strip(), value.strip(), role.strip()
    if not (claim and value) or role not in GIVEN_BY_CLAIM:
        words = f"WSS_SIGN_ON_ROLES: {entry.strip()} is not claim=value:role, with one of {', '.join(GIVEN_BY_CLAIM)}."
        raise RuntimeError(words)
    return claim, value, role
