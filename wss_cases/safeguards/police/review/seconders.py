"""Who stands behind a duty that names the police, and who can be the second person to verify it."""

from collections.abc import Iterable
from datetime import datetime

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants.queries import holders
from wss_cases.accounts.teams.queries import colleagues
from wss_cases.accounts.two_persons.queries import second_persons
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.parties import parties_of
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.police.review.states import Seconding

STANDING = (Role.DEAN, Role.ADMINISTRATOR)


def first_person(duty: LegalDuty, incident: Incident, asker_id: int | None) -> int | None:
    """Return on whose word a duty rests: who raised it by hand, else who reported; where nobody did, who asks."""
    by_hand = duty.raised_by_id is not None
    return (duty.raised_by_id if by_hand else incident.reporter_id) or asker_id


def two_stand_behind(duty: LegalDuty, incident: Incident, asker: Actor, now: datetime) -> bool:
    """Whether a second person with standing of their own already verified, decided or asks for what a duty requires."""
    others = {duty.verified_by_id} | ({incident.reviewer_id} if duty.raised_by_id is None else set())
    if can(asker, Permission.DUTY_DISCHARGE, duty):
        others.add(asker.user_id)
    first = first_person(duty, incident, asker.user_id)
    return bool(second_persons([first], {one for one in others if one is not None}, now))


def first_persons(review: PoliceReview) -> set[int | None]:
    """Return those beside whom the second person of a review is another one: who asked, and on whose word it rests."""
    duty = db.session.get(LegalDuty, review.duty_id) if review.duty_id is not None else None
    if duty is None:
        return {review.requested_by_id}
    incident = db.session.get_one(Incident, review.incident_id)
    return {review.requested_by_id, first_person(duty, incident, review.requested_by_id)}


def of_the_school(review: PoliceReview, firsts: Iterable[int | None], now: datetime) -> list[int]:
    """Return the school's others with standing, no party among them, who are second persons beside these."""
    today = today_at(review.school_id, now)
    held = {user_id for role in STANDING for user_id, _name in holders(role, review.school_id, today)}
    return sorted(second_persons(firsts, held - parties_of(review.incident_id), now))


def of_the_network(
    review: PoliceReview, firsts: Iterable[int | None], now: datetime, *, deputy_first: bool = False
) -> list[int]:
    """Return the network's approver and deputy, who are second persons beside these; with `deputy_first` only the
    deputy, the approver where that is none."""
    people = colleagues([one for one in (review.approver_id, review.deputy_id) if one is not None], now)
    reach = {user_id for user_id, actor in people.items() if actor.covers(review.school_id, Role.DISTRICT)}
    able = second_persons(firsts, reach - parties_of(review.incident_id), now)
    if deputy_first:
        return [one for one in (review.deputy_id, review.approver_id) if one in able][:1]
    return sorted(able)


def asked_to_second(review: PoliceReview, now: datetime) -> list[int]:
    """Return who may give the answer that a duty waits for: anyone with standing, after a refusal the deputy alone."""
    firsts = {*first_persons(review), review.first_by_id}
    if review.seconding is Seconding.REFUSED:
        return of_the_network(review, firsts, now, deputy_first=True)
    return [*of_the_school(review, firsts, now), *of_the_network(review, firsts, now)]
