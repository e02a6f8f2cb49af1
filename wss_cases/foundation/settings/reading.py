"""The database address in one form, and typed access to settings."""

from pathlib import Path
from typing import Any

from flask import current_app


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
