"""Ending a pathway before its outcome: what it still has elsewhere ends with it."""

from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.consent.actions import call_off_planned
from wss_cases.pathways.circles.gates.queries import circle_of
from wss_cases.pathways.common.actions import load_live, note_decline, note_end
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import EndReason
from wss_cases.pathways.referrals.referral.actions import withdraw_open
from wss_cases.routing.engine.states import Pathway as Family

Key = str | None


def end_early(
    actor: Actor, pathway_id: int, reason: EndReason, note: str, version: int | None, now: datetime,
    request_key: Key = None,
) -> int:  # fmt: skip
    """End a pathway before its outcome, with a reason. Returns its id."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_live(uow, pathway_id, version)
        _let_go(uow, row)
        note_end(uow, row, reason, note)
        uow.answer = row.id
        return row.id


def decline(actor: Actor, pathway_id: int, version: int | None, now: datetime, request_key: Key = None) -> int:
    """Record that it was declined or left. It costs nothing: no reason is asked and none is kept. Returns its id."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_live(uow, pathway_id, version)
        _let_go(uow, row)
        note_decline(uow, row)
        uow.answer = row.id
        return row.id


def _let_go(uow: UnitOfWork, row: Pathway) -> None:
    """Take back what a partner still has, and call off a meeting that is planned; an agreement stands."""
    if row.pathway == Family.WRAPAROUND:
        withdraw_open(uow, row)
    elif row.pathway == Family.CIRCLE:
        call_off_planned(uow, row, circle_of(row))
