"""What was said of a setting, by whom and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wss_cases.accounts.account.models import Setting, UserAccount
from wss_cases.foundation.db import db


@dataclass(frozen=True)
class Said:
    """One value of a setting: from a day on (None: from when it was said), by whom and when; '' and None: unknown."""

    id: int
    key: str
    text: str
    starts_on: date | None
    by: str
    at: datetime | None
    withdrawn_at: datetime | None

    def is_to_come(self, today: date) -> bool:
        """Whether its day is to come, and it was not withdrawn."""
        return self.withdrawn_at is None and self.starts_on is not None and self.starts_on > today


def said_of(keys: Sequence[str]) -> list[Said]:
    """Return everything that was said of these settings, what counts last first."""
    columns = (Setting.id, Setting.key, Setting.value, Setting.starts_on, UserAccount.name)
    statement = (
        select(*columns, Setting.set_at, Setting.withdrawn_at)
        .outerjoin(UserAccount, UserAccount.id == Setting.set_by_id)
        .where(Setting.key.in_(keys))
    )
    rows = [Said(row[0], row[1], row[2], row[3], row[4] or "", row[5], row[6]) for row in db.session.execute(statement)]
    return sorted(rows, key=lambda row: (row.starts_on or date.min, row.id), reverse=True)


def in_force(rows: Sequence[Said], today: date) -> Said | None:
    """Return which of what was said of one setting counts on a date; None where it is as it came."""
    return next((row for row in rows if row.withdrawn_at is None and not row.is_to_come(today)), None)


def newest_id(rows: Sequence[Said]) -> int | None:
    """Return the id of what was said last."""
    return max((row.id for row in rows), default=None)
