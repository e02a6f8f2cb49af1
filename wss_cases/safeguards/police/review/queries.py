"""Who stands behind a duty that names the police, and who can be the second person to verify it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from wss_cases.access.actor import CASE_TEAM, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import in_view
from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import colleagues
from wss_cases.accounts.two_persons import second_persons
from wss_cases.foundation.db import by_id, db, newest
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.models import TimelineEntry
from wss_cases.roster.directory.models import School, Student
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import duties_of, entered_by
from wss_cases.safeguards.police.review.models import (
    LAW_AT_ONCE,
    NotifiedStudent,
    PoliceNotification,
    PoliceReview,
    ReviewState,
    Seconding,
    opens_by_law,
)

Statement = TypeVar("Statement", bound=Select[Any])


@dataclass(frozen=True)
class ReviewRow:
    """A review, the report it is about, and the school's name."""

    review: PoliceReview
    reference: str
    school: str


def visible_to(statement: Statement, actor: Actor, *, live: bool = False) -> Statement:
    """Keep the reviews of the schools of one's case team, and those that name one to approve in one's network; with
    `live` the statement asks for open ones alone."""
    mine: ColumnElement[bool] = in_view(PoliceReview, actor, *CASE_TEAM, live=live)
    if actor.user_id is not None and actor.has(Role.DISTRICT):
        named = or_(PoliceReview.approver_id == actor.user_id, PoliceReview.deputy_id == actor.user_id)
        mine = or_(mine, in_schools(PoliceReview.school_id, actor, Role.DISTRICT) & named)
    return statement.where(mine)


SECONDS = (Role.DEAN, Role.ADMINISTRATOR, Role.DISTRICT)
"""Who may be a second person."""

load_review = by_id(PoliceReview)


def get_review(actor: Actor, review_id: int, permission: Permission | None = None) -> ReviewRow:
    """Return a review that the actor may see, for what `permission` allows on it if given. Raises NotFound."""
    fields = db.session.execute(visible_to(_rows().where(PoliceReview.id == review_id), actor)).first()
    row = ReviewRow(*existing(fields))
    if permission is not None:
        require(actor, permission, row.review)
    return row


def reviews(
    actor: Actor, school_id: int | None, state: ReviewState | None, before_id: int | None, limit: int
) -> list[ReviewRow]:
    """Return reviews of one school (None: of all that the actor may see), the newest first."""
    statement = visible_to(_rows(), actor)
    if state is not None:
        statement = statement.where(PoliceReview.state == state)
    statement = newest(statement, PoliceReview, limit, before_id, school_id)
    return [ReviewRow(*row) for row in db.session.execute(statement)]


def reviews_of(incident_id: int) -> list[PoliceReview]:
    """Return the reviews of an incident, the newest first; the caller has checked the incident."""
    statement = select(PoliceReview).where(PoliceReview.incident_id == incident_id)
    return list(db.session.scalars(statement.order_by(PoliceReview.id.desc())))


def told_here(incident: Incident) -> bool:
    """Whether police are told from this report: where it happened, or where alone a duty that names them is known."""
    return incident.happened_at_id is None or any(
        opens_by_law(row.duty.code, row.duty.state) for row in duties_of(incident.id)
    )


def asked_about(incident: Incident) -> Incident:
    """Return the report about which police may be asked. Raises NotFound for the part of another school's report; an
    emergency call can be recorded there too."""
    return existing(incident if told_here(incident) else None)


def _rows() -> Any:
    return (
        select(PoliceReview, Incident.reference, School.name)
        .join(Incident, Incident.id == PoliceReview.incident_id)
        .join(School, School.id == PoliceReview.school_id)
    )


def waiting_counted(actor: Actor) -> Select[Any] | None:
    """Return the select of how many reviews wait for the actor's answer: as administrator, or as a network's named
    approver."""
    waiting = []
    if actor.has(Role.ADMINISTRATOR):
        waiting.append(
            in_schools(PoliceReview.school_id, actor, Role.ADMINISTRATOR)
            & (PoliceReview.state == ReviewState.ASKED)
            & PoliceReview.requested_by_id.is_distinct_from(actor.user_id)
        )
    if actor.has(Role.DISTRICT):
        named = or_(PoliceReview.approver_id == actor.user_id, PoliceReview.deputy_id == actor.user_id)
        waiting.append(named & (PoliceReview.state == ReviewState.APPROVED_ONCE))
    if not waiting:
        return None
    return visible_to(select(func.count(PoliceReview.id)).where(or_(*waiting)), actor, live=True)


def deciders(review: PoliceReview, now: datetime, but: Collection[int]) -> list[tuple[int, str]]:
    """Return the administrators who may decide: not who asked, not a party (`but`)."""
    aside = {*but, review.requested_by_id}
    people = holders(Role.ADMINISTRATOR, review.school_id, today_at(review.school_id, now))
    return [one for one in people if one[0] not in aside]


def networks() -> list[str]:
    """Return the networks of active schools by name; '' first where a school is in none."""
    names = db.session.scalars(select(School.network).where(School.is_active).distinct())
    return sorted({network or "" for network in names})


def notification_of(review_id: int) -> PoliceNotification | None:
    return db.session.scalar(select(PoliceNotification).where(PoliceNotification.review_id == review_id))


def notified_students(notification_id: int) -> list[Student]:
    """Return the students about whom police were told; the caller has checked the review."""
    statement = (
        select(Student)
        .join(NotifiedStudent, NotifiedStudent.student_id == Student.id)
        .where(NotifiedStudent.notification_id == notification_id)
        .order_by(NotifiedStudent.id)
    )
    return list(db.session.scalars(statement))


def silent(now: datetime, limit: int) -> Sequence[int]:
    """Return reviews whose answer did not come in time."""
    statement = select(PoliceReview.id).where(
        PoliceReview.state.in_([ReviewState.ASKED, ReviewState.APPROVED_ONCE]), PoliceReview.answer_by <= now
    )
    return db.session.scalars(statement.order_by(PoliceReview.id).limit(limit)).all()


def unseconded(now: datetime, network_by: datetime, limit: int) -> Sequence[int]:
    """Return reviews that nobody seconded in time, and those whose network is asked because it ends soon."""
    over = PoliceReview.answer_by <= now
    ask = PoliceReview.clock_reminded_at.is_(None) & (PoliceReview.answer_by <= network_by)
    statement = select(PoliceReview.id).where(PoliceReview.state == ReviewState.SECONDING, or_(over, ask))
    return db.session.scalars(statement.order_by(PoliceReview.id).limit(limit)).all()


def calls_to_record(actor: Actor, limit: int) -> list[ReviewRow]:
    return [ReviewRow(*row) for row in _called.rows(actor, limit=limit)]


def calls_found(actor: Actor) -> Select[Any]:
    called: Any = select(PoliceReview.id).where(PoliceReview.state == ReviewState.CALLED)
    return visible_to(called, actor, live=True)


@PreparedFor
def _called(actor: Actor) -> Any:
    called = visible_to(_rows().where(PoliceReview.state == ReviewState.CALLED), actor, live=True)
    return called.order_by(PoliceReview.record_due_at, PoliceReview.id).limit(bindparam("limit"))


def seconds_counted(actor: Actor) -> Select[Any] | None:
    """Return the select of how many reviews wait for the actor as a second person, to verify a duty."""
    if not actor.has(*SECONDS):
        return None
    refused = PoliceReview.seconding == Seconding.REFUSED
    seconding = (PoliceReview.state == ReviewState.SECONDING) & or_(_named(actor), _here(actor) & ~refused)
    return visible_to(select(func.count(PoliceReview.id)).where(_of_others(actor), seconding), actor, live=True)


def made_by_others(actor: Actor) -> Select[Any] | None:
    """Return the select of the notifications that somebody else made and a second person is still to review, at the
    actor's schools or in their name; whether each is in view is another question, and rarely one to ask."""
    if not actor.has(*SECONDS):
        return None
    return select(PoliceReview.id).where(
        PoliceReview.state == ReviewState.NOTIFIED,
        PoliceReview.review_due_on.is_not(None),
        PoliceReview.second_at.is_(None),
        _of_others(actor),
        or_(_here(actor), _named(actor)),
    )


def second_looks_waiting(actor: Actor) -> int:
    """Return how many of those the actor has in view."""
    made = made_by_others(actor)
    if made is None:
        return 0
    return db.session.scalar(select(func.count()).select_from(visible_to(made, actor).subquery())) or 0


def _of_others(actor: Actor) -> ColumnElement[bool]:
    return PoliceReview.requested_by_id.is_distinct_from(actor.user_id)


def _named(actor: Actor) -> ColumnElement[bool]:
    return or_(PoliceReview.approver_id == actor.user_id, PoliceReview.deputy_id == actor.user_id)


def _here(actor: Actor) -> ColumnElement[bool]:
    return in_schools(PoliceReview.school_id, actor, Role.DEAN, Role.ADMINISTRATOR)


def notifications_of(incident_id: int) -> list[PoliceNotification]:
    statement = select(PoliceNotification).where(PoliceNotification.incident_id == incident_id)
    return list(db.session.scalars(statement.order_by(PoliceNotification.id)))


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
