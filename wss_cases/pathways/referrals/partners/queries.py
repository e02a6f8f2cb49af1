"""Reading the partners' directory, which holds no case content: for whoever may look up a partner."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.pathways.referrals.referral.models import Partner, Referral
from wss_cases.pathways.referrals.referral.rules import TAKES_A_PLACE, Match, Wanted, by_fit, match

MOST = 500


@dataclass(frozen=True)
class PartnerFilter:
    """What is asked of the directory; an empty value asks nothing."""

    text: str = ""
    service: str = ""
    language: str = ""
    grade: int | None = None
    free: bool = False
    ended: bool = False


def taken_of(partner_ids: list[int]) -> dict[int, int]:
    """Return how many places of each partner are taken, in one query."""
    statement = (
        select(Referral.partner_id, func.count())
        .where(Referral.partner_id.in_(partner_ids), Referral.state.in_(TAKES_A_PLACE))
        .group_by(Referral.partner_id)
    )
    rows = db.session.execute(statement).all()
    return {partner_id: number for partner_id, number in rows if partner_id is not None}


def partners(wanted: PartnerFilter) -> list[tuple[Partner, int]]:
    """Return the partners that a filter asks for with the places taken, by name."""
    statement = select(Partner).where(Partner.is_active.is_(not wanted.ended)).order_by(Partner.name)
    if wanted.text.strip():
        statement = statement.where(Partner.name.icontains(wanted.text.strip(), autoescape=True))
    fitting = [row for row in db.session.scalars(statement.limit(MOST)) if _asked_for(row, wanted)]
    taken = taken_of([row.id for row in fitting])
    rows = [(row, taken.get(row.id, 0)) for row in fitting]
    return [(row, used) for row, used in rows if not wanted.free or used < row.capacity]


def _asked_for(row: Partner, wanted: PartnerFilter) -> bool:
    low = row.low_grade if row.low_grade is not None else -1
    high = row.high_grade if row.high_grade is not None else 13
    return (
        (not wanted.service or wanted.service in row.services)
        and (not wanted.language or wanted.language in row.languages)
        and (wanted.grade is None or low <= wanted.grade <= high)
    )


def languages_spoken() -> list[str]:
    """Return the languages that any partner speaks, sorted."""
    statement = select(Partner.languages).where(Partner.is_active)
    return sorted({code for spoken in db.session.scalars(statement) for code in spoken})


def get_partner(partner_id: int) -> Partner:
    """Return a partner of the directory. Raises NotFound."""
    return existing(db.session.get(Partner, partner_id))


def suggestions(wanted: Wanted, day: date) -> list[Match]:
    """Return every partner one works with and how it fits a student, the best first."""
    rows = list(db.session.scalars(select(Partner).where(Partner.is_active).limit(MOST)))
    taken = taken_of([row.id for row in rows])
    return by_fit([match(row, taken.get(row.id, 0), wanted, day) for row in rows])
