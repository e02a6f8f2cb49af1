"""Reading keepers from outside, and partner organizations whose agreement is in force."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Boolean, column, or_, select, table

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper
from wss_cases.pathways.common.models import Pathway

PARTNER = table(
    "partner", column("id"), column("name"), column("is_active", Boolean), column("agreement_from"),
    column("agreement_until"),
)  # fmt: skip
"""The partners' directory is kept with referrals; these columns are all that circles need of it."""


def partners_with_agreement(day: date) -> dict[int, str]:
    """Return the partner organizations whose agreement is in force on a day: id to name, by name."""
    partner = PARTNER.c
    in_force = select(partner.id, partner.name).where(
        partner.is_active,
        partner.agreement_from.is_not(None),
        partner.agreement_from <= day,
        or_(partner.agreement_until.is_(None), partner.agreement_until >= day),
    )
    return {row.id: row.name for row in db.session.execute(in_force.order_by(partner.name))}


def outside_keepers_of(pathway_id: int) -> Sequence[Any]:
    """Return (id, name, partner) of who helps to keep a circle from outside now, the first named first."""
    statement = (
        select(CircleOutsideKeeper.id, CircleOutsideKeeper.name, PARTNER.c.name.label("partner"))
        .join(PARTNER, PARTNER.c.id == CircleOutsideKeeper.partner_id)
        .where(CircleOutsideKeeper.pathway_id == pathway_id, CircleOutsideKeeper.ended_at.is_(None))
        .order_by(CircleOutsideKeeper.id)
    )
    return db.session.execute(statement).all()


def outside_words(pathway_id: int) -> list[str]:
    """Return who helps to keep a circle from outside: "Maya Ortiz (Harbor House)"."""
    return [f"{one.name} ({one.partner})" for one in outside_keepers_of(pathway_id)]


def get_outside_keeper(row: Pathway, outside_keeper_id: int) -> CircleOutsideKeeper:
    """Return a keeper from outside of one circle; the caller has checked the circle. Raises NotFound."""
    found = db.session.get(CircleOutsideKeeper, outside_keeper_id)
    if found is None or found.pathway_id != row.id:
        raise NotFound
    return found
