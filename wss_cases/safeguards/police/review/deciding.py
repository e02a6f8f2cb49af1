"""Asking for, answering and ending a police-notification review; every outcome opens a restorative pathway."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.accounts.network_approvers import approver_of
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.rules import STANDS, Pathway, propose
from wss_cases.pathways.reengagement.opening import case_for
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import refuse_naming_kept_off
from wss_cases.routing.engine.pages import PATHWAY_OF, Kind, Person
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm
from wss_cases.safeguards.duties.duty.rules import refuse_future
from wss_cases.safeguards.police.review.actions import (
    RESTORATIVE,
    answer_by,
    earliest,
    is_questioned,
    may_become,
    question,
    record_due,
    steps_aside,
)
from wss_cases.safeguards.police.review.messages import ANSWERED, ASKED, CALLED, SECOND
from wss_cases.safeguards.police.review.models import (
    ANSWER_MANNERS,
    WAITING,
    WANTED,
    NotificationGround,
    PoliceReview,
    ReviewState,
)
from wss_cases.safeguards.police.review.queries import asked_about, deciders, reviews_of

START_WITHIN = 1


def open_repair(uow: UnitOfWork, incident: Incident) -> None:
    """Propose a restorative conversation for each student who caused harm and has no restorative pathway.

    The case of the incident opens where there is none, as it does for a removal; an answer never waits for a decision
    on the report, and a review of the report finds the case and adds to it.
    """
    students = {student.id for student in students_who_caused_harm(incident.id)}
    if not students or students <= _reached(incident):
        return
    case = case_for(uow, incident)
    reached = _reached(incident)
    start = school_days(case.school_id).add(today_at(case.school_id, uow.now), START_WITHIN)
    for person in case.participants:
        if person.student_id not in students or person.student_id in reached:
            continue
        propose(
            uow,
            case,
            pathway=PATHWAY_OF[Kind.CONVERSATION].value,
            kind=Kind.CONVERSATION.value,
            for_whom=Person.CAUSED_HARM.value,
            participant_id=person.id,
            tier=case.tier,
            rules=[],
            start_by=start,
            owner_id=case.lead_id,
        )


def _reached(incident: Incident) -> set[int]:
    """Students of the incident's cases with a restorative pathway of their own or of everybody."""
    reached: set[int] = set()
    for case in cases_of_incident(incident.id):
        rows = select(Pathway.participant_id).where(
            Pathway.case_id == case.id, Pathway.pathway.in_(RESTORATIVE), Pathway.state.in_(STANDS)
        )
        of = set(db.session.scalars(rows))
        for person in case.participants:
            if person.student_id is not None and (None in of or person.id in of):
                reached.add(person.student_id)
    return reached


@dataclass(frozen=True)
class Asking:
    """What the third ground demands in writing; `not_removal`: this is not to remove a disruptive student."""

    tried: str
    alternatives: str
    guardian_attempts: str
    supports: str
    why: str
    not_removal: bool


@dataclass(frozen=True)
class Answer:
    """One answer: yes or no, when and how it was given, and why."""

    approves: bool
    answered_at: datetime
    manner: str
    reason: str


@use_case
def call_first(uow: UnitOfWork, incident_id: int, called_at: datetime, time_reason: str = "") -> int:
    """Note that police were called in imminent danger; the hour to record it runs from the call.

    Raises Refused for a time before the incident or to come until `time_reason` says why it is right, or while another
    emergency of this report waits to be recorded.
    """
    incident = uow.load(Incident, incident_id, Permission.POLICE_REVIEW_ASK)
    _none_open(incident, {ReviewState.CALLED})
    question(incident, called_at, uow.now, time_reason)
    expected = not is_questioned(called_at, earliest(incident), uow.now)
    review = open_review(
        uow, incident, NotificationGround.EMERGENCY, ReviewState.CALLED,
        permits=True, called_at=called_at, record_due_at=record_due(called_at if expected else uow.now),
        time_reason=time_reason,
    )  # fmt: skip
    uow.record(review, "police.called", door=review.door.value)
    for user_id, _name in deciders(review, uow.now, ()):
        uow.notify(user_id, CALLED, review, f"{CALLED}:{review.id}:{user_id}", at_any_hour=True)
    return review.id


@use_case
def ask(uow: UnitOfWork, incident_id: int, given: Asking) -> int:
    """Ask for a notification that is neither an emergency nor the law's: refused unless two people approve.

    Raises Refused where the form is incomplete, or a review of this report waits for its answers already.
    """
    incident = asked_about(uow.load(Incident, incident_id, Permission.POLICE_REVIEW_ASK))
    _none_open(incident, WAITING)
    _check_asking(given)
    caused = [student.id for student in students_who_caused_harm(incident.id)]
    refuse_naming_kept_off("guardian_attempts", caused, given.guardian_attempts)
    school = existing(uow.session.get(School, incident.school_id))
    named = approver_of(school.network)
    hours = named.hours if named is not None else None
    review = open_review(
        uow, incident, NotificationGround.OTHER, ReviewState.ASKED,
        approver_id=named.approver_id if named is not None else None,
        deputy_id=named.deputy_id if named is not None else None,
        hours=hours,
        answer_by=answer_by(uow.now, hours),
        **vars(given),
    )  # fmt: skip
    uow.record(review, "police.asked")
    for user_id, _name in deciders(review, uow.now, parties_of(incident.id)):
        uow.notify(user_id, ASKED, review, f"{ASKED}:{review.id}:{user_id}", at_any_hour=True)
    return review.id


def _none_open(incident: Incident, states: Collection[ReviewState]) -> None:
    if any(review.state in states for review in reviews_of(incident.id)):
        raise Refused("", _("A review of this report is already open. Continue with that one."))


def open_review(
    uow: UnitOfWork, incident: Incident, door: NotificationGround, state: ReviewState, **more: object
) -> PoliceReview:
    """Begin a review by one of the three grounds. For use cases."""
    return uow.add(
        PoliceReview(
            school_id=incident.school_id,
            incident_id=incident.id,
            door=door,
            state=state,
            requested_by_id=uow.actor.user_id,
            requested_at=uow.now,
            **more,
        )
    )


def _check_asking(given: Asking) -> None:
    if not given.not_removal:
        raise Refused(
            "not_removal", _("A notification is never a way to remove a disruptive student. Confirm that this is not.")
        )
    for name, words in WANTED.items():
        refuse_blank(name, getattr(given, name), words)


@use_case
def answer_first(uow: UnitOfWork, review_id: int, given: Answer) -> int:
    """Give the administrator's answer; a yes asks the network's approver, a no is the end.

    Raises Refused when the time is out, and for somebody who asked or is a party to what happened.
    """
    review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_ANSWER, uow.version)
    _check_answer(uow, review, ReviewState.ASKED, given)
    review.first_by_id, review.first_at = uow.actor.user_id, given.answered_at
    review.first_approves, review.first_manner = given.approves, given.manner
    review.first_reason = given.reason
    if given.approves:
        move(review, ReviewState.APPROVED_ONCE)
        review.answer_by = answer_by(uow.now, review.hours)
        uow.record(review, "police.first_approved")
        ask_second(uow, review)
    else:
        end(uow, review, ReviewState.REFUSED, "police.refused")
    return review.id


@use_case
def answer_second(uow: UnitOfWork, review_id: int, given: Answer) -> int:
    """Give the answer from outside the school, as the network's named approver or deputy.

    Raises Refused when the time is out, and for somebody who gave the first answer, asked, or is a party.
    """
    review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_APPROVE, uow.version)
    if review.first_by_id == uow.actor.user_id:
        raise Refused("", _("You gave the first answer, so a second person gives the second."))
    _check_answer(uow, review, ReviewState.APPROVED_ONCE, given)
    review.second_by_id, review.second_at = uow.actor.user_id, given.answered_at
    review.second_approves, review.second_manner = given.approves, given.manner
    review.second_reason = given.reason
    if given.approves:
        move(review, ReviewState.ALLOWED)
        review.permits = True
        uow.record(review, "police.second_approved")
        tell_asker(uow, review)
    else:
        end(uow, review, ReviewState.REFUSED, "police.refused")
    return review.id


def _check_answer(uow: UnitOfWork, review: PoliceReview, state: ReviewState, given: Answer) -> None:
    if review.state is not state:
        raise Refused("", _("This review is not waiting for this answer."))
    if review.answer_by is not None and review.answer_by <= uow.now:
        raise Refused("", _("The time to answer has run out. No response means no."))
    if steps_aside(uow.actor.user_id, review.requested_by_id, parties_of(review.incident_id)):
        raise Refused("", _("You asked for this review or are involved in what happened, so someone else answers."))
    refuse_one_person("", uow.actor.user_id, [review.requested_by_id, review.first_by_id], uow.now)
    refuse_future("answered_at", given.answered_at, uow.now)
    if given.answered_at < (review.first_at or review.requested_at).replace(second=0, microsecond=0):
        raise Refused("answered_at", _("This is before the question was asked."))
    if given.manner not in ANSWER_MANNERS:
        raise Refused("manner", _("Enter how the answer was given."))
    refuse_blank("reason", given.reason, _("Enter the reason."))


def ask_second(uow: UnitOfWork, review: PoliceReview) -> None:
    """Write to the network's approver and deputy that the second answer waits. For use cases."""
    for user_id in {review.approver_id, review.deputy_id} - {None, review.first_by_id, review.requested_by_id}:
        assert user_id is not None
        uow.notify(user_id, SECOND, review, f"{SECOND}:{review.id}:{user_id}", at_any_hour=True)


@use_case
def withdraw(uow: UnitOfWork, review_id: int, reason: str) -> int:
    """Withdraw a review before police were told. Raises Refused without a reason, or once it is answered or made."""
    review = uow.load(PoliceReview, review_id, Permission.POLICE_REVIEW_ASK, uow.version)
    if not may_become(review.state, ReviewState.WITHDRAWN):
        raise Refused("", _("This review can no longer be withdrawn."))
    refuse_blank("reason", reason, _("Enter the reason."))
    review.end_reason = reason
    end(uow, review, ReviewState.WITHDRAWN, "police.withdrawn")
    return review.id


def move(review: PoliceReview, state: ReviewState) -> None:
    """Take the next step of the table. For use cases; ValueError for one that is not in it is a programming error."""
    if not may_become(review.state, state):
        raise ValueError(f"{review.state} does not become {state}")
    review.state = state


def end(uow: UnitOfWork, review: PoliceReview, state: ReviewState, kind: str, door: str = "") -> None:
    """Come to an outcome: the history, the mail to who asked, and a restorative pathway all the same. For use cases."""
    move(review, state)
    review.ended_at = uow.now
    data: dict[str, Any] = {"door": door} if door else {}
    uow.record(review, kind, **data)
    tell_asker(uow, review)
    incident = existing(uow.session.get(Incident, review.incident_id))
    open_repair(uow, incident)


def tell_asker(uow: UnitOfWork, review: PoliceReview) -> None:
    """Write to who asked that there is an answer. For use cases."""
    is_answered = review.state in (ReviewState.REFUSED, ReviewState.ALLOWED)
    if is_answered and review.requested_by_id not in (None, uow.actor.user_id):
        key = f"{ANSWERED}:{review.id}:{review.state.value}"
        uow.notify(review.requested_by_id, ANSWERED, review, key, at_any_hour=True)
