"""The accounts that a person manages: the list with its filters, one account, and where roles can be given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, exists, false, func, or_, select, table, true

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount, UserSession
from wss_cases.accounts.account.rules import GIVEN_BY_SCHOOL
from wss_cases.accounts.grants import NETWORK, PARTNER, SCHOOL, in_force_at, is_live, not_over
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.ids import fold_address
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, staged, worded

PAGE = 20
BY_ADDRESS = Order("address")
TROUBLE = table("mail_trouble", column("user_id"), column("address"))
"""Accounts may not import the mail package, which is higher; these are the columns they need of it."""


def has_begun() -> bool:
    """Whether any account exists, in any state."""
    return db.session.execute(select(UserAccount.id).limit(1)).first() is not None


def managed_by(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The accounts that the actor manages; the same rule as `rules.manages`."""
    if actor.is_system or actor.has(Role.SYSADMIN):
        return true()
    own = sorted(actor.school_ids(Role.ADMINISTRATOR))
    if not own:
        return false()
    own_grant = (RoleGrant.user_id == UserAccount.id) & not_over(now)
    here = exists().where(own_grant, RoleGrant.school_id.in_(own))
    beyond = exists().where(own_grant, RoleGrant.role.not_in(GIVEN_BY_SCHOOL))
    return and_(here, ~beyond)


def visible_to(statement: Select[UserAccount], actor: Actor, now: datetime) -> Select[UserAccount]:
    return statement.where(managed_by(actor, now))


class Standing(Labelled):
    """States to filter by."""

    NEVER = "never", _l("Never signed in")
    FAILING = "failing", _l("Email does not arrive")
    ENDED = "ended", _l("Ended: disabled or without a role")


@dataclass(frozen=True)
class Wanted:
    """Filters of the list: part of a name or address, a school, a role, a state; None filters nothing."""

    text: str = ""
    school_id: int | None = None
    role: Role | None = None
    standing: Standing | None = None


def people(
    actor: Actor, wanted: Wanted, now: datetime, order: Order = BY_ADDRESS, behind: int | None = None,
    limit: int = PAGE + 1,
) -> list[UserAccount]:  # fmt: skip
    """Up to `limit` accounts that the actor manages, in an order, after the account `behind`."""
    statement = _narrowed(visible_to(select(UserAccount), actor, now), wanted, now)
    by = _SORTED.get(order.key, UserAccount.email)
    last = _place_of(actor, by, behind, now) if behind is not None else None
    return list(db.session.scalars(in_order(statement, UserAccount.id, by, down=order.down, limit=limit, last=last)))


_SORTED: dict[str, Any] = {"who": worded(UserAccount.name), "state": staged(UserAccount.state, AccountState)}


def _place_of(actor: Actor, by: Any, user_id: int, now: datetime) -> tuple[Any, int] | None:
    of_last: Any = select(by, UserAccount.id).where(UserAccount.id == user_id)
    row: Any = db.session.execute(visible_to(of_last, actor, now)).first()
    return (row[0], row[1]) if row is not None else None


def _narrowed(statement: Select[UserAccount], wanted: Wanted, now: datetime) -> Select[UserAccount]:
    if wanted.text:
        like = "%" + fold_address(wanted.text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        statement = statement.where(
            or_(UserAccount.email.like(like, escape="\\"), UserAccount.name.ilike(like, escape="\\"))
        )
    has_grant = exists().where(RoleGrant.user_id == UserAccount.id, not_over(now))
    if wanted.school_id is not None or wanted.role is not None:
        # The same grant must match both the role and the school.
        of_school = true() if wanted.school_id is None else RoleGrant.school_id == wanted.school_id
        of_role = true() if wanted.role is None else RoleGrant.role == wanted.role
        statement = statement.where(has_grant.where(of_school, of_role))
    if wanted.standing is Standing.NEVER:
        statement = statement.where(UserAccount.state == AccountState.INVITED)
    elif wanted.standing is Standing.FAILING:
        fails = (TROUBLE.c.user_id == UserAccount.id, TROUBLE.c.address == UserAccount.email)
        statement = statement.where(exists().where(*fails))
    elif wanted.standing is Standing.ENDED:
        statement = statement.where(or_(UserAccount.state == AccountState.DISABLED, ~has_grant))
    return statement


def roles_of(user_ids: list[int]) -> dict[int, list[tuple[RoleGrant, str]]]:
    """Each person's grants with the name of the school, partner or network ('' if none)."""
    statement = (
        select(RoleGrant, func.coalesce(SCHOOL.c.name, PARTNER.c.name, RoleGrant.network))
        .outerjoin(SCHOOL, SCHOOL.c.id == RoleGrant.school_id)
        .outerjoin(PARTNER, PARTNER.c.id == RoleGrant.partner_id)
        .where(RoleGrant.user_id.in_(user_ids))
        .order_by(RoleGrant.id)
    )
    grants: dict[int, list[tuple[RoleGrant, str]]] = {user_id: [] for user_id in user_ids}
    for grant, name in db.session.execute(statement):
        grants[grant.user_id].append((grant, name or ""))
    return grants


def accounts_of_partner(partner_id: int, now: datetime) -> list[tuple[RoleGrant, UserAccount]]:
    """The grants in force for a partner with their people, by name; the caller has checked the partner."""
    statement = (
        select(RoleGrant, UserAccount)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(RoleGrant.partner_id == partner_id, in_force_at(now))
        .order_by(UserAccount.name, UserAccount.id)
    )
    return [(grant, user) for grant, user in db.session.execute(statement)]


def get_person(actor: Actor, user_id: int, now: datetime) -> UserAccount:
    """An account that the actor manages. Raises NotFound."""
    person = visible_to(select(UserAccount), actor, now).where(UserAccount.id == user_id)
    return existing(db.session.scalars(person).one_or_none())


def schools_to_give(actor: Actor) -> list[tuple[int, str]]:
    """(id, name) of the schools where the actor may give roles."""
    statement = select(SCHOOL.c.id, SCHOOL.c.name).order_by(SCHOOL.c.name, SCHOOL.c.id)
    if not actor.has(Role.SYSADMIN):
        statement = statement.where(SCHOOL.c.id.in_(sorted(actor.school_ids(Role.ADMINISTRATOR))))
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def networks_to_give(actor: Actor) -> list[str]:
    """Networks for which the actor may give roles."""
    if not actor.has(Role.SYSADMIN):
        return []
    names = select(SCHOOL.c.network).union(select(NETWORK.c.name))
    return sorted(name for name in db.session.scalars(names) if name)


def own_sessions(user_id: int, now: datetime) -> list[UserSession]:
    """A person's live sessions, newest first."""
    live = select(UserSession).where(UserSession.user_id == user_id, is_live(now))
    return list(db.session.scalars(live.order_by(UserSession.id.desc()).limit(20)))
