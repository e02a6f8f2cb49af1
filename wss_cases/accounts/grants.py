"""Reading accounts: the signed-in person in one query, and who holds a role where."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Select,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    table,
    true,
)

from wss_cases.access.actor import Actor, Grant, Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount, UserSession
from wss_cases.accounts.credentials import SecondFactor
from wss_cases.accounts.visibility import PastOpening, VisibilityWindow, sees_from
from wss_cases.foundation.code_tables import code_tables_version, know_code_tables
from wss_cases.foundation.db import UtcDateTime, db
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.school_time import district_day, school_day, today_at
from wss_cases.foundation.settings import every_setting, know_settings

SCHOOL = table("school", column("id"), column("network"), column("name"))
"""Accounts may not import the roster, a higher package; these are the columns they need of it."""

NETWORK = table("network", column("name"))
PARTNER = table("partner", column("id"), column("name"))
UNFILED = table("offline_entry", column("user_id"), column("state"))
"""Likewise for networks, partners, and entries written offline."""


@dataclass(frozen=True)
class Along:
    """A further select of one row that every page needs, read in the same statement; the session stores its row
    under the name."""

    name: str
    statement: Callable[[], Select[Any]]
    values: Callable[[datetime], dict[str, Any]]


_ALONG: list[Along] = []


def ask_along(along: Along) -> None:
    """Add this to the statement of each request; higher packages call it before the first request."""
    _ALONG.append(along)


WHO = (UserAccount.id, UserAccount.name, UserAccount.locale, UserAccount.initials, UserAccount.list_columns)
"""Columns of an actor, besides the grants."""
SESSION = (
    UserSession.id, UserAccount.email, UserSession.last_seen_at, UserSession.expires_at, UserAccount.last_school_id,
    UserSession.created_at, UserSession.verified_at, UserAccount.is_demo, SecondFactor.id.is_not(None),
    UserSession.by_sign_on, UserSession.factor_by_provider, UserSession.says_when,
    exists().where(UNFILED.c.user_id == UserAccount.id, UNFILED.c.state == literal_column("'to_mend'")),
)  # fmt: skip
"""The fields of a `SessionRow` in order, except the actor. Only the columns needed: psycopg does not cache how it
sends a statement of more than 4,096 characters."""

GrantRow = tuple[Role | None, bool | None, str | None, int | None, int | None, int | None]


@dataclass(frozen=True)
class SessionRow:
    session_id: int
    actor: Actor
    email: str
    last_seen_at: datetime
    expires_at: datetime
    last_school_id: int | None
    created_at: datetime
    verified_at: datetime | None
    is_demo: bool
    has_factor: bool
    by_sign_on: bool
    factor_by_provider: bool
    says_when: bool
    has_to_mend: bool
    """Whether an entry that this person wrote offline must be fixed."""


def in_force(day: date | ColumnElement[date] | BindParameter[Any]) -> ColumnElement[bool]:
    """Grants in force on a date at the place where they are held."""
    return (RoleGrant.starts_on <= day) & or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day)


def in_force_at(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Grants in force at an instant, from midnight to midnight of their school, others of the district's zone."""
    return in_force(school_day(RoleGrant.school_id, now))


def not_over(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Grants in force at an instant or later; the opposite of `is_over` in SQL."""
    return or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= school_day(RoleGrant.school_id, now))


def is_over(grant: RoleGrant, now: datetime) -> bool:
    """Whether the last day of a grant has passed where it is held."""
    return grant.ends_on is not None and grant.ends_on < today_at(grant.school_id, now)


def with_grants(statement: Select[Any], now: datetime | BindParameter[Any]) -> Select[Any]:
    """Join to each account its grants at an instant; a network's grant for each of its schools."""
    return statement.outerjoin(RoleGrant, (RoleGrant.user_id == UserAccount.id) & in_force_at(now)).outerjoin(
        SCHOOL, or_(SCHOOL.c.id == RoleGrant.school_id, SCHOOL.c.network == RoleGrant.network)
    )


def grant_columns(today: date | ColumnElement[date]) -> tuple[Any, ...]:
    """The columns that `grants_of` reads of each grant; the local day decides which years are visible."""
    in_view = (
        select(VisibilityWindow.school_years)
        .where(VisibilityWindow.role == RoleGrant.role, VisibilityWindow.starts_on <= today)
        .order_by(VisibilityWindow.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )
    return RoleGrant.role, RoleGrant.district, RoleGrant.network, SCHOOL.c.id, RoleGrant.partner_id, in_view


def _past_open(now: datetime | BindParameter[Any]) -> Any:
    live = (PastOpening.user_id == UserAccount.id) & (PastOpening.expires_at > now)
    return select(func.count(PastOpening.id)).where(live).scalar_subquery()


def past_students(user_id: int, now: datetime) -> frozenset[int]:
    """Students whose past years this person has open."""
    live = (PastOpening.user_id == user_id) & (PastOpening.expires_at > now)
    return frozenset(db.session.scalars(select(PastOpening.student_id).where(live)))


def is_live(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Sessions that open pages at an instant."""
    return UserSession.revoked_at.is_(None) & (UserSession.expires_at > now) & UserSession.awaits_code.is_(False)


@cache
def _live_session() -> Select[Any]:
    """The statement of every request, built once because building takes longer than executing."""
    now: Any = bindparam("now", type_=UtcDateTime())
    whose = (*SESSION, *WHO, _past_open(now), every_setting(), code_tables_version())
    along = [one.statement().subquery(one.name) for one in _ALONG]
    statement = (
        select(*whose, *grant_columns(district_day(now)), *chain.from_iterable(one.c for one in along))
        .select_from(UserSession)
        .join(UserAccount, UserAccount.id == UserSession.user_id)
        .outerjoin(SecondFactor, SecondFactor.user_id == UserAccount.id)
        .where(UserSession.token_digest == bindparam("token_digest"), is_live(now))
    )
    for one in along:
        statement = statement.join(one, true())
    return with_grants(statement.where(UserAccount.state == AccountState.ACTIVE), now)


def live_session(token: str, now: datetime) -> SessionRow | None:
    """The session of a cookie's token with the person's grants of today, the district's settings and the other
    selects of every page, in one query; None if it is over."""
    parameters = {"now": now, "token_digest": token_digest(token)}
    for one in _ALONG:
        parameters |= one.values(now)
    rows = db.session.execute(_live_session(), parameters).all()
    if not rows:
        return None
    first = tuple(rows[0])
    session, rest = first[: len(SESSION)], first[len(SESSION) :]
    who, (opened, settings, code_tables) = rest[: len(WHO)], rest[len(WHO) : len(WHO) + 3]
    know_settings(settings)
    know_code_tables(code_tables)
    begin, end = len(SESSION) + len(WHO) + 3, _keep_along(rows[0])
    actor = _actor(who, [row[begin:end] for row in rows], opened, now)
    return SessionRow(session[0], actor, *session[1:])


def _keep_along(row: Any) -> int:
    """Store the further selects' rows in this session; returns where they begin in the row."""
    end = len(row)
    for one in reversed(_ALONG):
        width = len(one.statement().selected_columns)
        db.session.info[one.name] = row[end - width : end]
        end -= width
    return end


def actor_of(user_id: int, now: datetime) -> Actor | None:
    """A person as an actor with today's grants; None if the account is not active."""
    columns = select(*WHO, _past_open(now), *grant_columns(today_at(None, now))).select_from(UserAccount)
    person = columns.where(UserAccount.id == user_id, UserAccount.state == AccountState.ACTIVE)
    rows = db.session.execute(with_grants(person, now)).all()
    if not rows:
        return None
    held = len(WHO) + 1
    return _actor(rows[0][: len(WHO)], [row[held:] for row in rows], rows[0][len(WHO)], now)


def _actor(who: Sequence[Any], grants: Iterable[Any], opened: int, now: datetime) -> Actor:
    user_id, name, locale, initials, list_columns = who
    return Actor(
        user_id=user_id,
        name=name,
        grants=grants_of((tuple(grant) for grant in grants), today_at(None, now)),
        locale=locale,
        past_students=past_students(user_id, now) if opened else frozenset(),
        initials=initials,
        list_columns=list_columns,
    )


def grants_of(rows: Iterable[GrantRow], today: date) -> tuple[Grant, ...]:
    """The grants in rows with the columns of `grant_columns`, each once."""
    grants = []
    for role, district, network, school_id, partner_id, school_years in rows:
        if role is None or (network is not None and school_id is None):
            continue
        first = sees_from(school_years, today)
        grants.append(Grant(role, school_id, bool(district), partner_id, first))
    return tuple(dict.fromkeys(grants))


def partner_people(partner_id: int, now: datetime) -> list[tuple[int, str]]:
    """(user id, name) of a partner's active people, by name."""
    return _active(RoleGrant.role == Role.PARTNER, RoleGrant.partner_id == partner_id, in_force_at(now))


def holders(role: Role, school_id: int, day: date) -> list[tuple[int, str]]:
    """(user id, name) of the active people with this role at this school on a date, by name."""
    rows = db.session.execute(_holders(), {"role": role, "school": school_id, "day": day})
    return [(row[0], row[1]) for row in rows]


@cache
def _holders() -> Any:
    here = (RoleGrant.role == bindparam("role"), RoleGrant.school_id == bindparam("school"))
    return _of_active(*here, in_force(bindparam("day", type_=Date())))


def holders_of(roles: Collection[Role], school_id: int, day: date) -> dict[Role, dict[int, str]]:
    """`holders` of several roles in one query: by role, user id to name."""
    statement = (
        select(RoleGrant.role, UserAccount.id, UserAccount.name)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.role.in_(sorted(roles)), RoleGrant.school_id == school_id, in_force(day))
        .where(UserAccount.state == AccountState.ACTIVE)
        .order_by(UserAccount.name, UserAccount.id)
    )
    people: dict[Role, dict[int, str]] = {role: {} for role in roles}
    for role, user_id, name in db.session.execute(statement):
        people[role][user_id] = name
    return people


def holders_anywhere(role: Role, day: date) -> list[tuple[int, str]]:
    """(user id, name) of the active people with this role anywhere on a date, by name."""
    return _active(RoleGrant.role == role, in_force(day))


def _active(*held: ColumnElement[bool]) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in db.session.execute(_of_active(*held))]


def _of_active(*held: ColumnElement[bool]) -> Any:
    return (
        select(UserAccount.id, UserAccount.name)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(*held, UserAccount.state == AccountState.ACTIVE)
        .distinct()
        .order_by(UserAccount.name, UserAccount.id)
    )
