"""Uploaded rosters as pages show them."""

from dataclasses import dataclass

from sqlalchemy import select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.roster.uploads.models import RosterUpload


@dataclass(frozen=True)
class Uploaded:
    """An uploaded roster, and who uploaded it."""

    row: RosterUpload
    by: str


def last_uploads(most: int) -> list[Uploaded]:
    """Return the rosters that were uploaded last, the newest first."""
    statement = select(RosterUpload, UserAccount.name).join(UserAccount, UserAccount.id == RosterUpload.made_by_id)
    rows = db.session.execute(statement.order_by(RosterUpload.id.desc()).limit(most))
    return [Uploaded(row, name) for row, name in rows]


def get_upload(upload_id: int) -> Uploaded:
    """Return an uploaded roster. Raises NotFound."""
    statement = select(RosterUpload, UserAccount.name).join(UserAccount, UserAccount.id == RosterUpload.made_by_id)
    row, name = existing(db.session.execute(statement.where(RosterUpload.id == upload_id)).first())
    return Uploaded(row, name)
