"""Pure decisions of the police-notification review: clocks, who may answer, what an outcome opens."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.visibility import sees
from wss_cases.routing.engine.states import POLICE_DUTIES, Pathway
from wss_cases.safeguards.duties.duty.rules import warns_at
from wss_cases.safeguards.duties.duty.states import DutyState
from wss_cases.safeguards.police.review.states import TRANSITIONS, ReviewState

RECORD_HOURS: Final = 1
"""An emergency is recorded within the hour of the call."""
DEFAULT_HOURS: Final = 4
"""How long each answer may take where the district has set nothing."""
FEWEST_HOURS: Final = 1
MOST_HOURS: Final = 72
POLICE_CODES: Final = frozenset(code.value for code in POLICE_DUTIES)
"""Duties that name police: those of the routing table."""
REQUIRES: Final = frozenset({DutyState.DUE, DutyState.DISCHARGED})
"""A duty that is still to be verified requires nothing yet."""
RESTORATIVE: Final = frozenset({Pathway.RESTORATIVE_CONVERSATION.value, Pathway.CIRCLE.value})
"""Pathways in which harm is talked about and repaired."""


def may_become(before: ReviewState, after: ReviewState) -> bool:
    """Whether the table allows this step."""
    return after in TRANSITIONS[before]


def record_due(called_at: datetime) -> datetime:
    """Return until when a call that came first must be recorded."""
    return called_at + timedelta(hours=RECORD_HOURS)


def reminds_at(due: datetime) -> datetime:
    """Return when the person who called is reminded: as of any clock in hours, in its last quarter."""
    warned_at = warns_at(due, RECORD_HOURS)
    assert warned_at is not None
    return warned_at


def answer_by(asked_at: datetime, hours: int | None) -> datetime:
    """Return until when an answer may come; after that, silence refuses."""
    return asked_at + timedelta(hours=hours or DEFAULT_HOURS)


def requires_police(code: str, state: DutyState) -> bool:
    """Whether this duty makes a notification the law's."""
    return code in POLICE_CODES and state in REQUIRES


def steps_aside(user_id: int | None, asker_id: int | None, parties: Collection[int]) -> bool:
    """Whether somebody may not answer a review: they asked for it, or they are a party to what happened."""
    return user_id is None or user_id == asker_id or user_id in parties


def named_to_approve(actor: Actor, review: Any) -> bool:
    """The review names the actor as approver or deputy, and the actor is still of that school's network."""
    named = actor.user_id is not None and actor.user_id in (review.approver_id, review.deputy_id)
    return named and actor.covers(review.school_id, Role.DISTRICT)


def reads_review(actor: Actor, review: Any) -> bool:
    """The case team of the review's school reads it, and whoever it names to approve."""
    return sees(actor, review, *CASE_TEAM) or named_to_approve(actor, review)
