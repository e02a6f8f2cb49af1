"""The use case that moves several follow-ups in one unit of work, each with its own history and audit entry."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wss_cases.access.permissions import Permission
from wss_cases.followups.calendar import is_check_in
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import MOVE_REASONS
from wss_cases.followups.handling import move_row
from wss_cases.followups.making import check_day
from wss_cases.followups.undo import MOST_AT_ONCE, why_fixed
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.journal.unit_of_work import UnitOfWork, use_case


@dataclass(frozen=True)
class Wanted:
    """A follow-up as the check page showed it, and its new day."""

    id: int
    version: int
    due_on: date


@use_case
def move_several(uow: UnitOfWork, wanted: Sequence[Wanted], reason: str) -> int:
    """Move each follow-up to its day for one reason. Returns the id of the batch's first act.

    Follow-ups that changed meanwhile stay. Raises NotFound when the actor may not move one, and Refused naming the
    field, also when nothing is left to move.
    """
    if reason not in MOVE_REASONS:
        raise Refused("reason", _("Choose why."))
    if len(wanted) > MOST_AT_ONCE:
        raise Refused("ids", _("Choose at most %(number)d at a time.", number=MOST_AT_ONCE))
    batch, moved, sound = uuid.uuid4().hex, [], set[tuple[Any, ...]]()
    # locked in the order of ids, so that two such acts never wait for each other
    for item in sorted(wanted, key=lambda item: item.id):
        row = uow.load(FollowUp, item.id, Permission.FOLLOWUP_WORK)
        if _stands(row, item):
            check = (row.school_id, item.due_on, row.kind, row.case_id if is_check_in(row.kind) else None)
            if check not in sound:
                check_day(uow, *check)
                sound.add(check)
            moved.append(move_row(uow, row, item.due_on, reason, batch).id)
    if not moved:
        raise Refused("", _("All of them changed since this page was opened. Choose again."))
    return moved[0]


def _stands(row: FollowUp, item: Wanted) -> bool:
    """Whether it is still as the check page showed it, and may be moved in bulk."""
    seen = row.version == item.version and row.state is FollowUpState.OPEN
    return seen and row.due_on != item.due_on and why_fixed(row.kind, row.same_day) is None
