"""Whether code and schema have the same revision: neither old code on a new schema nor the reverse may serve."""

import re
from functools import lru_cache
from pathlib import Path

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from wss_cases.foundation.db import db
from wss_cases.foundation.operations.migrating import EXTENSION, upgrade

UPGRADE = "flask db upgrade"
NEWER_CODE = "deploy the release that matches the database"
_NUMBERS = re.compile(r"""^(revision|down_revision) = ["'](\w+)["']$""", re.MULTILINE)
"""As every file of a revision says its own number and the one before it: read without running it, or Alembic."""


@lru_cache(maxsize=1)
def _known(directory: str) -> tuple[str, frozenset[str]]:
    files = Path(directory, "versions").glob("*.py")
    numbers = [found for path in files for found in _NUMBERS.findall(path.read_text(encoding="utf-8"))]
    revisions = frozenset(number for name, number in numbers if name == "revision")
    last = revisions - {number for name, number in numbers if name == "down_revision"}
    return max(last, default=""), revisions


def schema_command() -> str | None:
    """The command that an operator must run because code and schema differ; None when they match.

    Raises OperationalError when the database cannot be reached.
    """
    head, known = _known(current_app.extensions[EXTENSION].directory)
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
    """Whether this release has this schema revision."""
    return revision in _known(current_app.extensions[EXTENSION].directory)[1]


def upgrade_to(revision: str = "head") -> None:
    """Bring the schema to a revision."""
    db.session.remove()
    upgrade(revision)
