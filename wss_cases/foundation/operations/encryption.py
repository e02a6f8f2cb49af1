"""Whether connections are encrypted. Production refuses to start with an unencrypted one."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import make_url

from wss_cases.foundation.connecting.hosts import each_host

ENCRYPTED_DATABASE = ("require", "verify-ca", "verify-full")
"""`prefer`, which is what a PostgreSQL address without sslmode means, falls back to plain text."""


def demand_encryption(public_url: str, databases: dict[str, str], smtp_url: str, plain_hosts: Collection[str]) -> None:
    """Raise RuntimeError when people, a database or the mail server would be reached without TLS.

    This machine and the hosts in `plain_hosts` are exempt.
    """
    if not public_url.startswith("https://"):
        raise RuntimeError("WSS_ENV=production needs PUBLIC_URL, and it begins with https://.")
    for name, address in databases.items():
        for host in _plain_database(name, address):
            _refuse_plain(name, host, plain_hosts, "Add ?sslmode=verify-full (or require)")
    _refuse_plain("SMTP_URL", _plain_mail(smtp_url), plain_hosts, "Write smtps:// or add ?starttls")


def _refuse_plain(name: str, host: str | None, plain_hosts: Collection[str], remedy: str) -> None:
    if host is not None and not _near(host, plain_hosts):
        raise RuntimeError(
            f"{name}: {host} would be reached without TLS. {remedy}, or name the host in WSS_PLAIN_HOSTS."
        )


def _plain_database(name: str, address: str) -> list[str]:
    """The hosts of a database address that may be reached without TLS; several when it has standbys."""
    if not address.startswith("postgres"):
        return []
    url = make_url(address)
    if url.query.get("sslmode") in ENCRYPTED_DATABASE:
        return []
    try:
        return [one.host for one in each_host(url)]
    except ValueError as error:
        raise RuntimeError(f"{name}: {error}.") from error


def _plain_mail(address: str) -> str | None:
    """The host of a mail server that may be reached without TLS, or None."""
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
