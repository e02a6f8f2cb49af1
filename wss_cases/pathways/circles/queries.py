"""Reading circles: meetings, consents, holds, agreements. Every list starts from what the actor may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.scope import in_schools
from wss_cases.accounts.models import UserAccount
from wss_cases.cases.models import Case, CaseIncident, CaseParticipant
from wss_cases.cases.queries import participants_of
from wss_cases.cases.rules import person_words
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.pathways.circles.agreements.models import Agreement
from wss_cases.pathways.circles.models import CircleConsent, CircleMeeting, HoldLift
from wss_cases.pathways.circles.rules import Gate, Hold, gates_of, holds_on, parties
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.routing.models import RoutingAnswer


@dataclass(frozen=True)
class Circle:
    """Everything that decides what a circle's page shows."""

    invited: list[Any]
    consents: dict[int, CircleConsent]
    holds: list[Hold]
    gates: list[Gate]
    meetings: list[CircleMeeting]
    agreement: Agreement | None

    @property
    def names(self) -> dict[int, str]:
        """The invited by name, as the case team knows them."""
        return {person.id: person_words(person) for person in self.invited}

    @property
    def waiting(self) -> CircleMeeting | None:
        """The meeting that is planned and not answered yet."""
        return next((meeting for meeting in self.meetings if meeting.happened is None), None)

    @property
    def was_held(self) -> bool:
        """Whether any meeting took place."""
        return any(meeting.happened for meeting in self.meetings)

    @property
    def keepers(self) -> list[int]:
        """Who kept or keeps a meeting of this circle."""
        return [meeting.keeper_id for meeting in self.meetings]


def answers_on_case(case_id: int) -> list[RoutingAnswer]:
    """Return the newest stored answer for each person of a case's incidents; the caller has checked the case."""
    incidents = select(CaseIncident.incident_id).where(CaseIncident.case_id == case_id)
    statement = (
        select(RoutingAnswer).where(RoutingAnswer.incident_id.in_(incidents)).order_by(RoutingAnswer.id)
    )
    newest = {(row.incident_id, row.incident_person_id): row for row in db.session.scalars(statement)}
    return list(newest.values())


def circle_of(
    pathway: Pathway,
    people: Sequence[CaseParticipant] | None = None,
    answers: Sequence[RoutingAnswer] | None = None,
) -> Circle:
    """Return what stands around one circle; the caller has checked the pathway and may have read the rest."""
    people = participants_of(pathway.case_id) if people is None else people
    answers = answers_on_case(pathway.case_id) if answers is None else answers
    invited = parties(pathway.for_whom, pathway.participant_id, people)
    rows = db.session.scalars(select(CircleConsent).where(CircleConsent.pathway_id == pathway.id))
    consents = {row.participant_id: row for row in rows}
    holds = holds_on(pathway.kind, pathway.for_whom, [row.answer for row in answers])
    lifted = db.session.scalars(select(HoldLift.rule).where(HoldLift.pathway_id == pathway.id)).all()
    meetings = (
        select(CircleMeeting)
        .options(selectinload(CircleMeeting.attendance))
        .where(CircleMeeting.pathway_id == pathway.id)
        .order_by(CircleMeeting.starts_at.desc(), CircleMeeting.id.desc())
    )
    agreement = (
        select(Agreement).options(selectinload(Agreement.terms)).where(Agreement.pathway_id == pathway.id)
    )
    return Circle(
        invited=invited,
        consents=consents,
        holds=holds,
        gates=gates_of(invited, consents, holds, lifted),
        meetings=list(db.session.scalars(meetings)),
        agreement=db.session.scalar(agreement),
    )


def get_meeting(actor: Actor, meeting_id: int) -> CircleMeeting:
    """Return a meeting of one of the actor's schools. Raises NotFound."""
    statement = select(CircleMeeting).where(CircleMeeting.id == meeting_id)
    found = db.session.scalar(statement.where(in_schools(CircleMeeting.school_id, actor, *CASE_TEAM)))
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class MeetingRow:
    """One line of the list of circles."""

    id: int
    starts_at: datetime
    room: str
    kind: str
    case_id: int
    reference: str
    pathway_id: int
    keeper: str
    happened: bool | None


def meetings_between(
    actor: Actor, school_id: int | None, start: datetime | None, end: datetime | None, *, waiting: bool = False,
    newest_first: bool = False, limit: int = 50,
) -> list[MeetingRow]:  # fmt: skip
    """Return meetings from `start` until before `end`; `waiting` keeps those nobody answered for."""
    columns = (
        CircleMeeting.id, CircleMeeting.starts_at, CircleMeeting.room, Pathway.kind, Case.id, Case.reference,
        Pathway.id, UserAccount.name, CircleMeeting.happened,
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .join(Case, Case.id == CircleMeeting.case_id)
        .join(UserAccount, UserAccount.id == CircleMeeting.keeper_id)
        .where(in_schools(CircleMeeting.school_id, actor, *CASE_TEAM))
    )
    if school_id is not None:
        statement = statement.where(CircleMeeting.school_id == school_id)
    if start is not None:
        statement = statement.where(CircleMeeting.starts_at >= start)
    if end is not None:
        statement = statement.where(CircleMeeting.starts_at < end)
    if waiting:
        statement = statement.where(CircleMeeting.happened.is_(None))
    order = CircleMeeting.starts_at.desc() if newest_first else CircleMeeting.starts_at
    return [
        MeetingRow(*row)
        for row in db.session.execute(statement.order_by(order, CircleMeeting.id).limit(limit))
    ]


def circles_of(
    pathways: Iterable[Pathway], people: Sequence[CaseParticipant], answers: Sequence[RoutingAnswer]
) -> dict[int, Circle]:
    """Return what stands around each live circle among a case's pathways, by pathway id."""
    live = [row for row in pathways if row.pathway == "circle" and row.state in LIVE]
    return {row.id: circle_of(row, people, answers) for row in live}
