"""A person's private calendar address: made, made anew, ended. The secret is returned once and stored nowhere."""

from datetime import datetime

from sqlalchemy import case, select, update

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.account.models import CalendarFeed
from wss_cases.accounts.account.rules import FEED_WINDOW
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work


def make_feed(actor: Actor, now: datetime, request_key: str | None = None) -> str:
    """Make the actor's calendar address, ending the one before; returns its secret, '' for a form sent twice."""
    secret = new_token()
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return ""
        assert actor.user_id is not None
        end_feeds(uow, actor.user_id)
        row = uow.add(
            CalendarFeed(user_id=actor.user_id, secret_digest=token_digest(secret), made_at=now, counted_from=now)
        )
        uow.audit("calendar.made", "calendar_feed", row.id)
        uow.answer = row.id
    return secret


def end_feed(actor: Actor, now: datetime) -> None:
    """End the actor's calendar address: its next reader finds nothing."""
    with unit_of_work(actor, now) as uow:
        assert actor.user_id is not None
        end_feeds(uow, actor.user_id)


def end_feed_of(user_id: int, now: datetime) -> None:
    """End the address of somebody who may no longer read it: a role that comes back does not bring it back."""
    with unit_of_work(SYSTEM, now) as uow:
        end_feeds(uow, user_id)


def end_feeds(uow: UnitOfWork, user_id: int) -> None:
    """End a person's calendar address, if there is one. A step."""
    live = select(CalendarFeed).where(CalendarFeed.user_id == user_id, CalendarFeed.ended_at.is_(None))
    for row in uow.session.scalars(live.with_for_update()).all():
        row.ended_at = uow.now
        uow.audit("calendar.ended", "calendar_feed", row.id)
    uow.session.flush()


def note_reading(feed_id: int, now: datetime) -> None:
    """Remember when an address was read, and count its readings within the window."""
    begins = CalendarFeed.counted_from <= now - FEED_WINDOW
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.session.execute(
            update(CalendarFeed)
            .where(CalendarFeed.id == feed_id)
            .values(
                last_read_at=now,
                reads=case((begins, 1), else_=CalendarFeed.reads + 1),
                counted_from=case((begins, now), else_=CalendarFeed.counted_from),
            )
            .execution_options(synchronize_session=False)
        )
