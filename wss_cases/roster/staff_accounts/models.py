"""Accounts for the roster's staff: rules and waves, which account a rule proposes, and reading them.

Callers have checked the permission.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, exists, func, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import not_over
from wss_cases.foundation.db import Base, Id, db, named_enum, where
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.ids import fold_address
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import School, StaffMember, StaffPost, Student

GIVEN: Final = (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)
NEEDS_SECOND: Final = frozenset({Role.ADMINISTRATOR})
"""Roles that a rule gives only after a second person confirmed it."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

RoleRules = Mapping[tuple[str, int | None], Role | None]
"""The rules in force, by roster role and school, None for any."""
Place = tuple[Role, int]
"""A role and the school where it is held."""


class Standing(Labelled):
    """What happens to one person of the roster."""

    NEW = "new", _l("Gets an account")
    ADDS = "adds", _l("Gets another role")
    RETURNS = "returns", _l("Came back: decide by hand")
    HAS = "has", _l("Already has everything")
    NO_ADDRESS = "no_address", _l("No email address")
    TAKEN = "taken", _l("The address is another person’s")
    STUDENT = "student", _l("Is a student too")
    NO_RULE = "no_rule", _l("No rule for their roster role")
    NONE = "none", _l("Gets none by the rules")


WILL_CHANGE: Final = (Standing.NEW, Standing.ADDS)


@dataclass(frozen=True)
class Member:
    """A staff member; rows of the roster with the same name and address are one person."""

    staff_ids: tuple[int, ...]
    name: str
    email: str
    posts: frozenset[tuple[int, str]]
    is_student: bool = False
    is_shared: bool = False


@dataclass
class Held:
    """An account: its roles at schools, ended ones, whether it has or had any role, and its roster rows."""

    user_id: int
    is_ended: bool
    is_partner: bool = False
    live: set[Place] = field(default_factory=set)
    over: set[Place] = field(default_factory=set)
    has_live: bool = False
    had: bool = False
    staff_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Proposal:
    """What would change for one person: `gives` are the roles new to them."""

    member: Member
    standing: Standing
    gives: tuple[Place, ...] = ()
    user_id: int | None = None


def known_address(email: str) -> str:
    """An address as accounts store it, '' if invalid."""
    email = fold_address(email)
    return email if _ADDRESS.fullmatch(email) else ""


def roles_of(posts: Iterable[tuple[int, str]], rules: RoleRules) -> tuple[set[Place], bool]:
    """The roles that a person's posts give, and whether each post has a rule."""
    given: set[Place] = set()
    known = True
    for school_id, staff_role in posts:
        key = next((key for key in ((staff_role, school_id), (staff_role, None)) if key in rules), None)
        if key is None:
            known = False
        elif (role := rules[key]) is not None:
            given.add((role, school_id))
    return given, known


def proposal(member: Member, rules: RoleRules, held: Held | None) -> Proposal:
    """What happens to a person. Roles that ended are never given again without asking."""
    given, known = roles_of(member.posts, rules)
    user_id = held.user_id if held else None
    if member.is_student:
        return Proposal(member, Standing.STUDENT)
    if not given:
        return Proposal(member, Standing.NONE if known and member.posts else Standing.NO_RULE, (), user_id)
    if held is None:
        if member.is_shared:
            return Proposal(member, Standing.TAKEN)
        places = tuple(sorted(given, key=_order))
        return Proposal(member, Standing.NEW if member.email else Standing.NO_ADDRESS, places)
    if held.is_partner or member.is_shared or held.staff_ids - set(member.staff_ids):
        return Proposal(member, Standing.TAKEN)
    missing = tuple(sorted(given - held.live, key=_order))
    if held.is_ended or (missing and ((held.had and not held.has_live) or held.over & set(missing))):
        return Proposal(member, Standing.RETURNS, missing, user_id)
    return Proposal(member, Standing.ADDS if missing else Standing.HAS, missing, user_id)


def _order(place: Place) -> tuple[int, int]:
    return GIVEN.index(place[0]), place[1]


class AccountRule(Base):
    """From a day on, a roster role gives a role at one school, or with None at any; a `role` of None gives none. The
    later rule counts, and one for a school before one for any. A rule for administrators counts once a second
    person, `confirmed_by_id`, has agreed."""

    __tablename__ = "account_rule"
    __table_args__ = (
        CheckConstraint("confirmed_by_id is null or confirmed_by_id <> said_by_id", name="second"),
        CheckConstraint("(confirmed_by_id is null) = (confirmed_at is null)", name="confirmed"),
        Index("ix_account_rule_staff_role", "staff_role", "starts_on"),
    )

    id: Mapped[Id]
    staff_role: Mapped[str] = mapped_column(String(60))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    role: Mapped[Role | None] = mapped_column(named_enum(Role, "role"))
    starts_on: Mapped[date]
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    said_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]


class AccountWave(Base):
    """An order to invite this many people of the roster by the rules up to `newest_rule_id`."""

    __tablename__ = "account_wave"
    __table_args__ = (
        CheckConstraint("size between 1 and 5000", name="size"),
        Index("ix_account_wave_open", "id", **where("ended_at is null")),
    )

    id: Mapped[Id]
    size: Mapped[int]
    newest_rule_id: Mapped[int] = mapped_column(ForeignKey("account_rule.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    invited: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    stopped: Mapped[bool] = mapped_column(default=False)


class AccountTally(Base):
    """The people of a large roster's staff with one standing at the last count, by name. `staff_ids` has one row per
    person, `number` their count. For lists only: invitations evaluate again. `seen` is the state of rules and roster
    then."""

    __tablename__ = "account_tally"

    standing: Mapped[Standing] = mapped_column(named_enum(Standing, "standing"), primary_key=True)
    number: Mapped[int]
    staff_ids: Mapped[list[Any]] = mapped_column(default=list)
    seen: Mapped[str] = mapped_column(String(80))
    counted_at: Mapped[datetime]


SHOWN_WAVES = 20


def rules_on(day: date) -> RoleRules:
    """The rules in force on a date, without those that wait for a second person."""
    rule = AccountRule
    counts = or_(rule.role.is_(None), rule.role.not_in(NEEDS_SECOND), rule.confirmed_at.is_not(None))
    columns = select(rule.staff_role, rule.school_id, rule.role).where(rule.starts_on <= day, counts)
    rows = db.session.execute(columns.order_by(rule.starts_on, rule.id))
    return {(row[0], row[1]): row[2] for row in rows}


def every_rule() -> list[tuple[AccountRule, str | None, str | None, str | None]]:
    """All rules, newest first, with school, author and confirming person."""
    second = aliased(UserAccount)
    statement = (
        select(AccountRule, School.name, UserAccount.name, second.name)
        .outerjoin(School, School.id == AccountRule.school_id)
        .outerjoin(UserAccount, UserAccount.id == AccountRule.said_by_id)
        .outerjoin(second, second.id == AccountRule.confirmed_by_id)
        .order_by(AccountRule.id.desc())
    )
    return [(row[0], row[1], row[2], row[3]) for row in db.session.execute(statement)]


def newest_rule() -> int | None:
    return db.session.scalar(select(func.max(AccountRule.id)))


def staff_roles() -> list[tuple[str, int]]:
    """The roster's staff roles, with the number of people in each."""
    of_active = select(StaffPost.role, func.count(StaffPost.staff_id.distinct())).join(
        StaffMember, StaffMember.id == StaffPost.staff_id
    )
    rows = db.session.execute(of_active.where(StaffMember.is_active).group_by(StaffPost.role).order_by(StaffPost.role))
    return [(row[0], row[1]) for row in rows]


def proposals(now: datetime, staff_ids: Collection[int] | None = None) -> list[Proposal]:
    """What the rules of today give each active staff member of the roster, by name. With `staff_ids` only for these
    rows, evaluated with all rows of the same person or address."""
    if staff_ids is not None and not staff_ids:
        return []
    rules = rules_on(today_at(None, now))
    members = _members(staff_ids)
    accounts = _accounts(now, None if staff_ids is None else _account_ids(members))
    by_address = dict(accounts.values())
    by_staff = {staff_id: account for _email, account in accounts.values() for staff_id in account.staff_ids}
    proposed = []
    for member in members:
        linked = next((by_staff[one] for one in member.staff_ids if one in by_staff), None)
        proposed.append(proposal(member, rules, linked or by_address.get(member.email)))
    return proposed


def returning(user_id: int, now: datetime) -> Proposal | None:
    """What the rules give someone who returned to the roster; None for anyone else."""
    email = db.session.scalar(select(UserAccount.email).where(UserAccount.id == user_id)) or ""
    theirs = or_(StaffMember.user_id == user_id, func.lower(StaffMember.email) == email)
    ids = db.session.scalars(select(StaffMember.id).where(StaffMember.is_active, theirs)).all()
    back = (one for one in proposals(now, ids) if one.standing is Standing.RETURNS)
    return next((one for one in back if one.user_id == user_id), None)


def _of(statement: Any, column: Any, ids: Collection[int] | None) -> Any:
    return statement if ids is None else statement.where(column.in_(ids))


def _rows(staff_ids: Collection[int] | None) -> list[Any]:
    """Rows of the roster's active staff by name: these, and others with one of their addresses."""
    staff = StaffMember
    pupil = exists().where(Student.source == staff.source, Student.sourced_id == staff.sourced_id, Student.is_active)
    columns = select(staff.id, staff.name, staff.search_key, staff.email, pupil).where(staff.is_active)
    if staff_ids is not None:
        emails = db.session.scalars(select(staff.email).where(staff.id.in_(staff_ids)))
        addresses = {address for email in emails if (address := known_address(email))}
        columns = columns.where(or_(staff.id.in_(staff_ids), func.lower(staff.email).in_(addresses)))
    return list(db.session.execute(columns.order_by(staff.search_key, staff.id)))


def _members(staff_ids: Collection[int] | None) -> list[Member]:
    rows_found = _rows(staff_ids)
    posts: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
    open_ones = select(StaffPost.staff_id, StaffPost.school_id, StaffPost.role).join(School).where(School.is_active)
    of_them = None if staff_ids is None else [row[0] for row in rows_found]
    for staff_id, school_id, role in db.session.execute(_of(open_ones, StaffPost.staff_id, of_them)):
        posts[staff_id].add((school_id, role))
    together: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows_found:
        email = known_address(row[3])
        together[email, row[2] if email else str(row[0])].append(row)
        names[email].add(row[2])
    wanted = None if staff_ids is None else set(staff_ids)
    return [
        Member(
            staff_ids=tuple(row[0] for row in rows),
            name=rows[0][1],
            email=email,
            posts=frozenset(post for row in rows for post in posts[row[0]]),
            is_student=any(row[4] for row in rows),
            is_shared=bool(email) and len(names[email]) > 1,
        )
        for (email, _key), rows in together.items()
        if wanted is None or any(row[0] in wanted for row in rows)
    ]


def _account_ids(members: Sequence[Member]) -> list[int]:
    """The accounts linked to these people, or with one of their addresses."""
    staff_ids = [one for member in members for one in member.staff_ids]
    tied = select(StaffMember.user_id).where(StaffMember.id.in_(staff_ids), StaffMember.user_id.is_not(None))
    of_address = select(UserAccount.id).where(UserAccount.email.in_({member.email for member in members} - {""}))
    return list(db.session.scalars(tied.union(of_address)))


def _accounts(now: datetime, ids: Collection[int] | None) -> dict[int, tuple[str, Held]]:
    if ids is not None and not ids:
        return {}
    staff: defaultdict[int, set[int]] = defaultdict(set)
    linked = select(StaffMember.user_id, StaffMember.id).where(StaffMember.user_id.is_not(None), StaffMember.is_active)
    for owner_id, staff_id in db.session.execute(_of(linked, StaffMember.user_id, ids)):
        staff[owner_id or 0].add(staff_id)
    by_email = {}
    accounts = select(UserAccount.id, UserAccount.email, UserAccount.state)
    for user_id, email, state in db.session.execute(_of(accounts, UserAccount.id, ids)):
        account = Held(user_id, state is AccountState.DISABLED, staff_ids=frozenset(staff[user_id]))
        by_email[user_id] = email, account
    grants = select(RoleGrant.user_id, RoleGrant.role, RoleGrant.school_id, not_over(now)).order_by(RoleGrant.id)
    for user_id, role, school_id, is_live in db.session.execute(_of(grants, RoleGrant.user_id, ids)):
        account = by_email[user_id][1]
        account.is_partner |= bool(is_live) and role is Role.PARTNER
        if is_live:
            account.has_live = True
        else:
            account.had = True
        if school_id is not None:
            (account.live if is_live else account.over).add((role, school_id))
    return by_email


def school_names(ids: Iterable[int]) -> dict[int, str]:
    rows = db.session.execute(select(School.id, School.name).where(School.id.in_(sorted(set(ids)))))
    return {row[0]: row[1] for row in rows}


def waves() -> Sequence[tuple[AccountWave, str]]:
    statement = select(AccountWave, UserAccount.name).join(UserAccount, UserAccount.id == AccountWave.made_by_id)
    rows = db.session.execute(statement.order_by(AccountWave.id.desc()).limit(SHOWN_WAVES))
    return [(row[0], row[1]) for row in rows]


def open_wave() -> int | None:
    return db.session.scalar(select(AccountWave.id).where(AccountWave.ended_at.is_(None)).order_by(AccountWave.id))
