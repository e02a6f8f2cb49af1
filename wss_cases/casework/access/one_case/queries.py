"""Which cases the district has open, and who looked at a case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case, CaseIncident
from wss_cases.casework.access.one_case.models import CaseOpening
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.queries import shared

PAGE = 50


def open_now(actor: Actor, now: datetime) -> list[tuple[CaseOpening, Case]]:
    """Return the cases that the actor gave a reason for and may read now, the newest first."""
    statement = (
        select(CaseOpening, Case)
        .join(Case, Case.id == CaseOpening.case_id)
        .where(
            CaseOpening.user_id == actor.user_id,
            CaseOpening.expires_at > now,
            in_schools(Case.school_id, actor, Role.DISTRICT),
        )
        .order_by(CaseOpening.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def get_opened(actor: Actor, case_id: int, now: datetime) -> tuple[CaseOpening, Case]:
    """Return a case that is open to the actor, with the reason. Raises NotFound."""
    return existing(next((pair for pair in open_now(actor, now) if pair[1].id == case_id), None))


def load_opening(opening_id: int) -> CaseOpening | None:
    """Return an opening by id."""
    return db.session.get(CaseOpening, opening_id)


def openings_of(case_id: int) -> list[CaseOpening]:
    """Return every opening of a case, the newest first; the caller has checked the case."""
    wanted = select(CaseOpening).where(CaseOpening.case_id == case_id).order_by(CaseOpening.id.desc())
    return list(db.session.scalars(wanted))


@dataclass(frozen=True)
class Look:
    """One reading of a case or of something that hangs on it."""

    id: int
    at: datetime
    user_id: int | None
    name: str
    object_type: str
    page: str


def looks_at(actor: Actor, case_id: int, before: int | None = None, limit: int = PAGE) -> list[Look]:
    """Return who looked at a case, its incidents, pathways, follow-ups and duties, the newest first.

    Looks at what tells of a need for housing support are for whoever may know of it. `before` is a look's id. The
    caller has checked the case.
    """
    entry = AuditEntry
    incidents = select(CaseIncident.incident_id).where(CaseIncident.case_id == case_id)
    hanging: dict[str, Any] = {
        "case_record": [case_id],
        "incident": incidents,
        "pathway": select(Pathway.id).where(Pathway.case_id == case_id, pathways_known_to(actor)),
        "follow_up": select(FollowUp.id).where(FollowUp.case_id == case_id, follow_ups_known_to(actor)),
        # an adult's own duty is nobody else's to know of, not even that it was looked at
        "legal_duty": select(LegalDuty.id).where(LegalDuty.incident_id.in_(incidents), shared()),
    }
    statement = (
        select(entry.id, entry.at, entry.actor_id, UserAccount.name, entry.object_type, entry.changes)
        .outerjoin(UserAccount, UserAccount.id == entry.actor_id)
        .where(
            entry.action.in_([f"{kind}.read" for kind in hanging]),
            or_(*(and_(entry.object_type == kind, entry.object_id.in_(hanging[kind])) for kind in hanging)),
        )
    )
    if before is not None:
        statement = statement.where(entry.id < before)
    found = db.session.execute(statement.order_by(entry.id.desc()).limit(limit))
    return [Look(row[0], row[1], row[2], row[3] or "", row[4], str(row[5].get("page", ""))) for row in found]
