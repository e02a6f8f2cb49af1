"""Whether what the application talks to is reached encrypted; in production nothing else is started with."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import make_url

ENCRYPTED_DATABASE = ("require", "verify-ca", "verify-full")
"""`prefer`, which is what a PostgreSQL address without sslmode means, falls back to plain text."""


def demand_encryption(public_url: str, databases: dict[str, str], smtp_url: str, plain_hosts: Collection[str]) -> None:
    """Raise RuntimeError where people, a database or the mail server would be reached without TLS.

    This machine, and the hosts named as `plain_hosts`, are reached as their address says.
    """
    if not public_url.startswith("https://"):
        raise RuntimeError("WSS_ENV=production needs PUBLIC_URL, and it begins with https://.")
    for name, address in databases.items():
        plain = _plain_database(address)
        if plain is not None and not _near(plain, plain_hosts):
            raise RuntimeError(
                f"{name}: {plain} would be reached without TLS. Add ?sslmode=verify-full (or require), "
                "or name the host in WSS_PLAIN_HOSTS."
            )
    plain = _plain_mail(smtp_url)
    if plain is not None and not _near(plain, plain_hosts):
        raise RuntimeError(
            f"SMTP_URL: {plain} would be reached without TLS. Write smtps:// or add ?starttls, "
            "or name the host in WSS_PLAIN_HOSTS."
        )


def _plain_database(address: str) -> str | None:
    """Return the host of a database that may be talked to in plain text, or None."""
    if not address.startswith("postgres"):
        return None
    url = make_url(address)
    mode = url.query.get("sslmode")
    return (
        None
        if mode in ENCRYPTED_DATABASE
        else str(url.host or url.query.get("hostaddr") or url.query.get("host") or "")
    )


def _plain_mail(address: str) -> str | None:
    """Return the host of a mail server that may be talked to in plain text, or None."""
    url = urlsplit(address)
    encrypted = url.scheme in ("smtps", "smtp+starttls") or "starttls" in parse_qs(url.query, keep_blank_values=True)
    return None if not url.scheme or encrypted else (url.hostname or "")


def _near(host: str, plain_hosts: Collection[str]) -> bool:
    # no host, or a path: a socket of this machine
    if host in ("", "localhost") or host.startswith("/") or host in plain_hosts:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
