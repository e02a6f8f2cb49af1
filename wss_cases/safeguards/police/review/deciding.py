"""Steps of a police-notification review; every outcome opens a restorative pathway."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.models import STANDS, Pathway, propose
from wss_cases.pathways.reengagement.opening import case_for
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import PATHWAY_OF, Kind, Person
from wss_cases.safeguards.duties.duty.queries import students_who_caused_harm
from wss_cases.safeguards.police.review.actions import RESTORATIVE, may_become
from wss_cases.safeguards.police.review.messages import ANSWERED, SECOND
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview, ReviewState
from wss_cases.safeguards.police.review.queries import reviews_of

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


def write_answer(
    uow: UnitOfWork, review: PoliceReview, which: str, approves: bool, reason: str,
    at: datetime | None = None, manner: str = "here",
) -> None:  # fmt: skip
    """Write the `first` or `second` answer of a review, given by the actor now unless `at` says when. For use cases."""
    given = {
        "by_id": uow.actor.user_id, "at": at or uow.now, "approves": approves, "manner": manner, "reason": reason,
    }  # fmt: skip
    for name, value in given.items():
        setattr(review, f"{which}_{name}", value)


def refuse_open(incident: Incident, states: Collection[ReviewState]) -> None:
    """Raise Refused where a review of the report is in one of these states. For use cases."""
    if any(review.state in states for review in reviews_of(incident.id)):
        raise Refused("", _("A review of this report is already open. Continue with that one."))


def ask_second(uow: UnitOfWork, review: PoliceReview) -> None:
    """Write to the network's approver and deputy that the second answer waits. For use cases."""
    for user_id in {review.approver_id, review.deputy_id} - {None, review.first_by_id, review.requested_by_id}:
        assert user_id is not None
        uow.notify(user_id, SECOND, review, f"{SECOND}:{review.id}:{user_id}", at_any_hour=True)


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
