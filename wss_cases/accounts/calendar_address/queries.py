"""Whose calendar an address is, checked anew at every reading."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import STAFF, Actor
from wss_cases.accounts.account.models import AccountState, CalendarFeed, UserAccount
from wss_cases.accounts.grants.queries import grant_columns, grants_of, with_grants
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import today_at


@dataclass(frozen=True)
class Reader:
    """The person behind a calendar address; `actor` None when they may no longer read it."""

    feed_id: int
    user_id: int
    actor: Actor | None
    made_at: datetime
    counted_from: datetime
    reads: int


def reader_of(secret: str, now: datetime) -> Reader | None:
    """Return whose live address has this secret, with the roles of today, in one query; None when there is none."""
    today = today_at(None, now)
    statement = (
        select(CalendarFeed, UserAccount, *grant_columns(today))
        .join(UserAccount, UserAccount.id == CalendarFeed.user_id)
        .where(CalendarFeed.secret_digest == token_digest(secret), CalendarFeed.ended_at.is_(None))
    )
    rows = db.session.execute(with_grants(statement, now)).all()
    if not rows:
        return None
    feed, user = rows[0][0], rows[0][1]
    actor = Actor(user.id, user.name, grants_of((tuple(row[2:]) for row in rows), today), user.locale)
    may = user.state is AccountState.ACTIVE and actor.has(*STAFF)
    return Reader(feed.id, user.id, actor if may else None, feed.made_at, feed.counted_from, feed.reads)


def own_feed(user_id: int | None) -> CalendarFeed | None:
    """Return a person's live calendar address; None when they have none."""
    live = select(CalendarFeed).where(CalendarFeed.user_id == user_id, CalendarFeed.ended_at.is_(None))
    return db.session.scalar(live)
