"""For many people or schools at once: who still works where, and who is on which case team."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, or_, select
from sqlalchemy.orm import aliased

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import SCHOOL, grant_columns, grants_of, in_force_at, with_grants
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.school_time import today_at

Team = Mapping[Role, Mapping[int, str]]
"""The active people of a school's case team: id to name by role, lowest id first."""


def teams_at(school_ids: Collection[int], now: datetime) -> dict[int, Team]:
    """Each school's case team now, in one query; empty if there is no one."""
    teams: dict[int | None, dict[Role, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    for school_id, role, user_id, name in _teams.rows(school_ids, now=now):
        teams[school_id][role][user_id] = name
    return {school_id: teams[school_id] for school_id in school_ids}


@Prepared
def _teams(among_ids: Narrow) -> Any:
    return (
        select(RoleGrant.school_id, RoleGrant.role, UserAccount.id, UserAccount.name)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            among_ids(RoleGrant.school_id),
            RoleGrant.role.in_(sorted(CASE_TEAM)),
            UserAccount.state == AccountState.ACTIVE,
            in_force_at(bindparam("now", type_=UtcDateTime())),
        )
        .order_by(UserAccount.id)
    )


def works(
    user_id: Any, school_id: Any, roles: Collection[Role], now: datetime | BindParameter[Any]
) -> ColumnElement[bool]:
    """SQL: whether someone holds one of these roles at a school now; disabled accounts do not. `user_id` and
    `school_id` are columns."""
    account = aliased(UserAccount)  # an alias, because `user_id` may be a column of this table
    granted = (
        select(RoleGrant.id)
        .join(account, account.id == RoleGrant.user_id)
        .outerjoin(SCHOOL, SCHOOL.c.network == RoleGrant.network)
        .where(
            RoleGrant.user_id == user_id,
            RoleGrant.role.in_(sorted(roles)),
            account.state != AccountState.DISABLED,
            in_force_at(now),
            or_(RoleGrant.school_id == school_id, RoleGrant.district, SCHOOL.c.id == school_id),
        )
    )
    return granted.exists()


def colleagues(user_ids: Collection[int], now: datetime) -> dict[int, Actor]:
    """These people's actors with today's grants, in one query, without disabled accounts."""
    today = today_at(None, now)
    statement = (
        select(UserAccount.id, UserAccount.name, UserAccount.locale, *grant_columns(today))
        .select_from(UserAccount)
        .where(UserAccount.id.in_(sorted(user_ids)), UserAccount.state != AccountState.DISABLED)
    )
    people: dict[int, tuple[str, str]] = {}
    grants = defaultdict(list)
    for user_id, name, locale, *grant in db.session.execute(with_grants(statement, now)):
        people[user_id] = (name, locale)
        grants[user_id].append(tuple(grant))
    return {
        user_id: Actor(user_id=user_id, name=name, grants=grants_of(grants[user_id], today), locale=locale)
        for user_id, (name, locale) in people.items()
    }


def user_names(ids: Iterable[int | None]) -> dict[int, str]:
    """Names of staff by id, in one query."""
    wanted = sorted({user_id for user_id in ids if user_id is not None})
    if not wanted:
        return {}
    return {row[0]: row[1] for row in _accounts.rows(wanted)}


@Prepared
def _accounts(among_ids: Narrow) -> Any:
    return select(UserAccount.id, UserAccount.name).where(among_ids(UserAccount.id))
