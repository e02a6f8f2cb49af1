"""Ending a pathway before its outcome: what it still has elsewhere ends with it."""

from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.consent.actions import call_off_planned
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.actions import load_live, note_decline, note_end
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import EndReason
from wss_cases.pathways.referrals.referral.actions import withdraw_open
from wss_cases.routing.engine.pages import Pathway as Family


@use_case
def end_early(uow: UnitOfWork, pathway_id: int, reason: EndReason, note: str) -> int:
    """End a pathway before its outcome, with a reason. Returns its id."""
    row = load_live(uow, pathway_id, uow.version)
    let_go(uow, row)
    note_end(uow, row, reason, note)
    return row.id


@use_case
def decline(uow: UnitOfWork, pathway_id: int) -> int:
    """Record that it was declined or left. It costs nothing: no reason is asked and none is kept. Returns its id."""
    row = load_live(uow, pathway_id, uow.version)
    let_go(uow, row)
    note_decline(uow, row)
    return row.id


def let_go(uow: UnitOfWork, row: Pathway) -> None:
    """Take back what a partner still has, and call off a meeting that is planned; an agreement stands."""
    if row.pathway == Family.WRAPAROUND:
        withdraw_open(uow, row)
    elif row.pathway == Family.CIRCLE:
        call_off_planned(uow, row, circle_of(row))
