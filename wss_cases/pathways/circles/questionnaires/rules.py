"""Pure decisions about questionnaires: links, who may be asked when, and the throttle of guesses."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.states import MeetingKind
from wss_cases.pathways.circles.questionnaires.states import LINK_TRANSITIONS, Answerer, LinkState, Occasion
from wss_cases.pathways.circles.terms.rules import completion_held, open_terms

GUESS_WINDOW = timedelta(minutes=15)
GUESSES_PER_ADDRESS = 60
GUESSES_OVER_ALL = 600
"""Wrong links within the window, after which every wrong one is refused unread, from one address or from all.

Only being wrong is throttled. A right link opens even then: a whole school stands behind one address, and nobody there
may be shut out by somebody who guesses. A link has 31 ** 20 forms, about 2 ** 99: guessing finds none.
"""


def state_of(row: Any, now: datetime) -> LinkState:
    """Return what became of a link. A row with `answered_at`, `revoked_at`, `expires_at`."""
    if row.answered_at is not None:
        return LinkState.ANSWERED
    if row.revoked_at is not None:
        return LinkState.REVOKED
    return LinkState.EXPIRED if row.expires_at <= now else LinkState.OPEN


def may_become(state: LinkState, next_state: LinkState) -> bool:
    """Whether the table allows this change."""
    return next_state in LINK_TRANSITIONS[state]


def throttled(from_address: int, over_all: int) -> bool:
    """Whether there were too many wrong links within the window."""
    return from_address >= GUESSES_PER_ADDRESS or over_all >= GUESSES_OVER_ALL


def answerer_of(role: PersonRole) -> Answerer:
    """Return in which part a party answers; who was harmed and caused harm is asked as a person harmed."""
    return Answerer.HARMED if role in (PersonRole.HARMED, PersonRole.BOTH) else Answerer.CAUSED_HARM


def occasions_of(circle: Any, has_ended: bool) -> list[Occasion]:
    """Return what may be asked now: after a held meeting, and once nothing of the agreement is open any more."""
    held = [one for one in circle.meetings if one.happened and one.kind is not MeetingKind.COMPLETION]
    occasions = [Occasion.AFTER_MEETING] if held else []
    over = completion_held(circle) or has_ended or not open_terms(circle.agreement)
    if held and circle.agreement is not None and over:
        occasions.append(Occasion.LAST_CHECK_IN)
    return occasions


def came_to(meetings: Iterable[Any]) -> set[str]:
    """Return who came to any of these meetings, as the keys of people to ask ("party-1", "supporter-2")."""
    came = set()
    for meeting in meetings:
        for row in meeting.attendance:
            if row.attended and row.participant_id is not None:
                came.add(f"party-{row.participant_id}")
            if row.attended and row.supporter_id is not None:
                came.add(f"supporter-{row.supporter_id}")
    return came
