"""Reading agreements and who answers for privacy; the caller has checked that the actor may."""

from datetime import date, datetime

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants.queries import in_force_at
from wss_cases.foundation.db import by_id, db
from wss_cases.foundation.errors import existing
from wss_cases.outcomes.exports.analyst_files.agreements.models import AnalystAgreement, PrivacyLead

PAGE = 20

load_agreement = by_id(AnalystAgreement)


def get_agreement(agreement_id: int) -> AnalystAgreement:
    """Return one agreement. Raises NotFound."""
    return existing(load_agreement(agreement_id))


def lock_agreements() -> None:
    """Lock every agreement: asking for files, releasing them and naming who does go one after the other.

    Called first of all, before anything else is loaded: whoever holds one row and waits for these could wait forever.
    """
    db.session.scalars(select(AnalystAgreement.id).order_by(AnalystAgreement.id).with_for_update()).all()


def agreements(before: int | None = None, limit: int = PAGE) -> list[AnalystAgreement]:
    """Return agreements, the newest first, behind the one whose id is `before`."""
    found = select(AnalystAgreement).order_by(AnalystAgreement.id.desc()).limit(limit)
    return list(db.session.scalars(found if before is None else found.where(AnalystAgreement.id < before)))


def agreements_in_force(today: date) -> list[AnalystAgreement]:
    """Return the agreements that are in force on a day, by receiver."""
    one = AnalystAgreement
    standing = select(one).where(one.ended_at.is_(None), one.starts_on <= today, one.ends_on >= today)
    return list(db.session.scalars(standing.order_by(one.receiver, one.id)))


def district_people(now: datetime) -> list[tuple[int, str]]:
    """Return (user id, name) of the active people who administer the whole district, by name."""
    statement = (
        select(UserAccount.id, UserAccount.name)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(
            RoleGrant.role == Role.DISTRICT, RoleGrant.district, UserAccount.state == AccountState.ACTIVE,
            in_force_at(now),
        )
        .distinct()
        .order_by(UserAccount.name, UserAccount.id)
    )  # fmt: skip
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def privacy_lead(now: datetime) -> tuple[int, str] | None:
    """Return (user id, name) of whoever answers for privacy; None where nobody was named, or they left the district."""
    named = db.session.scalar(select(PrivacyLead.user_id).order_by(PrivacyLead.id.desc()).limit(1))
    return next((one for one in district_people(now) if one[0] == named), None)
