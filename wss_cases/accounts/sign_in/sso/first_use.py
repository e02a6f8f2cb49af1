"""The account of a member of staff, made when they first come through the district's sign-on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Date, Row, column, exists, func, or_, select, table, update

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.sign_in.sessions.actions import tell_roles_changed
from wss_cases.accounts.sign_in.sso.claims import (
    is_child_or_family,
    of_district,
    roles_claimed,
    staff_id,
    vouched_address,
)
from wss_cases.accounts.sign_in.sso.models import SignOn
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import fold, fold_address
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.sign_in.identity import Identity
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

STAFF = table(
    "staff_member",
    *(
        column(name)
        for name in ("id", "source", "sourced_id", "name", "email", "role", "school_id", "user_id", "is_active")
    ),
)
POST = table("staff_post", column("staff_id"), column("school_id"), column("role"))
PUPIL = table("student", column("source"), column("sourced_id"), column("is_active"))
RULE = table(
    "account_rule",
    *(column(name) for name in ("id", "staff_role", "school_id", "role", "confirmed_at")),
    column("starts_on", Date),
)
"""The roster is a room above; these columns are all that is needed of it."""
BY_HAND = "manual"
Place = tuple[Role, int]
"""A role and the school in which it is held."""


@dataclass(frozen=True)
class Meeting:
    """What a first use came to: `refused` says why there is no account, `owner_id` whose account there is already."""

    refused: str = ""
    owner_id: int | None = None


def meet(identity: Identity, now: datetime) -> Meeting:
    """Make the account of a member of staff whom nobody knows here yet.

    Only for a person of the roster as it stands, named by the staff id or by an address that the provider vouches for;
    an account that there is already belongs to whoever owns it, and is left alone.
    """
    known = select(SignOn.id).where(SignOn.issuer == identity.issuer, SignOn.subject == identity.subject)
    if db.session.scalars(known).first() is not None:
        return Meeting()
    if not of_district(identity.claims, setting("SIGN_ON_TENANT")):
        return Meeting("of another district")
    if is_child_or_family(identity.claims):
        return Meeting("not of the staff")
    with unit_of_work(SYSTEM, now) as uow:
        rows, address = _staff(uow, identity)
        if uow.session.scalars(known).first() is not None:  # by a second click, while this one waited
            uow.no_audit()
            return Meeting()
        places = _places(uow, rows, identity)
        met = _judge(uow, rows, address, places)
        if met.refused or met.owner_id is not None:
            uow.audit("session.sign_on_refused", "user_account", met.owner_id)
            return met
        _make(uow, rows, address, places, identity)
    return met


def _staff(uow: UnitOfWork, identity: Identity) -> tuple[Sequence[Row[Any]], str]:
    address = vouched_address(identity.claims, setting("SIGN_ON_DOMAINS"))
    theirs = staff_id(identity.claims, setting("SIGN_ON_STAFF_ID"))
    if not (theirs or address):
        return [], ""
    same = STAFF.c.sourced_id == theirs if theirs else func.lower(STAFF.c.email) == address
    pupil = exists().where(
        PUPIL.c.source == STAFF.c.source, PUPIL.c.sourced_id == STAFF.c.sourced_id, PUPIL.c.is_active
    )
    current = select(STAFF).where(same, STAFF.c.is_active, STAFF.c.source != BY_HAND, ~pupil).order_by(STAFF.c.id)
    rows = uow.session.execute(current.with_for_update()).all()
    return rows, next((fold_address(row.email) for row in rows if row.email), address)


def _judge(uow: UnitOfWork, rows: Sequence[Row[Any]], address: str, places: set[Place]) -> Meeting:
    if not rows:
        return Meeting("nobody of the staff roster")
    if len({fold(row.name) for row in rows}) > 1:
        return Meeting("more than one person of the staff roster")
    if not address:
        return Meeting("no address in the roster, and none vouched for")
    linked = [row.user_id for row in rows if row.user_id is not None]
    theirs = select(UserAccount).where(or_(UserAccount.email == address, UserAccount.id.in_(linked)))
    owner = uow.session.scalars(theirs.order_by(UserAccount.id)).first()
    if owner is not None:
        return Meeting("disabled" if owner.state is AccountState.DISABLED else "", owner.id)
    return Meeting() if places else Meeting("no school in the roster, or no role by the rules for staff")


def _places(uow: UnitOfWork, rows: Sequence[Row[Any]], identity: Identity) -> set[Place]:
    """Return the roles and where: as mapped from what the provider says, else by the rules for the roster's staff, and
    where there are none to report at each of the schools."""
    ids = [row.id for row in rows]
    held = uow.session.execute(select(POST.c.school_id, POST.c.role).where(POST.c.staff_id.in_(ids))).all()
    posts = {(row.school_id, row.role) for row in rows if row.school_id} | {
        (school_id, role) for school_id, role in held
    }
    claimed, rules = roles_claimed(identity.claims, setting("SIGN_ON_ROLES")), _rules(uow)
    if claimed or not rules:
        return {(role, school_id) for role in claimed or [Role.REPORTER] for school_id, _staff_role in posts}
    given = ((rules.get((role, school_id), rules.get((role, None))), school_id) for school_id, role in posts)
    return {(Role(role), school_id) for role, school_id in given if role}


def _rules(uow: UnitOfWork) -> dict[tuple[str, int | None], str | None]:
    counts = or_(RULE.c.role.is_(None), RULE.c.role != Role.ADMINISTRATOR.value, RULE.c.confirmed_at.is_not(None))
    in_force = select(RULE.c.staff_role, RULE.c.school_id, RULE.c.role).where(
        RULE.c.starts_on <= today_at(None, uow.now), counts
    )
    rows = uow.session.execute(in_force.order_by(RULE.c.starts_on, RULE.c.id)).all()
    return {(staff_role, school_id): role for staff_role, school_id, role in rows}


def _make(
    uow: UnitOfWork, rows: Sequence[Row[Any]], address: str, places: set[Place], identity: Identity
) -> None:  # fmt: skip
    user = UserAccount(email=address, name=rows[0].name[:200], created_at=uow.now, state=AccountState.ACTIVE)
    uow.add(user)
    uow.session.add(SignOn(user_id=user.id, issuer=identity.issuer, subject=identity.subject, linked_at=uow.now))
    uow.session.execute(update(STAFF).where(STAFF.c.id.in_([row.id for row in rows])).values(user_id=user.id))
    uow.record(user, "account.made_by_sign_on")
    for role, school_id in sorted(places):
        grant = RoleGrant(user_id=user.id, role=role, school_id=school_id, starts_on=today_at(school_id, uow.now))
        uow.add(grant)
        uow.record(user, "account.role_given", role=role.value)
        if role is not Role.REPORTER:
            tell_roles_changed(uow, user, grant, given=True)
