"""How long past years stay in view, by role."""

from sqlalchemy import select

from wss_cases.accounts.visibility.models import VisibilityWindow
from wss_cases.foundation.db import db


def visibility_windows() -> list[VisibilityWindow]:
    """Return every setting, in force, past or to come, the newest first."""
    return list(db.session.scalars(select(VisibilityWindow).order_by(VisibilityWindow.starts_on.desc())))
