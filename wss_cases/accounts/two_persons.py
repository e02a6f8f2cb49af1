"""The one rule of two persons; every second review in the product uses it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Select, UniqueConstraint, and_, column, func, or_, select, table
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.rules import manages
from wss_cases.accounts.grants import is_over
from wss_cases.foundation.db import Base, Id, db
from wss_cases.foundation.errors import NotFound, Overreach, Refused
from wss_cases.foundation.i18n import _
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.unit_of_work import UnitOfWork, use_case


class PersonConfirmation(Base):
    """One person's confirmation that they know the holder of an account that neither roster nor sign-on knows."""

    __tablename__ = "person_confirmation"
    __table_args__ = (
        UniqueConstraint("user_id", "confirmed_by_id"),
        CheckConstraint("user_id <> confirmed_by_id", name="another_person"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    confirmed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime]


TIED_FOR: Final = timedelta(days=30)
"""Two accounts cannot approve together for this long after one created or changed the other."""
CONFIRMATIONS: Final = 2
"""Confirmations needed for a person whom neither the roster nor the sign-on knows."""


@dataclass(frozen=True)
class Identity:
    """What is known of an account: roster records, sign-on, whether it is one of the two of the first setup, the
    number of confirmations, and the accounts that changed it or that it changed."""

    user_id: int
    staff_ids: frozenset[int] = frozenset()
    has_sign_on: bool = False
    first_setup: bool = False
    confirmations: int = 0
    tied_to: frozenset[int] = frozenset()


def is_person(one: Identity) -> bool:
    """Whether a known person holds the account."""
    return bool(one.staff_ids) or one.has_sign_on or one.first_setup or one.confirmations >= CONFIRMATIONS


def are_two(one: Identity, other: Identity) -> bool:
    """Whether two accounts belong to two persons, neither of whom recently made or changed the other's account."""
    if one.user_id == other.user_id or one.staff_ids & other.staff_ids:
        return False
    return is_person(one) and is_person(other) and other.user_id not in one.tied_to and one.user_id not in other.tied_to


def second_to_all(one: Identity, others: Collection[Identity]) -> bool:
    """Whether an account is a known person different from each of these."""
    return is_person(one) and all(are_two(one, other) for other in others)


STAFF = table("staff_member", column("id"), column("user_id"), column("email"))
SIGN_ON = table("sign_on", column("user_id"))
"""Accounts may not import the roster and sign-on, higher packages; these are the columns they need of them."""
CHANGES = "account.%"
CONFIRMED = "account.person_confirmed"
"""The one change of an account that does not tie the two: it is a second person's own confirmation."""


def second_persons(first_ids: Iterable[int | None], candidates: Collection[int], now: datetime) -> set[int]:
    """The candidates that are a second person to each of the first accounts (None: no one)."""
    firsts = {user_id for user_id in first_ids if user_id is not None}
    identities = identities_of({*firsts, *candidates}, now)
    return {one for one in candidates if second_to_all(identities[one], [identities[user_id] for user_id in firsts])}


def are_two_persons(one_id: int | None, other_id: int | None, now: datetime) -> bool:
    """Whether these accounts belong to two persons; False if one is missing."""
    return one_id is not None and other_id is not None and other_id in second_persons([one_id], [other_id], now)


def refuse_one_person(field: str, user_id: int | None, others: Iterable[int | None], now: datetime) -> None:
    """Raise Overreach at a field unless the account is known to be a different person from each of the others."""
    if user_id is None or user_id not in second_persons(others, [user_id], now):
        raise Overreach(
            field,
            _(
                "This needs a second person who is in the roster or in the district’s sign-on. They must not have "
                "created or changed the other person’s account in the last 30 days. Ask a colleague or the "
                "district."
            ),
        )  # fmt: skip


def counts_as_person(user_id: int, now: datetime) -> bool:
    return is_person(identities_of({user_id}, now)[user_id])


def identities_of(user_ids: Collection[int], now: datetime) -> dict[int, Identity]:
    """What is known of each of these accounts, in five queries."""
    wanted = sorted(user_ids)
    staff, tied = _pairs(_staff(wanted)), _tied(wanted, now)
    sign_on = set(db.session.scalars(select(SIGN_ON.c.user_id).where(SIGN_ON.c.user_id.in_(wanted))))
    first = set(db.session.scalars(select(UserAccount.id).where(UserAccount.id.in_(wanted), UserAccount.first_setup)))
    by = PersonConfirmation
    confirmed = _pairs(select(by.user_id, by.confirmed_by_id).where(by.user_id.in_(wanted)))
    return {
        one: Identity(one, frozenset(staff[one]), one in sign_on, one in first, len(confirmed[one]), tied[one])
        for one in wanted
    }


def _staff(wanted: list[int]) -> Select[Any]:
    same = or_(
        STAFF.c.user_id == UserAccount.id, and_(STAFF.c.email != "", func.lower(STAFF.c.email) == UserAccount.email)
    )
    return select(UserAccount.id, STAFF.c.id).join(STAFF, same).where(UserAccount.id.in_(wanted))


def _pairs(statement: Select[Any, Any]) -> defaultdict[int, set[int]]:
    pairs: defaultdict[int, set[int]] = defaultdict(set)
    for user_id, other in db.session.execute(statement):
        pairs[user_id].add(other)
    return pairs


def _tied(wanted: list[int], now: datetime) -> dict[int, frozenset[int]]:
    statement = select(AuditEntry.object_id, AuditEntry.actor_id).where(
        AuditEntry.object_type == "user_account",
        AuditEntry.object_id.in_(wanted),
        AuditEntry.actor_id.in_(wanted),
        AuditEntry.action.like(CHANGES),
        AuditEntry.action != CONFIRMED,
        AuditEntry.at > now - TIED_FOR,
    )
    changed = _pairs(statement)
    return {one: frozenset(changed[one] - {one}) for one in wanted}


@use_case
def confirm_person(uow: UnitOfWork, user_id: int) -> int:
    """Confirm that a known person holds this account, as one of the two required. Raises Refused for one's own
    account, a second time, and from someone who is not a known person."""
    user = uow.load(UserAccount, user_id, Permission.ACCOUNT_MANAGE)
    if not manages(uow.actor, [grant for grant in user.grants if not is_over(grant, uow.now)]):
        raise NotFound
    if user.id == uow.actor.user_id:
        raise Refused("", _("Two other people confirm who you are."))
    refuse_one_person("", uow.actor.user_id, [], uow.now)
    by = PersonConfirmation
    before = uow.session.scalars(select(by).where(by.user_id == user.id))
    if any(row.confirmed_by_id == uow.actor.user_id for row in before):
        raise Refused("", _("You have already confirmed this person."))
    assert uow.actor.user_id is not None
    uow.add(PersonConfirmation(user_id=user.id, confirmed_by_id=uow.actor.user_id, confirmed_at=uow.now))
    uow.record(user, CONFIRMED)
    return user.id
