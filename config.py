"""Settings, read from the environment and nothing else."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from wss_cases.foundation.ids import fold_address
from wss_cases.foundation.keys import close_to_others, load_keys, load_push_keys
from wss_cases.foundation.operations import demand_encryption
from wss_cases.foundation.settings import (
    database_url,
    database_with_password,
    mail_with_password,
    ods_settings,
    push_settings,
    sign_on_settings,
    webhook_settings,
    with_secrets,
)
from wss_cases.journal.audit.rules import LEAST_YEARS

LONGEST_NOTE_DAYS = 36_500
LONGEST_ONE_CASE_HOURS = 168
LONGEST_PAST_HOURS = 72
LONGEST_SECONDING = 60
LONGEST_EXPORT = 1_000_000
LONGEST_BATCH = 10_000
LONGEST_AUDIT_YEARS = 100
MOST_UPLOAD_MB = 2_000
MOST_PAGES = 10_000_000
MOST_BACKUPS = 400
LONGEST_MAIL_SECONDS = 60
"""Well below the lease of a mail that is being sent."""


def from_environment(environ: Mapping[str, str], instance: Path) -> dict[str, Any]:
    """Return the Flask configuration for these environment variables.

    `instance` is the folder for the embedded default's database, keys and mail.
    Raises RuntimeError for a setting that cannot be, and when WSS_ENV=production lacks keys or encryption.
    """
    environ = with_secrets(environ)
    public_url = environ.get("PUBLIC_URL", "")
    secure = public_url.startswith("https://")
    environment = environ.get("WSS_ENV", "development")
    production = environment == "production"
    keys = load_keys(environ.get("WSS_KEYS", ""), instance, production=production)
    databases, smtp_url = _addresses(environ, instance)
    for ours in (instance, instance / "mail"):
        close_to_others(ours)
    if production:
        plain_hosts = environ.get("WSS_PLAIN_HOSTS", "").split()
        demand_encryption(public_url, databases, smtp_url, plain_hosts)
    return {
        "SECRET_KEY": keys.signing,
        "SECRET_KEY_FALLBACKS": keys.signing_fallbacks,
        "WSS_KEYS": keys,
        "WSS_ENV": environment,
        **({"DEBUG": False} if production else {}),
        "SQLALCHEMY_DATABASE_URI": databases["DATABASE_URL"],
        "REPORTS_DATABASE_URL": databases["REPORTS_DATABASE_URL"],
        "WATCH_DATABASE_URL": databases["WATCH_DATABASE_URL"],
        "PUBLIC_URL": public_url.rstrip("/"),
        "HTTPS_ALONE": production,
        "PORT": environ.get("PORT") or "8000",
        "PROGRESS_SECONDS": float(environ.get("WSS_PROGRESS_SECONDS") or 2),
        "TICK_SECONDS": float(environ.get("WSS_TICK_SECONDS") or 60),
        "QUESTIONNAIRE_DAYS": int(environ.get("WSS_QUESTIONNAIRE_DAYS") or 14),
        "SMTP_URL": smtp_url,
        "MAIL_FROM": environ.get("MAIL_FROM", "Whole School Safety <no-reply@localhost>"),
        "MAIL_SECONDS": _number("WSS_MAIL_SECONDS", environ.get("WSS_MAIL_SECONDS") or "20", LONGEST_MAIL_SECONDS),
        "METRICS_TOKEN": environ.get("WSS_METRICS_TOKEN", ""),
        "MAIL_FOLDER": str(instance / "mail"),
        "SETUP_TOKEN": environ.get("WSS_SETUP_TOKEN", ""),
        "SETUP_TOKEN_FILE": str(instance / "setup-token"),
        "DEMO": _choice("WSS_DEMO", environ.get("WSS_DEMO") or "on", ("on", "off")),
        "NOTE_DAYS": _number("WSS_NOTE_DAYS", environ.get("WSS_NOTE_DAYS") or "365", LONGEST_NOTE_DAYS),
        "ONE_CASE_HOURS": _number(
            "WSS_ONE_CASE_HOURS", environ.get("WSS_ONE_CASE_HOURS") or "24", LONGEST_ONE_CASE_HOURS
        ),
        "PAST_YEARS_HOURS": _number(
            "WSS_PAST_YEARS_HOURS", environ.get("WSS_PAST_YEARS_HOURS") or "8", LONGEST_PAST_HOURS
        ),
        "EXPORT_ROWS": _number("WSS_EXPORT_ROWS", environ.get("WSS_EXPORT_ROWS") or "20000", LONGEST_EXPORT),
        "AUDIT_YEARS": _number(
            "WSS_AUDIT_YEARS", environ.get("WSS_AUDIT_YEARS") or "10", LONGEST_AUDIT_YEARS, LEAST_YEARS
        ),
        **_roster_folder(environ),
        **_backups(environ),
        **ods_settings(environ),
        "ROSTER_STAFF_ROLES": environ.get("WSS_ROSTER_STAFF_ROLES", ""),
        "ROSTER_SUPPORTS": environ.get("WSS_ROSTER_SUPPORTS", ""),
        "ROSTER_UPLOAD_MB": _number(
            "WSS_ROSTER_UPLOAD_MB", environ.get("WSS_ROSTER_UPLOAD_MB") or "200", MOST_UPLOAD_MB
        ),
        "ROSTER_MOST_REFUSED": _number("WSS_ROSTER_MOST_REFUSED", environ.get("WSS_ROSTER_MOST_REFUSED") or "5", 100),
        "REPLAY_BATCH": _number("WSS_REPLAY_BATCH", environ.get("WSS_REPLAY_BATCH") or "2000", LONGEST_BATCH),
        "PAGES_PER_HOUR": _number("WSS_PAGES_PER_HOUR", environ.get("WSS_PAGES_PER_HOUR") or "600", MOST_PAGES),
        "CASELOAD_WEIGHTS": environ.get("WSS_CASELOAD_WEIGHTS", ""),
        "SECONDING_MINUTES": _number(
            "WSS_SECONDING_MINUTES", environ.get("WSS_SECONDING_MINUTES") or "15", LONGEST_SECONDING
        ),
        "RETURN_GAP_SCHOOL_DAYS": int(environ.get("WSS_RETURN_GAP_SCHOOL_DAYS") or 10),
        "SESSION_IDLE": timedelta(
            minutes=_number("WSS_SESSION_MINUTES", environ.get("WSS_SESSION_MINUTES") or "120", 720)
        ),
        "SESSION_ABSOLUTE": timedelta(hours=_number("WSS_SESSION_HOURS", environ.get("WSS_SESSION_HOURS") or "12", 24)),
        **sign_on_settings(environ),
        **webhook_settings(environ),
        **push_settings(environ),
        "PUSH_KEYS": load_push_keys(environ.get("WSS_PUSH_KEY", ""), instance, production=production),
        "BREAK_GLASS": fold_address(environ.get("WSS_BREAK_GLASS", "")),
        "SECOND_FACTOR": _choice(
            "WSS_SECOND_FACTOR",
            environ.get("WSS_SECOND_FACTOR") or ("everybody" if production else "administrators"),
            ("everybody", "administrators", "optional"),
        ),
        "WSS_DEMO_PASSWORD": environ.get("WSS_DEMO_PASSWORD", ""),
        "WSS_CLOCK_FILE": environ.get("WSS_CLOCK_FILE", "") if environment == "test" else "",
        "WSS_FAILPOINT": environ.get("WSS_FAILPOINT", "") if environment == "test" else "",
        "TRUSTED_PROXIES": int(
            _choice("WSS_TRUSTED_PROXIES", environ.get("WSS_TRUSTED_PROXIES") or "0", ("0", "1", "2", "3"))
        ),
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 2_000,
        "MAX_FORM_MEMORY_SIZE": 1_500_000,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_I18N_ENABLED": True,
        "BOOTSTRAP_SERVE_LOCAL": True,
        "BABEL_DEFAULT_LOCALE": "en",
        "LANGUAGES": ("en", "es"),
    }


def _addresses(environ: Mapping[str, str], instance: Path) -> tuple[dict[str, str], str]:
    """Return the databases' addresses by the name of their setting, and the mail server's; with their passwords."""
    password = environ.get("DATABASE_PASSWORD", "")
    databases = {"DATABASE_URL": database_url(environ.get("DATABASE_URL", ""), instance)}
    for name in ("REPORTS_DATABASE_URL", "WATCH_DATABASE_URL"):
        databases[name] = database_url(environ[name], instance) if environ.get(name) else ""
    smtp_url = mail_with_password(environ.get("SMTP_URL", ""), environ.get("SMTP_PASSWORD", ""))
    return {name: database_with_password(url, password) for name, url in databases.items()}, smtp_url


def _number(name: str, text: str, most: int, least: int = 1) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise RuntimeError(f"{name}={text}: write a whole number from {least} to {most}.")
    return int(text)


def _roster_folder(environ: Mapping[str, str]) -> dict[str, Any]:
    folder, source = environ.get("WSS_ROSTER_FOLDER", ""), environ.get("WSS_ROSTER_SOURCE", "")
    url, token_url = environ.get("WSS_ROSTER_REST_URL", ""), environ.get("WSS_ROSTER_TOKEN_URL", "")
    client, secret = environ.get("WSS_ROSTER_CLIENT_ID", ""), environ.get("WSS_ROSTER_CLIENT_SECRET", "")
    if (folder or url) and not source.strip():
        raise RuntimeError("WSS_ROSTER_FOLDER and WSS_ROSTER_REST_URL need WSS_ROSTER_SOURCE, the name of their feed.")
    if folder and url:
        raise RuntimeError("WSS_ROSTER_FOLDER and WSS_ROSTER_REST_URL would be one feed: keep one.")
    auth = _choice("WSS_ROSTER_AUTH", environ.get("WSS_ROSTER_AUTH") or "oauth2", ("oauth2", "oauth1"))
    if auth == "oauth1" and ("v1p2" in url or token_url):
        raise RuntimeError("WSS_ROSTER_AUTH=oauth1 is of OneRoster 1.1 (v1p1), and has no WSS_ROSTER_TOKEN_URL.")
    if url and not (client and secret and (token_url or auth == "oauth1")):
        raise RuntimeError(
            "WSS_ROSTER_REST_URL needs WSS_ROSTER_TOKEN_URL, _CLIENT_ID and _CLIENT_SECRET; by OAuth 1 the last two."
        )
    plain = [one for one in (url, token_url) if one and not one.startswith("https://")]
    if plain and environ.get("WSS_ENV") == "production":
        raise RuntimeError("WSS_ROSTER_REST_URL and WSS_ROSTER_TOKEN_URL: in production they begin with https://.")
    hours = environ.get("WSS_ROSTER_HOURS") or "0-24"
    first, _dash, last = hours.partition("-")
    if not (first.isdigit() and last.isdigit() and 0 <= int(first) < int(last) <= 24):
        raise RuntimeError(f"WSS_ROSTER_HOURS={hours}: write two hours of the day, such as 0-5.")
    return {
        "ROSTER_FOLDER": folder,
        "ROSTER_SOURCE": source.strip(),
        "ROSTER_HOURS": (int(first), int(last)),
        "ROSTER_REST_URL": url,
        "ROSTER_TOKEN_URL": token_url,
        "ROSTER_AUTH": auth,
        "ROSTER_CLIENT_ID": client,
        "ROSTER_CLIENT_SECRET": secret,
    }


def _backups(environ: Mapping[str, str]) -> dict[str, Any]:
    hour = environ.get("WSS_BACKUP_HOUR") or "2"
    if not (hour.isascii() and hour.isdigit() and int(hour) < 24):
        raise RuntimeError(f"WSS_BACKUP_HOUR={hour}: write an hour of the day, from 0 to 23.")
    return {
        "BACKUP_FOLDER": environ.get("WSS_BACKUP_FOLDER", ""),
        "BACKUP_HOUR": int(hour),
        "BACKUP_KEEP": _number("WSS_BACKUP_KEEP", environ.get("WSS_BACKUP_KEEP") or "14", MOST_BACKUPS),
    }


def _choice(name: str, text: str, among: tuple[str, ...]) -> str:
    if text not in among:
        raise RuntimeError(f"{name}={text}: write one of {', '.join(among)}.")
    return text
