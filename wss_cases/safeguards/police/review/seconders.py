"""Who stands behind a duty that names the police, and who can be the second person to verify it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import colleagues
from wss_cases.accounts.two_persons import second_persons
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.models import TimelineEntry
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import entered_by
from wss_cases.safeguards.police.review.models import PoliceReview
from wss_cases.safeguards.police.review.rules import LAW_AT_ONCE
from wss_cases.safeguards.police.review.states import Seconding

NAMINGS = ("incident.person_added", "incident.person_identified")
"""Acts that name somebody in a report after its capture."""
STANDING = (Role.DEAN, Role.ADMINISTRATOR)


def on_whose_word(duty: LegalDuty, incident: Incident) -> list[int]:
    """Return on whose word a duty rests: who raised it by hand, else whoever entered the facts that raised it. Who
    reported is among them only where the report itself said so, or nothing is known of who entered what."""
    if duty.raised_by_id is not None:
        return [duty.raised_by_id]
    return entered_by(duty.id) or ([incident.reporter_id] if incident.reporter_id is not None else [])


def two_stand_behind(duty: LegalDuty, incident: Incident, asker: Actor, now: datetime) -> bool:
    """Whether a second person with standing of their own already entered, verified, decided or asks for what a duty
    requires."""
    said = on_whose_word(duty, incident) or [one for one in [asker.user_id] if one is not None]
    others = {duty.verified_by_id} | ({incident.reviewer_id} if duty.raised_by_id is None else set())
    others |= set(said) & _with_standing(incident.school_id, now)
    if can(asker, Permission.DUTY_DISCHARGE, duty):
        others.add(asker.user_id)
    return any(second_persons([one], {other for other in others if other not in (None, one)}, now) for one in said)


def asks_for_source(duty: LegalDuty, incident: Incident, asker: Actor, now: datetime) -> bool:
    """Whether a duty opens on one person's word, and nobody said yet how that person knows."""
    return duty.code in LAW_AT_ONCE and not duty.source_how and not two_stand_behind(duty, incident, asker, now)


def first_persons(review: PoliceReview) -> set[int | None]:
    """Return those beside whom the second person of a review is another one: who asked, and on whose word it rests."""
    duty = db.session.get(LegalDuty, review.duty_id) if review.duty_id is not None else None
    if duty is None:
        return {review.requested_by_id}
    incident = db.session.get_one(Incident, review.incident_id)
    return {review.requested_by_id, *on_whose_word(duty, incident)}


def named_alone(incident_id: int, user_id: int | None, now: datetime) -> set[int]:
    """Return the students whom the report did not name at first, and of whom nobody but this person says who they are:
    neither another one named them, nor did another one decide the report."""
    reviewer_id = db.session.get_one(Incident, incident_id).reviewer_id
    people = select(IncidentPerson.id, IncidentPerson.student_id).where(IncidentPerson.incident_id == incident_id)
    students = {row[0]: row[1] for row in db.session.execute(people) if row[1] is not None}
    entry = TimelineEntry
    named = select(entry.subject_id, entry.actor_id).where(
        entry.subject_type == IncidentPerson.__tablename__, entry.subject_id.in_(students), entry.kind.in_(NAMINGS)
    )
    by = {row[0]: row[1] for row in db.session.execute(named.order_by(entry.id))}
    others = {one for one in (user_id, reviewer_id) if one is not None}
    return {students[person_id] for person_id, who in by.items() if not second_persons([who], others - {who}, now)}


def _with_standing(school_id: int, now: datetime) -> set[int]:
    today = today_at(school_id, now)
    return {user_id for role in STANDING for user_id, _name in holders(role, school_id, today)}


def of_the_school(review: PoliceReview, firsts: Iterable[int | None], now: datetime) -> list[int]:
    """Return the school's others with standing, no party among them, who are second persons beside these."""
    held = _with_standing(review.school_id, now)
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
