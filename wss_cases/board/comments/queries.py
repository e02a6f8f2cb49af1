"""Reading the comment on a board report."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.board.comments.models import BoardComment
from wss_cases.foundation.db import db


@dataclass(frozen=True)
class Comment:
    """A comment as a report shows it: whose, and when it was last changed."""

    text: str
    by: str
    at: datetime
    version: int


def comment_on(scope: str, ends_on: date) -> Comment | None:
    """Return the comment on the report of a scope up to a day; the caller answers for that report."""
    statement = (
        select(BoardComment.comment, UserAccount.name, BoardComment.written_at, BoardComment.version)
        .join(UserAccount, UserAccount.id == BoardComment.written_by_id)
        .where(BoardComment.scope == scope, BoardComment.ends_on == ends_on)
    )
    row = db.session.execute(statement).first()
    return Comment(*row) if row else None
