"""Subscriptions to board reports: a person's own subscriptions, and the scheduler's requests on the first school
day."""

from datetime import datetime

from flask import Blueprint, flash, redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import actor_of
from wss_cases.board.report.pages import DeliveryForm
from wss_cases.board.report.queries import (
    BOARD,
    DAY,
    Every,
    board_scope,
    due_month,
    may_report,
    month_due,
    networks_answered_for,
    scope_words,
)
from wss_cases.board.stored_reports import (
    BOARD_REPORTS,
    BoardSubscription,
    live_subscriptions,
    report_of,
    subscriptions_of,
)
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.records.stored_pdfs import LANGUAGE_LABELS, add_pdf
from wss_cases.roster.directory.queries import get_school, school_days

AUDITED = BoardSubscription.__tablename__


@use_case
def subscribe(uow: UnitOfWork, school_id: int | None, network: str | None, every: Every, language: str) -> int:
    """Subscribe to the report of a school, a network, or with neither of all schools; the first report is the next due.

    Returns the subscription's id. Raises NotFound for an actor who does not answer for it, Refused when the actor is
    already subscribed.
    """
    if uow.actor.user_id is None or not may_report(uow.actor, school_id, network):
        raise NotFound
    scope = scope_words(school_id, network)
    mine = select(BoardSubscription.id).where(
        BoardSubscription.user_id == uow.actor.user_id, BoardSubscription.scope == scope,
        BoardSubscription.ended_at.is_(None),
    )  # fmt: skip
    if uow.session.scalar(mine) is not None:
        raise Refused("scope", _("You already receive this report. End that first."))
    whose = {"user_id": uow.actor.user_id, "school_id": school_id, "network": network, "scope": scope}
    sent_for = due_month(every, today_at(school_id, uow.now), school_days(school_id))
    row = BoardSubscription(**whose, every=every, language=language, sent_for=sent_for, made_at=uow.now)
    return uow.add_audited(row, "board_subscription.made")


def unsubscribe(actor: Actor, subscription_id: int, now: datetime) -> None:
    """End one of the actor's own subscriptions. Raises NotFound for any other."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get(BoardSubscription, subscription_id, with_for_update=True)
        if row is None or row.user_id != actor.user_id or row.ended_at is not None:
            raise NotFound
        row.ended_at = now
        uow.audit("board_subscription.ended", AUDITED, row.id, changes_of(row))


def queue_due(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Request every report whose first school day has come, one per commit, while the time share lasts; returns how
    many were `asked`. Subscribers who no longer answer for the schools, or cannot sign in, get no report for that
    month."""
    reports = 0
    db.session.remove()
    tomorrow = today_at(None, now) + DAY
    for row in live_subscriptions():
        if month_due(row.every, tomorrow) <= row.sent_for:
            continue
        if due_month(row.every, today_at(row.school_id, now), school_days(row.school_id)) > row.sent_for:
            if not share.goes_on():
                break
            reports += _queue(row.id, now)
    return {"asked": reports}


def _queue(subscription_id: int, now: datetime) -> int:
    with unit_of_work(SYSTEM, now) as uow:
        row = uow.session.get(BoardSubscription, subscription_id, with_for_update=True, populate_existing=True)
        uow.no_audit()
        if row is None or row.ended_at is not None:
            return 0
        due = due_month(row.every, today_at(row.school_id, now), school_days(row.school_id))
        if due <= row.sent_for:
            return 0
        row.sent_for = due
        uow.audit("board_subscription.due", AUDITED, row.id, changes_of(row))
        actor = actor_of(row.user_id, now)
        # the month's report ends with the month before, however late it is made
        scope = board_scope(row.school_id, row.network, None, due)
        if actor is None or scope is None or not may_report(actor, row.school_id, row.network):
            return 0
        report = report_of(scope, row.language, row.user_id, now)
        report.subscription_id, report.due_on = row.id, due
        add_pdf(uow, BOARD_REPORTS, report)
        return 1


blueprint = Blueprint("board_delivery", __name__, url_prefix="/outcomes/board/delivery")
Scopes = dict[str, tuple[str, int | None, str | None]]
"""Scope word to (name, school, network)."""


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_BOARD)
def mine() -> Page:
    """The person's own subscriptions, and a form for another."""
    actor, form = current_actor(), DeliveryForm()
    scopes = _scopes(actor)
    form.offer([(word, name) for word, (name, _school, _network) in scopes.items()])
    if not form.is_submitted():
        form.language.data = locale_code()

    def act() -> int:
        _name, school_id, network = scopes[form.scope.data]
        every = Every(form.every.data)
        return subscribe(submitted(form), school_id, network, every, form.language.data)

    def done(_made: int) -> str:
        flash(_("The next report that is due comes to you by email."))
        return url_for("board_delivery.mine")

    rows = [
        {
            "id": row.id,
            "name": school or row.network or _("All schools"),
            "words": f"{Every(row.every).label} · {LANGUAGE_LABELS[row.language]}",
        }
        for row, school in subscriptions_of(actor)
    ]
    return form_page(form, act, done, "board/subscriptions/subscription.html", rows=rows)


@blueprint.post("/<int:subscription_id>/end")
@gate(Permission.OUTCOMES_BOARD)
def end(subscription_id: int) -> Response:
    """End one subscription."""
    unsubscribe(current_actor(), subscription_id, clock.now())
    flash(_("You no longer receive this report."))
    return redirect(url_for("board_delivery.mine"), 303)


def _scopes(actor: Actor) -> Scopes:
    """The reports the actor can subscribe to: the switcher's school, networks they answer for as a whole, all
    schools."""
    offered: list[tuple[str, int | None, str | None]] = []
    if (chosen := chosen_school_id(actor, *BOARD)) is not None and (school := get_school(chosen)) is not None:
        offered.append((school.name, chosen, None))
    offered += [(network, None, network) for network in networks_answered_for(actor)]
    if actor.everywhere(Role.DISTRICT):
        offered.append((_("All schools"), None, None))
    return {scope_words(school_id, network): (name, school_id, network) for name, school_id, network in offered}


ROOM = Room(pages=(blueprint,))
