"""When the standby was missing."""

from collections.abc import Sequence

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.mail.common.pages import StandbyLapse

_NEWEST_FIRST = select(StandbyLapse).order_by(StandbyLapse.id.desc())


def open_lapse() -> StandbyLapse | None:
    """Return the lapse that goes on."""
    return db.session.scalars(_NEWEST_FIRST.where(StandbyLapse.until.is_(None)).limit(1)).first()


def last_lapses(most: int) -> Sequence[StandbyLapse]:
    """Return the last times in which saves went on without the standby, the newest first."""
    return db.session.scalars(_NEWEST_FIRST.limit(most)).all()


def known_names() -> str:
    """Return the standbys that saves waited for before they last went on without; '' where that never was."""
    named = _NEWEST_FIRST.where(StandbyLapse.names != "").limit(1)
    found = db.session.scalars(named).first()
    return found.names if found is not None else ""
