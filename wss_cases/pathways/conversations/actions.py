"""Logging a restorative conversation in one go."""

from datetime import date

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import (
    load_live,
    not_later,
    note_acceptance,
    note_completion,
    note_offer,
    note_start,
)
from wss_cases.pathways.common.follow_ups import follow
from wss_cases.pathways.common.states import PathwayState
from wss_cases.routing.engine.pages import Pathway as Family


@use_case
def log_conversation(
    uow: UnitOfWork, pathway_id: int, *, held_on: date, outcome: str, note: str, repair: str, repair_on: date | None
) -> int:
    """Record a conversation that took place: offered, accepted, held and completed on its day.

    A repair step with a date becomes a follow-up. Raises Refused for a later day, or a step without its date.
    """
    row = load_live(uow, pathway_id, uow.version, Family.RESTORATIVE_CONVERSATION)
    not_later(uow, row.school_id, "held_on", held_on)
    if repair.strip() and repair_on is None:
        raise Refused("repair_on", _("Choose a due date."))
    note_offer(uow, row, held_on)
    if row.state is PathwayState.PROPOSED:
        note_acceptance(uow, row, held_on)
    if row.state is PathwayState.PREPARING:
        note_start(uow, row, held_on)
    row.held_on = held_on
    note_completion(uow, row, outcome, note)
    if repair.strip() and repair_on is not None:
        follow(uow, row, "repair_step", repair_on, title=repair, of_case=True)
    return row.id
