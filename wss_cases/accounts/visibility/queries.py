"""How long past years stay in view, by role."""

from sqlalchemy import select

from wss_cases.accounts.visibility.models import SightSetting
from wss_cases.foundation.db import db


def sight_settings() -> list[SightSetting]:
    """Return every setting, in force, past or to come, the newest first."""
    return list(db.session.scalars(select(SightSetting).order_by(SightSetting.starts_on.desc())))
