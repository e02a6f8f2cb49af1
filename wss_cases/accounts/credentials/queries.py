"""Reading a person's own second factor."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from wss_cases.accounts.credentials.models import RecoveryCode, SecondFactor
from wss_cases.foundation.db import db


@dataclass(frozen=True)
class FactorState:
    """Since when a second factor is on, and how many recovery codes are left."""

    since: datetime
    codes_left: int


def factor_state(user_id: int) -> FactorState | None:
    """Return how a person's second factor stands, or None without one."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)).scalar_subquery()
    row = db.session.execute(select(SecondFactor.since, left).where(SecondFactor.user_id == user_id)).first()
    return FactorState(row[0], row[1]) if row else None
