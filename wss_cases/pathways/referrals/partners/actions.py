"""Keeping the directory of partners, and who signs in for each."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.people.partners import end_for_partner, invite_for_partner
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.referrals.referral.models import Partner
from wss_cases.pathways.referrals.referral.states import PartnerRole, Service

MOST = 10_000
MOST_DAYS = 200


@dataclass(frozen=True)
class Entry:
    """What the directory holds of a partner."""

    name: str
    services: list[str]
    languages: list[str]
    low_grade: int | None
    high_grade: int | None
    area: str
    capacity: int
    agreement_from: date | None
    agreement_until: date | None
    contact_name: str
    phone: str
    days_to_answer: int
    days_to_first_service: int
    roles: list[str] = field(default_factory=list)


@use_case
def add(uow: UnitOfWork, entry: Entry) -> int:
    """Add a partner to the directory. Returns its id. Raises NotFound for whom the directory is not to edit."""
    if not might(uow.actor, Permission.PARTNER_EDIT):
        raise NotFound
    row = Partner()
    _write(uow, row, entry)
    uow.add(row)
    uow.record(row, "partner.added")
    return row.id


@use_case
def change(uow: UnitOfWork, partner_id: int, entry: Entry) -> int:
    """Change a partner's entry. Referrals that were sent keep the name they were sent under."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT, uow.version)
    _write(uow, row, entry)
    uow.record(row, "partner.changed")
    return row.id


def _write(uow: UnitOfWork, row: Partner, entry: Entry) -> None:
    _check(uow, row, entry)
    for name, value in vars(entry).items():
        setattr(row, name, value)


def _check(uow: UnitOfWork, row: Partner, entry: Entry) -> None:
    with uow.session.no_autoflush:
        same_name = uow.session.scalar(select(Partner.id).where(Partner.name == entry.name))
    if not entry.name.strip():
        raise Refused("name", _("Write the partner’s name."))
    if same_name is not None and same_name != row.id:
        raise Refused("name", _("There is already a partner with this name."))
    if not entry.services or set(entry.services) - set(Service):
        raise Refused("services", _("Choose at least one kind of help."))
    if set(entry.roles) - set(PartnerRole):
        raise Refused("roles", _("Choose roles from the list."))
    if not 0 <= entry.capacity <= MOST:
        raise Refused("capacity", _("Enter how many students it can take at once."))
    for name in ("days_to_answer", "days_to_first_service"):
        if not 1 <= getattr(entry, name) <= MOST_DAYS:
            raise Refused(name, _("Write a number of school days from 1 to %(most)d.", most=MOST_DAYS))
    low, high = entry.low_grade, entry.high_grade
    if low is not None and high is not None and high < low:
        raise Refused("high_grade", _("The last grade is before the first."))
    if entry.agreement_until is not None and entry.agreement_from is None:
        raise Refused("agreement_from", _("Enter the start of the agreement."))
    if entry.agreement_from and entry.agreement_until and entry.agreement_until < entry.agreement_from:
        raise Refused("agreement_until", _("The last day is before the first."))


@use_case
def set_active(uow: UnitOfWork, partner_id: int, active: bool) -> int:
    """End the work with a partner, or take it up again. While ended, its people see no referral at all."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT, uow.version)
    row.is_active = active
    uow.record(row, "partner.resumed" if active else "partner.ended")
    return row.id


@use_case
def invite_person(uow: UnitOfWork, partner_id: int, email: str, name: str) -> int:
    """Invite a person to sign in for a partner. Returns the account's id."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT)
    if not row.is_active:
        raise Refused("", _("The work with this partner has ended."))
    user_id: int = invite_for_partner(uow, row.id, email, name).id
    return user_id


@use_case
def end_person(uow: UnitOfWork, partner_id: int, grant_id: int) -> int:
    """End a person's access for a partner; it bites on their next request."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT)
    user = end_for_partner(uow, row.id, grant_id)
    uow.record(row, "partner.user_ended", name=user.name)
    return row.id
