"""Entering the funding of a school's plan. Former school police money is changed by two people only."""

from dataclasses import dataclass

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import Refused, Stale, existing, refuse_blank
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.money.amounts import MOST_CENTS, Unreadable, check_year
from wss_cases.plans.money.funding.models import Funding, FundingChange, FundingSource, waiting_change
from wss_cases.roster.directory.models import School
from wss_cases.roster.names.queries import refuse_names

MOST_OFFICERS = 100


@dataclass(frozen=True)
class Given:
    """One line of funding: the school year, the source, the amount in cents, the officers removed, and a note."""

    school_year: str
    source: FundingSource
    amount_cents: int
    officers_removed: int | None = None
    note: str = ""


@use_case
def add_funding(uow: UnitOfWork, school_id: int, given: Given, anyway: bool = False) -> int:
    """Enter what a school has from one source in a school year. Raises NotFound, Refused naming the field, also, unless
    `anyway`, for a note that may name a student."""
    row = write_funding(uow, school_id, given)
    refuse_names(row.school_id, anyway, given.note)
    return row.id


def write_funding(uow: UnitOfWork, school_id: int, given: Given) -> Funding:
    """Add a line of funding; for use cases. Raises NotFound, Refused naming the field."""
    existing(uow.session.get(School, school_id, with_for_update=True))
    row = Funding(school_id=school_id, made_at=uow.now, made_by_id=uow.actor.user_id, **vars(given))
    require(uow.actor, Permission.FUNDING_WRITE, row)
    _check_amount(given.amount_cents)
    _check_officers(given.source, given.officers_removed)
    try:
        check_year(given.school_year, school_year(today_at(school_id, uow.now)))
    except Unreadable as why:
        raise Refused("school_year", str(why)) from why
    of_source = (
        Funding.school_id == school_id, Funding.school_year == given.school_year, Funding.source == given.source,
    )  # fmt: skip
    notes = uow.session.scalars(select(Funding.note).where(*of_source)).all()
    if notes and given.source is FundingSource.FORMER_POLICE:
        raise Refused(
            "source", _("This school has former school police money for this year. Ask for a change of that line.")
        )
    if given.note in notes:
        words = _("This school already has a line with this year, source, and note. Change that line.")
        raise Refused("note", words)
    uow.add(row)
    uow.record(row, "funding.added", source=row.source.value)
    return row


@use_case
def change_funding(uow: UnitOfWork, funding_id: int, amount_cents: int) -> int:
    """Change the amount of a line. Raises NotFound, Stale, Refused for former school police money."""
    row = uow.load(Funding, funding_id, Permission.FUNDING_WRITE, uow.version)
    if row.source is FundingSource.FORMER_POLICE:
        raise Refused("", _("Former school police money is changed by two people, with a reason."))
    _check_amount(amount_cents)
    row.amount_cents = amount_cents
    uow.record(row, "funding.changed", source=row.source.value)
    return row.id


@use_case
def ask_change(
    uow: UnitOfWork, funding_id: int, amount_cents: int, officers: int | None, reason: str, anyway: bool = False
) -> int:
    """Ask a second person to change a line of former school police money; nothing changes yet. Returns the id of the
    request. Raises NotFound, Stale, Refused without a reason, without a change, and while another request waits."""
    row = uow.load(Funding, funding_id, Permission.FUNDING_WRITE, uow.version)
    if row.source is not FundingSource.FORMER_POLICE:
        raise Refused("", _("Only former school police money needs a second person."))
    _check_amount(amount_cents)
    _check_officers(row.source, officers)
    refuse_blank("reason", reason, _("Write why it should change."))
    refuse_names(row.school_id, anyway, reason)
    if (amount_cents, officers) == (row.amount_cents, row.officers_removed):
        raise Refused("amount", _("This is what it is now."))
    if waiting_change(row.id) is not None:
        raise Refused("", _("A change already waits for a second person."))
    assert uow.actor.user_id is not None
    change = uow.add(
        FundingChange(
            funding_id=row.id, school_id=row.school_id, amount_before_cents=row.amount_cents,
            officers_before=row.officers_removed, amount_cents=amount_cents, officers_removed=officers, reason=reason,
            asked_by_id=uow.actor.user_id, asked_at=uow.now,
        )
    )  # fmt: skip
    uow.record(change, "funding.change_asked")
    return change.id


@use_case
def settle_change(uow: UnitOfWork, change_id: int, *, agrees: bool, answer: str, anyway: bool = False) -> int:
    """Approve or reject a change that another person requested; returns the line's id.

    Raises NotFound; Refused a second time, without an answer, and where the person is not independent of the requester;
    Stale where the line changed since the request.
    """
    change = uow.load(FundingChange, change_id, Permission.FUNDING_SECOND, uow.version)
    if change.settled_at is not None:
        raise Refused("", _("This has already been decided."))
    refuse_blank("answer", answer, _("Write why you agree or disagree."))
    refuse_names(change.school_id, anyway, answer)
    row = uow.session.get_one(Funding, change.funding_id, with_for_update=True, populate_existing=True)
    if agrees:
        refuse_one_person("", uow.actor.user_id, [change.asked_by_id], uow.now)
        if (row.amount_cents, row.officers_removed) != (change.amount_before_cents, change.officers_before):
            raise Stale
        row.amount_cents, row.officers_removed = change.amount_cents, change.officers_removed
        uow.record(row, "funding.changed", source=row.source.value)
    change.agreed, change.answer = agrees, answer
    change.settled_by_id, change.settled_at = uow.actor.user_id, uow.now
    uow.record(change, "funding.change_made" if agrees else "funding.change_refused")
    return row.id


def _check_amount(cents: int) -> None:
    if not 0 <= cents <= MOST_CENTS:
        raise Refused("amount", _("Write the amount in dollars, such as $1,234.56."))


def _check_officers(source: FundingSource, officers: int | None) -> None:
    if officers is None:
        return
    if source is not FundingSource.FORMER_POLICE:
        raise Refused("officers", _("Officers removed can be entered only with former school police money."))
    if not 0 <= officers <= MOST_OFFICERS:
        raise Refused("officers", _("Enter a number from 0 to %(most)d.", most=MOST_OFFICERS))
