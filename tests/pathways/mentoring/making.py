"""A school with a case, mentors with and without an account, and mentoring pathways of its students."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.cases.making import NOW, TODAY, World, actor_for, make_user, make_world
from tests.factories.cases import CaseParticipantFactory, PathwayFactory
from tests.factories.mentoring import DailyCardFactory, MentorFactory, MentoringPlanFactory
from tests.factories.roster import StudentFactory
from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.mentoring.course import match as match_action
from wss_cases.pathways.mentoring.plan.models import OWN_RHYTHM, Cadence, Mentor, MentoringPlan, Reason
from wss_cases.routing.engine.vocabulary import Kind

START = date(2026, 11, 2)
COURSE: dict[str, Any] = {
    "goal": "Calm starts", "preset": OWN_RHYTHM, "rhythm": Cadence.WEEKLY, "weeks": 27, "minutes": 30,
    "starts_on": START,
}  # fmt: skip


@dataclass
class Mentored:
    """A world whose reporter mentors."""

    world: World
    user: UserAccount
    mentor: Mentor

    @property
    def actor(self) -> Actor:
        """The coordinator."""
        return self.world.actor

    @property
    def as_mentor(self) -> Actor:
        """The mentor, a plain reporter."""
        return actor_for(self.user)


def make_mentored(**mentor_values: Any) -> Mentored:
    """Add a world with a mentor who signs in as a plain reporter."""
    world = make_world()
    user = make_user(world.school, Role.REPORTER, name="Mo Mentor")
    given = {"school_id": world.school.id, "user_id": user.id, "name": user.name}
    return Mentored(world, user, MentorFactory(**(given | mentor_values)))


def make_pathway(world: World, kind: Kind = Kind.ONE_TO_ONE, state: PathwayState = PathwayState.PROPOSED) -> Pathway:
    """Add a mentoring pathway for the world's first student."""
    row: Pathway = PathwayFactory(
        case_id=world.case.id, school_id=world.school.id, kind=kind.value, state=state,
        participant_id=world.people[0].id, owner_id=world.coordinator.id,
    )  # fmt: skip
    return row


def make_matched(made: Mentored, kind: Kind = Kind.ONE_TO_ONE, **plan_values: Any) -> Pathway:
    """Add an active pathway that is matched with the world's mentor since the beginning of the month."""
    row = make_pathway(made.world, kind, PathwayState.ACTIVE)
    given: dict[str, Any] = {
        "pathway_id": row.id, "case_id": row.case_id, "school_id": row.school_id, "mentor_id": made.mentor.id,
        "starts_on": START,
    }  # fmt: skip
    MentoringPlanFactory(**(given | plan_values))
    return row


def make_carded(made: Mentored, other: dict[str, str] | None = None, **card_values: Any) -> Pathway:
    """Add a matched pathway of check-in/check-out with its card, of the first student or of an `other` one by names."""
    row = make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY)
    if other is not None:
        student = StudentFactory(school=made.world.school, **other)
        person = CaseParticipantFactory(case_id=made.world.case.id, student_id=student.id, role=PersonRole.WITNESS)
        row.participant_id = person.id
    DailyCardFactory(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, **card_values)
    db.session.commit()
    return row


def match(made: Mentored, row: Pathway, chosen_id: int | None = None, **values: Any) -> int:
    """Match a pathway, with the mentor of the world unless told otherwise; the student has said yes."""
    agreed = "yes" if values.pop("agreed", True) else "not_yet"
    chosen = {"chosen": made.mentor.id if chosen_id is None else chosen_id, "reasons": [Reason.PLACE]}
    return match_action(Invocation(made.actor, NOW), row.id, agreed=agreed, **COURSE | chosen | values)


__all__ = [
    "COURSE",
    "NOW",
    "START",
    "TODAY",
    "Mentored",
    "MentoringPlan",
    "make_carded",
    "make_matched",
    "make_mentored",
    "make_pathway",
    "match",
]
