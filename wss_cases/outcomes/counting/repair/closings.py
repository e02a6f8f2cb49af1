"""Counting harms repaired: how cases with a person harmed were closed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import exists, func, select

from wss_cases.access.actor import Actor
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.cases.case.states import CaseResult
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import at_local, district_zone
from wss_cases.outcomes.counting.scope.queries import HARMED, within_schools
from wss_cases.outcomes.counting.scope.rules import Scope

LEFT_OUT: Final = (CaseResult.TRANSFERRED, CaseResult.UNFOUNDED)
"""A case that goes on at another school is not over, and in one that was unfounded nobody was harmed."""


@dataclass(frozen=True)
class Closings:
    """Cases closed in the period with a person harmed: as repaired, as partly repaired, and otherwise."""

    repaired: int = 0
    partly: int = 0
    not_repaired: int = 0

    @property
    def of_all(self) -> int:
        """All of them."""
        return self.repaired + self.partly + self.not_repaired


def closings(actor: Actor, scope: Scope) -> Closings:
    """Return how the cases of a scope with a person harmed were closed in its days, in one query."""
    harmed = exists().where(CaseParticipant.case_id == Case.id, CaseParticipant.role.in_(HARMED))
    zone = district_zone()
    statement = (
        select(Case.result, func.count())
        .where(
            *within_schools(actor, scope, Case.school_id),
            Case.closed_at >= at_local(scope.first, 0, 0, zone),
            Case.closed_at < at_local(scope.last + timedelta(days=1), 0, 0, zone),
            Case.result.is_not(None),
            Case.result.not_in(LEFT_OUT),
            harmed,
        )
        .group_by(Case.result)
    )
    found = {row[0]: row[1] for row in db.session.execute(statement)}
    repaired, partly = found.pop(CaseResult.REPAIRED, 0), found.pop(CaseResult.PARTLY_REPAIRED, 0)
    return Closings(repaired, partly, sum(found.values()))
