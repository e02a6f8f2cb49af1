"""Who reviews a report, and who could."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.accounts.teams import teams_at
from wss_cases.foundation.db import db
from wss_cases.intake.assignment.models import Assignment

REVIEWERS = (Role.DEAN, Role.ADMINISTRATOR)


def reviewers_at(school_ids: set[int], now: datetime) -> dict[int, dict[int, str]]:
    """Return who may review at each school now, id to name: its deans first, then its administrators."""
    return {
        school_id: {number: name for role in REVIEWERS for number, name in team.get(role, {}).items()}
        for school_id, team in teams_at(school_ids, now).items()
    }


def assignee_of(incident_id: int) -> int | None:
    """Return who reviews a report, None for nobody; the caller has checked it."""
    return db.session.scalar(select(Assignment.assignee_id).where(Assignment.incident_id == incident_id))
