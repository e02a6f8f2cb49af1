"""What the rows must say of every incident that was lived through; each judge yields what is wrong, in words."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from tests.safeguards.generated.driving import ASKS, Lived, Town, is_decided, open_facts, waits_for_a_person
from tests.safeguards.generated.stories import CAUSED, SUFFERED, duties_of
from wss_cases.cases.case.queries import cases_of_incident
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.states import CONVERSATION
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.pathways.common.models import Pathway
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.police.review.models import NotifiedStudent, PoliceNotification, PoliceReview

NAMES_POLICE = {"firearm_or_gun_threat", "firearm_report_chicago", "drug_incident", "drug_delivery", "attack_on_staff"}


def wrong_notifications(town: Town, lived: Lived) -> Iterator[str]:
    """What the rows say of the police that the mission forbids."""
    made = db.session.scalars(select(PoliceNotification).where(PoliceNotification.incident_id == lived.incident_id))
    caused = {town.students[n].id for n in lived.story.of(CAUSED)}
    for row in made:
        review = db.session.get(PoliceReview, row.review_id)
        if review is None or review.incident_id != lived.incident_id:
            yield "a notification without a review of its incident"
        elif problem := {"emergency": _emergency, "required_by_law": _by_law, "other": _approved}[review.door.value](
            town, review
        ):
            yield f"review {review.id}: {problem}"
        named = select(NotifiedStudent.student_id).where(NotifiedStudent.notification_id == row.id)
        if not set(db.session.scalars(named)) <= caused:
            yield "a student is named who caused no harm"


def _emergency(_town: Town, review: PoliceReview) -> str:
    return "" if review.called_at is not None and review.danger.strip() else "an emergency without its danger"


def _by_law(_town: Town, review: PoliceReview) -> str:
    duty = db.session.get(LegalDuty, review.duty_id) if review.duty_id is not None else None
    ours = duty is not None and duty.incident_id == review.incident_id and duty.code in NAMES_POLICE
    return "" if ours else "no duty of this incident names the police"


def _approved(town: Town, review: PoliceReview) -> str:
    if not (review.not_removal and all(getattr(review, name).strip() for name in ASKS)):
        return "the form is not complete"
    ids = {name: user.id for name, user in town.people.items()}
    first = review.first_approves and review.first_by_id in (ids["administrator"], ids["assistant"])
    second = review.second_approves and review.second_by_id in (ids["approver"], ids["deputy"])
    return "" if first and second else "it was not approved by the school and by the network"


def missed_duties(town: Town, lived: Lived) -> Iterator[str]:
    """Duties that should stand there and do not, or stand there weaker; and those that nothing raised."""
    wanted = duties_of(lived.story, town.places, town.students)
    rows = list(db.session.scalars(select(LegalDuty).where(LegalDuty.incident_id == lived.incident_id)))
    there = {row.code for row in rows}
    due = {row.code for row in rows if row.was_due}
    # while nobody's part is said yet, the tile is all that is known
    early = {"bullying_notice"} if lived.story.tile == "bullying" else set[str]()
    yield from (f"{duty} is missing" for duty in set(wanted) - there)
    yield from (f"{duty} is not due" for duty, state in wanted.items() if state == "due" and duty not in due)
    yield from (f"{duty} was raised by nothing" for duty in there - set(wanted) - early)


def left_out(lived: Lived) -> Iterator[str]:
    """Who caused harm or was harmed, is known, and has no pathway."""
    if is_decided(lived.incident_id) == waits_for_a_person(lived.incident_id):
        yield "the report is not decided, or is though nobody is known"
    if open_facts(lived.incident_id):
        return  # nothing is opened before somebody has said
    people = list(db.session.scalars(select(IncidentPerson).where(IncidentPerson.incident_id == lived.incident_id)))
    reached = _reached(lived.incident_id, people)
    for person in people:
        student_caused = person.role in CAUSED and person.student_id is not None
        # an adult who caused harm as well is no restorative case: others look into it
        harmed = person.role == "harmed" and (person.student_id or person.staff_id) is not None
        if (student_caused or harmed) and person.id not in reached:
            yield f"person {person.id} ({person.role}) has no pathway"


def _reached(number: int, people: list[IncidentPerson]) -> set[int | None]:
    talks = select(FollowUp.incident_person_id).where(FollowUp.incident_id == number, FollowUp.kind == CONVERSATION)
    found: set[int | None] = set(db.session.scalars(talks))
    for case in cases_of_incident(number):
        person_of = {row.id: row.incident_person_id for row in case.participants}
        for pathway in db.session.scalars(select(Pathway).where(Pathway.case_id == case.id)):
            if pathway.for_whom == "both":
                found |= {person.id for person in people if person.role in SUFFERED}
            if pathway.for_whom == "both" and pathway.participant_id is None:
                found |= {person.id for person in people if person.role in CAUSED}
            found.add(person_of.get(pathway.participant_id))
    return found


def problems(town: Town) -> list[str]:
    """Everything wrong with what the town lived through."""
    return [
        f"story {lived.story.seed}: {problem}"
        for lived in town.lived
        for problem in (*wrong_notifications(town, lived), *missed_duties(town, lived), *left_out(lived))
    ]
