"""Whether code and database are of one age: old code on a new schema, or the reverse, must not serve."""

from functools import lru_cache

from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from wss_cases.foundation.db import db

UPGRADE = "flask db upgrade"
NEWER_CODE = "deploy the release that matches the database"


@lru_cache(maxsize=1)
def _known(directory: str) -> tuple[str, frozenset[str]]:
    script = ScriptDirectory(directory)
    head = script.get_current_head() or ""
    return head, frozenset(revision.revision for revision in script.walk_revisions())


def schema_command() -> str | None:
    """Return what an operator must run because code and schema differ; None when they match.

    Raises OperationalError when the database cannot be reached.
    """
    head, known = _known(current_app.extensions["migrate"].directory)
    try:
        found = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except (OperationalError, ProgrammingError):
        db.session.rollback()
        db.session.execute(text("SELECT 1"))
        return UPGRADE
    if found == head:
        return None
    return UPGRADE if found is None or found in known else NEWER_CODE


def is_known(revision: str) -> bool:
    """Whether this release has a schema's revision."""
    return revision in _known(current_app.extensions["migrate"].directory)[1]


def upgrade_to(revision: str = "head") -> None:
    """Bring the schema to a revision."""
    db.session.remove()
    upgrade(revision=revision)
