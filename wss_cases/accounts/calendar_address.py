"""A person's private calendar address: create, replace, end. The secret is shown once and not stored."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import case, select, update

from wss_cases.access.actor import STAFF, SYSTEM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import AccountState, CalendarFeed, UserAccount
from wss_cases.accounts.account.rules import FEED_WINDOW
from wss_cases.accounts.grants import grant_columns, grants_of, with_grants
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.ids import new_token, token_digest
from wss_cases.foundation.pages import Page, link
from wss_cases.foundation.school_time import district_zone, moment_words, today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work


@dataclass(frozen=True)
class Reader:
    """The person behind a calendar address; `actor` is None if they may no longer read it."""

    feed_id: int
    user_id: int
    actor: Actor | None
    made_at: datetime
    counted_from: datetime
    reads: int


def reader_of(secret: str, now: datetime) -> Reader | None:
    """The owner of the live address with this secret, with today's roles, in one query; None if there is none."""
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
    live = select(CalendarFeed).where(CalendarFeed.user_id == user_id, CalendarFeed.ended_at.is_(None))
    return db.session.scalar(live)


def make_feed(actor: Actor, now: datetime, request_key: str | None = None) -> str:
    """Create the actor's calendar address, ending the earlier one. Returns its secret, '' if the form was sent
    twice."""
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
    with unit_of_work(actor, now) as uow:
        assert actor.user_id is not None
        end_feeds(uow, actor.user_id)


def end_feed_of(user_id: int, now: datetime) -> None:
    """End the address of someone who may no longer read it; it does not come back with the role."""
    with unit_of_work(SYSTEM, now) as uow:
        end_feeds(uow, user_id)


def end_feeds(uow: UnitOfWork, user_id: int) -> None:
    """Step: end a person's calendar address, if any."""
    live = select(CalendarFeed).where(CalendarFeed.user_id == user_id, CalendarFeed.ended_at.is_(None))
    for row in uow.session.scalars(live.with_for_update()).all():
        row.ended_at = uow.now
        uow.audit("calendar.ended", "calendar_feed", row.id)
    uow.session.flush()


def note_reading(feed_id: int, now: datetime) -> None:
    """Store when an address was read, and count its readings within the window."""
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


blueprint = Blueprint("feed", __name__, url_prefix="/account/calendar")


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_READ)
def mine() -> Page:
    """What the actor's calendar shows, and its address; submitting makes a new one, shown only in this response."""
    actor, form, address = current_actor(), BaseForm(), ""
    if form.validate_on_submit():
        secret = make_feed(actor, clock.now(), form.request_key.data)
        address = link(f"/calendar/{secret}.ics") if secret else ""
        form = BaseForm(formdata=None)
    row = own_feed(actor.user_id)
    return render_template(
        "accounts/calendar_address/address.html",
        form=form,
        address=address,
        made=moment_words(row.made_at, district_zone()) if row else "",
        read=moment_words(row.last_read_at, district_zone()) if row else "",
    )


@blueprint.post("/end")
@gate(Permission.FOLLOWUP_READ)
def end() -> Page:
    end_feed(current_actor(), clock.now())
    return redirect(url_for("feed.mine"), 303)


ROOM = Room(pages=(blueprint,))
