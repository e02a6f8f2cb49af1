"""Reading agreements and their terms."""

from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.scope import in_schools
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.pathways.circles.agreements.models import Agreement, AgreementTerm


def get_term(actor: Actor, term_id: int) -> tuple[AgreementTerm, Agreement]:
    """Return an agreement term with its agreement, of one of the actor's schools. Raises NotFound."""
    statement = select(AgreementTerm, Agreement).join(Agreement).where(AgreementTerm.id == term_id)
    found = db.session.execute(statement.where(in_schools(Agreement.school_id, actor, *CASE_TEAM))).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def term_of_follow_up(actor: Actor, follow_up_id: int) -> tuple[AgreementTerm, Agreement]:
    """Return the term that a follow-up stands for, with its agreement. Raises NotFound."""
    found = db.session.scalar(select(AgreementTerm.id).where(AgreementTerm.follow_up_id == follow_up_id))
    if found is None:
        raise NotFound
    return get_term(actor, found)


def open_terms_of(case_id: int) -> list[AgreementTerm]:
    """Return the terms of a case's agreements that nobody marked yet; the caller has checked the case."""
    statement = (
        select(AgreementTerm)
        .join(Agreement)
        .where(Agreement.case_id == case_id, AgreementTerm.state == "open")
        .order_by(AgreementTerm.due_on, AgreementTerm.id)
    )
    return list(db.session.scalars(statement))
