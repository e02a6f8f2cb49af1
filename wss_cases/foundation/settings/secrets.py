"""Secret settings. Each may stand in a file that a vault or the service manager provides."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from sqlalchemy.engine import make_url

SECRETS = (
    "WSS_KEYS", "WSS_PUSH_KEY", "DATABASE_URL", "REPORTS_DATABASE_URL", "WATCH_DATABASE_URL", "DATABASE_PASSWORD",
    "SMTP_URL", "SMTP_PASSWORD", "WSS_OIDC_CLIENT_SECRET", "WSS_METRICS_TOKEN", "WSS_SETUP_TOKEN",
    "WSS_ROSTER_CLIENT_SECRET", "WSS_EDFI_SECRET",
)  # fmt: skip
"""Each has a twin that ends in _FILE and names a file with the value."""


def with_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings with the contents of their secret files.

    Raises RuntimeError, which never shows a value, when a secret is given twice or its file cannot be read.
    """
    found = dict(environ)
    for name in SECRETS:
        path = environ.get(f"{name}_FILE")
        if not path:
            continue
        if environ.get(name):
            raise RuntimeError(f"{name} and {name}_FILE are both set: keep one.")
        try:
            found[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise RuntimeError(f"{name}_FILE={path} cannot be read: {type(error).__name__}.") from None
        if not found[name]:
            raise RuntimeError(f"{name}_FILE={path} is empty.")
    return found


def database_with_password(address: str, password: str) -> str:
    """A database address with a separately given password, unless it has one already."""
    if not (password and address.startswith("postgres")):
        return address
    url = make_url(address)
    return address if url.password else url.set(password=password).render_as_string(hide_password=False)


def mail_with_password(address: str, password: str) -> str:
    """A mail server's address with a separately given password."""
    parts = urlsplit(address)
    if not (password and parts.hostname):
        return address
    user, _at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}").geturl()
