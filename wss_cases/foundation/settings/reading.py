"""Reading settings: the database address in one form, and typed access for the rooms above."""

from pathlib import Path
from typing import Any

from flask import current_app


def database_url(raw: str, instance: Path) -> str:
    """Return the SQLAlchemy address for DATABASE_URL; empty means a SQLite file under `instance`.

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
    """Return the keys that signed links and cookies, the newest last: it signs, the older ones verify."""
    return [*reversed(setting("SECRET_KEY_FALLBACKS")), setting("SECRET_KEY")]


def setting(name: str) -> Any:
    """Return one configuration value of the running application."""
    return current_app.config[name]
