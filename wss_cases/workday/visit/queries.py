"""Everything open about one person, in every case and report that the actor may see."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.followups.about import person_key
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import FollowUpRow, listing, rows, rows_by_id, visible_to
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.queries import keeper_ids
from wss_cases.pathways.common.rules import Pathway
from wss_cases.routing.engine.pages import Pathway as Family

MOST = 40
"""Follow-ups of one visit: the oldest due first; the rest are in the list of all."""

PARTIES = (PersonRole.HARMED, PersonRole.CAUSED_HARM, PersonRole.BOTH)


OF_CIRCLES = frozenset({"pre_meetings", "circle", "plan_meeting"})
"""Kinds that are part of a circle wherever they hang: nothing of what is said there stands in a note beside it."""


@dataclass(frozen=True)
class Visited:
    """What is open about one person, the oldest due first; `shared`: what is about them and others together."""

    person: str
    own: list[FollowUpRow]
    shared: list[FollowUpRow]


def visited(actor: Actor, follow_up: FollowUp, also: Collection[int] = ()) -> Visited:
    """Return what is open about the one person whom a follow-up names; the caller has checked that one.

    `also`: follow-ups that a form was shown with, open or not any more; of those the ones the actor may see and that
    name the same person. A follow-up that names nobody is visited alone.
    """
    person = named(follow_up)
    if person is None:
        return Visited("", rows_by_id(actor, [follow_up.id]), [])
    theirs = _names(person)
    seen = visible_to(listing(), actor).where(FollowUp.id.in_(sorted(also)), theirs) if also else None
    open_rows = visible_to(listing(), actor, live=True).where(theirs)
    found = rows(open_rows.order_by(FollowUp.due_on, FollowUp.id).limit(MOST))
    known = {row.id for row in found}
    found += [row for row in rows(seen) if row.id not in known] if seen is not None else []
    return Visited(person_key(person), sorted(found, key=lambda row: (row.due_on, row.id)), _shared(actor, person))


def named(follow_up: Any) -> Any:
    """Return whom a follow-up names: by their part in the case, or in the report; None where it names nobody."""
    if follow_up.participant_id is not None:
        return existing(db.session.get(CaseParticipant, follow_up.participant_id))
    if follow_up.incident_person_id is not None:
        return existing(db.session.get(IncidentPerson, follow_up.incident_person_id))
    return None


def _names(person: Any) -> ColumnElement[bool]:
    """Follow-ups that name this person: a student in every case and report, anybody else in this one."""
    entries, parts = select(IncidentPerson.id), select(CaseParticipant.id)
    if person.student_id is not None:
        entries = entries.where(IncidentPerson.student_id == person.student_id)
        parts = parts.where(CaseParticipant.student_id == person.student_id)
    else:
        entry = person.id if isinstance(person, IncidentPerson) else person.incident_person_id
        own = [CaseParticipant.id == person.id] if isinstance(person, CaseParticipant) else []
        entries = entries.where(IncidentPerson.id == entry)
        parts = parts.where(or_(*own, CaseParticipant.incident_person_id == entry))
    return or_(FollowUp.incident_person_id.in_(entries), FollowUp.participant_id.in_(parts))


def _shared(actor: Actor, person: Any) -> list[FollowUpRow]:
    if person.student_id is None:
        return []
    cases = select(CaseParticipant.case_id).where(
        CaseParticipant.student_id == person.student_id, CaseParticipant.role.in_(PARTIES)
    )
    nobody = and_(FollowUp.incident_person_id.is_(None), FollowUp.participant_id.is_(None))
    statement = visible_to(listing(), actor, live=True).where(nobody, FollowUp.case_id.in_(cases))
    return rows(statement.order_by(FollowUp.due_on, FollowUp.id).limit(MOST))


def circles_among(follow_ups: Iterable[Any]) -> dict[int, list[int]]:
    """Return the circles that these follow-ups are part of: follow-up to its own circle, or to those of its case."""
    wanted = [row for row in follow_ups if row.pathway_id is not None or row.kind in OF_CIRCLES]
    own = sorted({row.pathway_id for row in wanted if row.pathway_id is not None})
    cases = sorted({row.case_id for row in wanted if row.pathway_id is None and row.case_id is not None})
    if not own and not cases:
        return {row.id: [] for row in wanted}
    statement = select(Pathway.id, Pathway.case_id).where(
        Pathway.pathway == Family.CIRCLE.value, or_(Pathway.id.in_(own), Pathway.case_id.in_(cases))
    )
    circles = [(row[0], row[1]) for row in db.session.execute(statement.order_by(Pathway.id))]
    found = {}
    for row in wanted:
        theirs = [circle for circle, case_id in circles if row.pathway_id in (circle, None) and case_id == row.case_id]
        if theirs or row.kind in OF_CIRCLES:
            found[row.id] = theirs
    return found


def kept_by(actor: Actor, circles: Iterable[int]) -> frozenset[int]:
    """Return those of these circles that the actor keeps now."""
    return frozenset(circle for circle, keepers in keeper_ids(circles).items() if actor.user_id in keepers)
