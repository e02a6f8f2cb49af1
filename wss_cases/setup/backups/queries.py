"""Which backups there were."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.setup.backups.models import BackupRun
from wss_cases.setup.backups.states import GOOD, Outcome

_NEWEST_FIRST = select(BackupRun).order_by(BackupRun.started_at.desc(), BackupRun.id.desc())


def last_backups(most: int) -> Sequence[BackupRun]:
    """Return the last backups, those that failed too, the newest first."""
    return db.session.scalars(_NEWEST_FIRST.limit(most)).all()


def last_try() -> BackupRun | None:
    """Return the last backup that the scheduler began, whatever became of it."""
    return db.session.scalars(_NEWEST_FIRST.where(BackupRun.outcome != Outcome.BY_HAND).limit(1)).first()


def last_good(outcomes: Collection[Outcome] = GOOD) -> BackupRun | None:
    """Return the last backup of which a file came that counts."""
    return db.session.scalars(_NEWEST_FIRST.where(BackupRun.outcome.in_(outcomes)).limit(1)).first()
