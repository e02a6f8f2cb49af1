"""Texts that are added to a report later are read for signs, as its first text was."""

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.accounts.teams import teams_at
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import NEW_TEXT
from wss_cases.followups.making import make
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Addendum, Incident
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState
from wss_cases.intake.report.routing import route_incident
from wss_cases.intake.report.signs import read_later
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.routing.rule_sets import signs_on


def read_added(uow: UnitOfWork, incident: Incident) -> None:
    """Read the text that was just added to a report, and route the report anew where it brings a sign.

    Where it was decided already, a dean is to read the text the same day.
    """
    uow.session.flush()
    of_report = select(Addendum.text).where(Addendum.incident_id == incident.id)
    text = uow.session.scalars(of_report.order_by(Addendum.id.desc()).limit(1)).one()
    if take_signs(uow, incident, text) and incident.state is not IncidentState.DUPLICATE:
        route_incident(uow, incident)
        if incident.state not in UNDECIDED:
            _let_read(uow, incident)


def take_signs(uow: UnitOfWork, incident: Incident, text: str) -> bool:
    """Make unknown what a later text points to; whether it brought a sign."""
    signs = signs_on(today_at(incident.school_id, uow.now))
    facts, kept = read_later(incident.facts or {}, incident.signs, signs, text)
    if len(kept) == len(incident.signs):
        return False
    incident.facts, incident.signs = facts, kept
    return True


def _let_read(uow: UnitOfWork, incident: Incident) -> None:
    """Ask whoever decided a report to read what came in, once as long as that is open; else the first of its deans."""
    waits = uow.session.query(FollowUp.id).filter_by(incident_id=incident.id, kind=NEW_TEXT, state=FollowUpState.OPEN)
    if waits.first() is not None:
        return
    team = teams_at({incident.school_id}, uow.now)[incident.school_id]
    reviewers = [*team.get(Role.DEAN, {}), *team.get(Role.ADMINISTRATOR, {})]
    owner = incident.reviewer_id if incident.reviewer_id in reviewers else next(iter(reviewers), None)
    today = today_at(incident.school_id, uow.now)
    make(uow, school_id=incident.school_id, incident_id=incident.id, kind=NEW_TEXT, owner_id=owner, due_on=today)
