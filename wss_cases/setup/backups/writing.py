"""Writing a backup: what `flask backup create` and the scheduler share."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.backup import archive
from wss_cases.foundation.backup.engine import one_view
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.audit.actions import EVERY_ROW, seal
from wss_cases.journal.audit.queries import head_document
from wss_cases.journal.audit.rules import PURPOSE, keyring
from wss_cases.journal.unit_of_work import unit_of_work


def write_backup(path: Path, now: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """Say in the audit log that a copy is made, so that the copy says it too; then make it, or take the word back.

    Returns the copy's manifest. Raises FileExistsError, OSError, SQLAlchemyError; then there is no file.
    """
    _note(now, "backup.created")
    try:
        seal(now, EVERY_ROW)
        head = head_document(now)
        db.session.remove()
        with one_view(db.engine) as connection:
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            about = {"made_at": now.isoformat(), "revision": revision, "keys": key_names_in_use(), "head": head}
            return archive.write(connection, path, about, say)
    except BaseException:
        # a database that is away takes no row either; what went wrong is told all the same
        with suppress(SQLAlchemyError):
            _note(clock.now(), "backup.failed")
        raise


def key_names_in_use() -> list[str]:
    """Return the names of the keys of the audit log that are here."""
    return sorted(keyring(setting("WSS_KEYS").derived(PURPOSE)))


def _note(now: datetime, action: str) -> None:
    with unit_of_work(SYSTEM, now) as uow:
        uow.audit(action, "database", None)
