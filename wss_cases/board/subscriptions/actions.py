"""Subscriptions to a board report: one's own wish, and what the scheduler makes of it on the first school day."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.accounts.grants import actor_of
from wss_cases.board.report.queries import may_report
from wss_cases.board.report.rules import DAY, board_scope, due_month, month_due, scope_words
from wss_cases.board.report.states import Every
from wss_cases.board.stored_reports.actions import BOARD_REPORTS, report_of
from wss_cases.board.stored_reports.models import BoardSubscription
from wss_cases.board.stored_reports.queries import live_subscriptions
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.records.stored_pdfs import add_pdf
from wss_cases.roster.directory.queries import school_days

AUDITED = BoardSubscription.__tablename__


@use_case
def subscribe(uow: UnitOfWork, school_id: int | None, network: str | None, every: Every, language: str) -> int:
    """Subscribe to the report of a school, a network, or with neither of all schools; the next due one comes first.

    Returns the subscription's id. Raises NotFound for who does not answer for it, Refused when one has it already.
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
    """Ask once for every report whose first school day has come, one to a commit, as long as the share goes on; returns
    how many were `asked`. Whoever no longer answers for the schools, or cannot sign in, gets none for that month."""
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
        # the report of a month ends with the month before it, however late it is made
        scope = board_scope(row.school_id, row.network, None, due)
        if actor is None or scope is None or not may_report(actor, row.school_id, row.network):
            return 0
        report = report_of(scope, row.language, row.user_id, now)
        report.subscription_id, report.due_on = row.id, due
        add_pdf(uow, BOARD_REPORTS, report)
        return 1
