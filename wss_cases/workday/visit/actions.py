"""Closing what is open about one person in one act, each with its outcome, timeline and audit row of its own."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from wss_cases.access.permissions import Permission
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.evidence import Evidence
from wss_cases.followups.handling import close_checked
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.workday.visit.queries import MOST, circles_among


@dataclass(frozen=True)
class Done:
    """How one follow-up went, as the page showed it (`version`), and what shows it."""

    follow_up_id: int
    version: int
    outcome: str
    shown: Evidence


@use_case
def close_visit(uow: UnitOfWork, done: Sequence[Done]) -> int:
    """Close each of these follow-ups with its outcome; returns the id of the first.

    All or none: where somebody changed one meanwhile nothing is closed, so that whoever writes sees it first. Raises
    NotFound when one is not the actor's to close, Refused naming the field with the follow-up's number behind it.
    """
    if not done:
        raise Refused("", _("Write how at least one of them went."))
    if len(done) > MOST:
        raise Refused("", _("Close at most %(number)d at a time.", number=MOST))
    # locked in the order of their ids, so that two such acts never wait for each other
    ordered = sorted(done, key=lambda one: one.follow_up_id)
    rows = [uow.load(FollowUp, one.follow_up_id, Permission.FOLLOWUP_WORK) for one in ordered]
    pairs = list(zip(rows, ordered, strict=True))
    if not all(row.state is FollowUpState.OPEN and row.version == one.version for row, one in pairs):
        words = _("Someone changed part of this while you were writing. Nothing is saved yet: check it below.")
        raise Refused("", words)
    circles, batch = circles_among(rows), uuid.uuid4().hex
    for row, one in pairs:
        try:
            close_checked(uow, row, one.outcome, one.shown, of_circle=row.id in circles, batch=batch)
        except Refused as refusal:
            field = refusal.field or "outcome"
            raise Refused(f"{field}_{row.id}", refusal.message) from refusal
    return rows[0].id
