"""Settings: from the environment, and those that a district made on its pages, by key and first day."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlsplit

from flask import current_app, has_app_context
from sqlalchemy import Date, ScalarSelect, String, cast, column, func, literal_column, select, table
from sqlalchemy.engine import make_url

STANDARDS = ("4.0", "5.0", "5.1", "5.2")


def ods_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of the ODS/API. Raises RuntimeError, naming the variable, for an invalid one."""
    url, token_url = environ.get("WSS_EDFI_URL", "").rstrip("/"), environ.get("WSS_EDFI_TOKEN_URL", "")
    key, secret = environ.get("WSS_EDFI_KEY", ""), environ.get("WSS_EDFI_SECRET", "")
    if url and not (token_url and key and secret):
        raise RuntimeError("WSS_EDFI_URL needs WSS_EDFI_TOKEN_URL, WSS_EDFI_KEY and WSS_EDFI_SECRET.")
    if len(url) > 200:
        raise RuntimeError("WSS_EDFI_URL: an address of at most 200 characters.")
    plain = [one for one in (url, token_url) if one and not one.startswith("https://")]
    if plain and environ.get("WSS_ENV") == "production":
        raise RuntimeError("WSS_EDFI_URL and WSS_EDFI_TOKEN_URL: in production they begin with https://.")
    standard = environ.get("WSS_EDFI_STANDARD") or STANDARDS[-1]
    if standard not in STANDARDS:
        raise RuntimeError(f"WSS_EDFI_STANDARD={standard}: write one of {', '.join(STANDARDS)}.")
    told = tuple(part.strip() for part in environ.get("WSS_EDFI_DISCLOSED", "").split(";"))
    if any(told) and (len(told) != 3 or not all(told) or len(told[0]) > 200 or max(map(len, told)) > 300):
        raise RuntimeError("WSS_EDFI_DISCLOSED: write to whom; by which right; what for.")
    return {
        "EDFI_URL": url,
        "EDFI_TOKEN_URL": token_url,
        "EDFI_KEY": key,
        "EDFI_SECRET": secret,
        "EDFI_STANDARD": standard,
        "EDFI_DISCLOSED": told if all(told) else None,
        "EDFI_HOURS": _hours(environ.get("WSS_EDFI_HOURS", "")),
    }


def _hours(text: str) -> tuple[int, int] | None:
    first, _dash, last = text.partition("-")
    if not text:
        return None
    if not (first.isdigit() and last.isdigit() and 0 <= int(first) < int(last) <= 24):
        raise RuntimeError(f"WSS_EDFI_HOURS={text}: write two hours of the day, such as 1-5.")
    return int(first), int(last)


WELL_KNOWN: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""Of Chrome and Edge on Android, Firefox, Safari, and Edge on Windows."""
SECONDS: Final = 10.0
"""What one service may take: well below the lease of a message that is being sent."""


def push_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of push messages. A host that WSS_PUSH_HOSTS names in full, and that is not a well-known service,
    may be inside the network."""
    named = environ.get("WSS_PUSH_HOSTS", "").lower().split()
    return {
        "PUSH_HOSTS": tuple(named) or WELL_KNOWN,
        "PUSH_NEAR": frozenset(host for host in named if "*" not in host and host not in WELL_KNOWN),
        "PUSH_SECONDS": SECONDS,
    }


def database_url(raw: str, instance: Path) -> str:
    """The SQLAlchemy address for DATABASE_URL; '' means a SQLite file under `instance`.

    `postgres://` and `postgresql://` both become the psycopg 3 form.
    """
    if not raw:
        instance.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{instance / 'wss_cases.sqlite3'}"
    for prefix in ("postgres://", "postgresql://"):
        if raw.startswith(prefix):
            return "postgresql+psycopg://" + raw.removeprefix(prefix)
    return raw


def signing_keys() -> list[bytes]:
    """The keys for signed links and cookies: the last one signs, the older ones only verify."""
    return [*reversed(setting("SECRET_KEY_FALLBACKS")), setting("SECRET_KEY")]


def setting(name: str) -> Any:
    """One configuration value of the running application."""
    return current_app.config[name]


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


KNOWN_DISTRICT: Final = "known_district"
"""Under which name a session keeps what it knows of the district's settings."""
_PART, _ROW = "\x1f", "\x1e"
"""Between the parts of a row and between rows, where all stand in one text: no value holds them."""
SETTING: Final = table(
    "setting", column("id"), column("key"), column("value"), column("starts_on", Date), column("withdrawn_at")
)
Value = TypeVar("Value")
Rows = Sequence[tuple[date, str]]
"""What was said of one setting: its first days and values, in the order in which they count."""


@cache
def every_setting() -> ScalarSelect[Any]:
    """SQL for all settings in one text, as part of another statement; null when there are none."""
    columns = SETTING.c
    # compiled once: a nested statement is compiled again at each request
    written: list[Any] = [literal_column(f"'{one}'", String) for one in (_PART, _ROW, "")]
    part, end, nothing = written
    starts_on = func.coalesce(cast(columns.starts_on, String(10)), nothing)
    row = cast(columns.id, String(20)) + part + columns.key + part + starts_on + part + columns.value
    return select(func.aggregate_strings(row, end)).where(columns.withdrawn_at.is_(None)).scalar_subquery()


def _session() -> Any:
    # the database is opened by settings, so it cannot import this module
    return current_app.extensions["sqlalchemy"].session


def know_settings(text: str | None) -> Mapping[str, Rows]:
    """Store for this session what such a statement read."""
    said: dict[str, list[tuple[date, int, str]]] = defaultdict(list)
    for row in filter(None, (text or "").split(_ROW)):
        number, key, starts_on, value = row.split(_PART)
        said[key].append((date.fromisoformat(starts_on) if starts_on else date.min, int(number), value))
    # of two values from the same day the later row counts
    known = {key: [(starts_on, value) for starts_on, _id, value in sorted(rows)] for key, rows in said.items()}
    _session().info[KNOWN_DISTRICT] = known
    return known


def forget() -> None:
    """Read the settings again, after one was written in this session."""
    _session().info.pop(KNOWN_DISTRICT, None)


def _rows(key: str) -> Rows:
    if not has_app_context():
        return ()
    known: Mapping[str, Rows] | None = _session().info.get(KNOWN_DISTRICT)
    if known is None:
        session = _session()
        with session.no_autoflush:
            known = know_settings(session.scalar(select(every_setting())))
    return known.get(key, ())


@dataclass(frozen=True)
class StoredSetting(Generic[Value]):
    """One setting: `read` converts the stored text, `otherwise` is the value while none is stored."""

    key: str
    read: Callable[[str], Value]
    otherwise: Callable[[], Value]

    def ever(self) -> list[Value]:
        """The value while none is stored, and all stored values."""
        return [self.otherwise(), *(self.read(value) for _starts_on, value in _rows(self.key))]

    def said(self) -> tuple[tuple[date, str], ...]:
        """The stored first days and values, as a tuple that differs when any of them differs."""
        return tuple(_rows(self.key))

    def on(self, day: date) -> Value:
        """The value in force on a date; a page's session knows all settings without a query of their own."""
        for starts_on, value in reversed(_rows(self.key)):
            if starts_on <= day:
                return self.read(value)
        return self.otherwise()


def number_setting(key: str, name: str) -> StoredSetting[int]:
    """A whole-number setting; while none is stored, the configuration's value under this name."""
    return StoredSetting(key, int, lambda: int(setting(name)))


def fixed(value: Value) -> Callable[[], Value]:
    """A setting that always has the same value."""
    return lambda: value


LONGEST_SECONDS = 30
"""Well below the lease of an event that is being sent."""


def webhook_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings of webhooks. Raises RuntimeError, naming the variable, for an invalid one."""
    seconds = environ.get("WSS_WEBHOOK_SECONDS") or "10"
    if not (seconds.isascii() and seconds.isdigit() and 1 <= int(seconds) <= LONGEST_SECONDS):
        raise RuntimeError(f"WSS_WEBHOOK_SECONDS={seconds}: write a whole number from 1 to {LONGEST_SECONDS}.")
    return {
        "WEBHOOK_HOSTS": frozenset(environ.get("WSS_WEBHOOK_HOSTS", "").lower().split()),
        "WEBHOOK_SECONDS": float(seconds),
    }
