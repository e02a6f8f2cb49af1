"""Rules and times of police-notification reviews, and when an emergency was. No page."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.visibility import sees
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import at_wall, local_date, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import WhenPrecision
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.routing.engine.vocabulary import POLICE_DUTIES, Duty, Pathway
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, DutyState
from wss_cases.safeguards.duties.duty.rules import refuse_future, warns_at
from wss_cases.safeguards.police.review.models import TRANSITIONS, NotificationGround, PoliceReview, ReviewState

RECORD_HOURS: Final = 1
"""An emergency is recorded within the hour of the call."""
FIREARM: Final = Duty.FIREARM_OR_GUN_THREAT.value
LAW_AT_ONCE: Final = frozenset({FIREARM, Duty.FIREARM_REPORT_CHICAGO.value})
"""A firearm or a gun threat: its notification opens at once, on one person's word."""
BEFORE_REPORT: Final = timedelta(hours=24)
"""How long before its report an emergency can lie where nobody knows when it was."""
TIME_REASON: Final = _l("Why this time is right")
NO_DANGER: Final = _l("Write what the imminent danger was.")
FEWEST_LETTERS: Final = 3
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


def opens_by_law(code: str, state: DutyState) -> bool:
    """Whether this duty opens the law's door: it requires police, or somebody is aware of a firearm or a gun threat, of
    which the law asks no more."""
    return requires_police(code, state) or (code == FIREARM and state in OPEN_DUTY)


def steps_aside(user_id: int | None, asker_id: int | None, parties: Collection[int]) -> bool:
    """Whether somebody may not answer a review: they asked for it, or they are a party to what happened."""
    return user_id is None or user_id == asker_id or user_id in parties


def named_to_approve(actor: Actor, review: Any) -> bool:
    """The review names the actor as approver or deputy, and the actor is still of that school's network."""
    named = actor.user_id is not None and actor.user_id in (review.approver_id, review.deputy_id)
    return named and actor.covers(review.school_id, Role.DISTRICT)


def seconds_review(actor: Actor, review: Any) -> bool:
    """Deans and administrators of the review's school second it, and whoever it names to approve."""
    return sees(actor, review, Role.DEAN, Role.ADMINISTRATOR) or named_to_approve(actor, review)


def earliest_of(occurred_at: datetime, reported_at: datetime, *, is_known: bool) -> datetime:
    """Return from when on a call about an incident is to be expected: its earliest time, or a day before its report."""
    return min(occurred_at, reported_at) if is_known else reported_at - BEFORE_REPORT


def is_questioned(at: datetime, earliest: datetime, now: datetime) -> bool:
    """Whether a time lies outside what is to be expected, to the minute, and is asked about."""
    return not earliest.replace(second=0, microsecond=0) <= at <= now


def opens_for_one(review: Any, now: datetime) -> bool:
    """Whether nobody verified in time a duty that requires the police, so that it is open for one person."""
    waits = review.state is ReviewState.SECONDING and review.answer_by is not None
    return waits and review.answer_by <= now


def refuse_no_danger(text: str) -> None:
    """Raise Refused for a text that says no danger in words: fewer than three letters, or one letter repeated."""
    letters = [letter.casefold() for letter in text if letter.isalpha()]
    if len(letters) < FEWEST_LETTERS or len(set(letters)) == 1:
        raise Refused("danger", str(NO_DANGER))


def reads_review(actor: Actor, review: Any) -> bool:
    """The case team of the review's school reads it, and whoever it names to approve."""
    return sees(actor, review, *CASE_TEAM) or named_to_approve(actor, review)


AT_A_TIME = (WhenPrecision.EXACT, WhenPrecision.PERIOD)


def earliest(incident: Incident) -> datetime:
    """Return the earliest time of an incident; a day before its report where only "earlier" is known."""
    if incident.when_precision is WhenPrecision.DAY:
        return at_wall(datetime.combine(incident.local_date, time()), zone_of(incident.school_id))
    is_known = incident.when_precision in AT_A_TIME
    return earliest_of(incident.occurred_at, incident.submitted_at, is_known=is_known)


def question(incident: Incident, at: datetime, now: datetime, why: str) -> None:
    """Raise Refused beside the reason of a time that is not to be expected, as long as nobody has given one."""
    if is_questioned(at, earliest(incident), now) and not why.strip():
        words = _(
            "This time is before the incident or in the future. If it is right, explain why; the explanation is saved."
        )
        raise Refused("time_reason", words)


def check_time(uow: UnitOfWork, review: PoliceReview, field: str, at: datetime, why: str) -> None:
    """Ask about an odd time of an emergency; raise Refused for a time to come of any other notification."""
    if review.door is NotificationGround.EMERGENCY:
        question(uow.session.get_one(Incident, review.incident_id), at, uow.now, why)
    else:
        refuse_future(field, at, uow.now)


def counted_on(review: PoliceReview, at: datetime, now: datetime) -> date:
    """Return the day on which a notification counts: its own, or that of its request where its time is an odd one."""
    from_on = min(earliest(db.session.get_one(Incident, review.incident_id)), review.requested_at)
    odd = is_questioned(at, from_on, now)
    return local_date(review.requested_at if odd else at, zone_of(review.school_id))
