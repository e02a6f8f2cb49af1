"""The one rule of two persons, asked of the database: every second look of the product comes through here."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, column, func, or_, select, table

from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.two_persons.models import PersonConfirmation
from wss_cases.accounts.two_persons.rules import TIED_FOR, Identity, is_person, second_to_all
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Overreach
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.models import AuditEntry

STAFF = table("staff_member", column("id"), column("user_id"), column("email"))
SIGN_ON = table("sign_on", column("user_id"))
"""The roster and the sign-on are rooms above; these columns are all that is needed of them."""
CHANGES = "account.%"
CONFIRMED = "account.person_confirmed"
"""The one act on an account by hand that ties nobody: it is the word of a second person itself."""


def second_persons(first_ids: Iterable[int | None], candidates: Collection[int], now: datetime) -> set[int]:
    """Return those of these accounts that are a second person beside each of the first ones (None: nobody)."""
    firsts = {user_id for user_id in first_ids if user_id is not None}
    identities = identities_of({*firsts, *candidates}, now)
    return {one for one in candidates if second_to_all(identities[one], [identities[user_id] for user_id in firsts])}


def are_two_persons(one_id: int | None, other_id: int | None, now: datetime) -> bool:
    """Whether these accounts belong to two persons; no account is never one of two."""
    return one_id is not None and other_id is not None and other_id in second_persons([one_id], [other_id], now)


def refuse_one_person(field: str, user_id: int | None, others: Iterable[int | None], now: datetime) -> None:
    """Raise Overreach beside a field where an account is not known to be another person than each of the others."""
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
    """Whether a person is known to stand behind this account."""
    return is_person(identities_of({user_id}, now)[user_id])


def identities_of(user_ids: Collection[int], now: datetime) -> dict[int, Identity]:
    """Return what is known of each of these accounts, in five queries."""
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
    found: defaultdict[int, set[int]] = defaultdict(set)
    for user_id, other in db.session.execute(statement):
        found[user_id].add(other)
    return found


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
