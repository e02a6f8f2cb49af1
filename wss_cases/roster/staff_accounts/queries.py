"""Reading the rules, whom they give an account, and the waves. Callers have checked who may."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants.queries import not_over
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import School, StaffMember, StaffPost, Student
from wss_cases.roster.staff_accounts.models import AccountRule, AccountWave
from wss_cases.roster.staff_accounts.rules import (
    NEEDS_SECOND,
    Held,
    Member,
    Proposal,
    RoleRules,
    Standing,
    known_address,
    proposal,
)

SHOWN_WAVES = 20


def rules_on(day: date) -> RoleRules:
    """Return the rules in force on a date; what waits for a second person is none yet."""
    rule = AccountRule
    counts = or_(rule.role.is_(None), rule.role.not_in(NEEDS_SECOND), rule.confirmed_at.is_not(None))
    columns = select(rule.staff_role, rule.school_id, rule.role).where(rule.starts_on <= day, counts)
    rows = db.session.execute(columns.order_by(rule.starts_on, rule.id))
    return {(row[0], row[1]): row[2] for row in rows}


def every_rule() -> list[tuple[AccountRule, str | None, str | None, str | None]]:
    """Return every rule, the newest first, with its school's name, and who said and who confirmed it."""
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
    """Return the id of the rule that was said last, or None."""
    return db.session.scalar(select(func.max(AccountRule.id)))


def staff_roles() -> list[tuple[str, int]]:
    """Return the roles that the roster has for its staff, and how many people of each there are."""
    of_active = select(StaffPost.role, func.count(StaffPost.staff_id.distinct())).join(
        StaffMember, StaffMember.id == StaffPost.staff_id
    )
    rows = db.session.execute(of_active.where(StaffMember.is_active).group_by(StaffPost.role).order_by(StaffPost.role))
    return [(row[0], row[1]) for row in rows]


def proposals(now: datetime) -> list[Proposal]:
    """Return what becomes of each active member of the roster's staff by the rules of today, by name."""
    rules = rules_on(today_at(None, now))
    members, accounts = _members(), _accounts(now)
    by_address = dict(accounts.values())
    by_staff = {staff_id: held for _email, held in accounts.values() for staff_id in held.staff_ids}
    found = []
    for member in members:
        linked = next((by_staff[one] for one in member.staff_ids if one in by_staff), None)
        found.append(proposal(member, rules, linked or by_address.get(member.email)))
    return found


def returning(user_id: int, now: datetime) -> Proposal | None:
    """Return what the rules give somebody who came back to the roster; None for whoever did not."""
    back = (one for one in proposals(now) if one.standing is Standing.RETURNS)
    return next((one for one in back if one.user_id == user_id), None)


def _members() -> list[Member]:
    posts: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
    open_ones = select(StaffPost.staff_id, StaffPost.school_id, StaffPost.role).join(School).where(School.is_active)
    for staff_id, school_id, role in db.session.execute(open_ones):
        posts[staff_id].add((school_id, role))
    staff = StaffMember
    pupil = exists().where(Student.source == staff.source, Student.sourced_id == staff.sourced_id, Student.is_active)
    columns = select(staff.id, staff.name, staff.search_key, staff.email, pupil).where(staff.is_active)
    together: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in db.session.execute(columns.order_by(staff.search_key, staff.id)):
        email = known_address(row[3])
        together[email, row[2] if email else str(row[0])].append(row)
        names[email].add(row[2])
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
    ]


def _accounts(now: datetime) -> dict[int, tuple[str, Held]]:
    staff: defaultdict[int, set[int]] = defaultdict(set)
    linked = select(StaffMember.user_id, StaffMember.id).where(StaffMember.user_id.is_not(None), StaffMember.is_active)
    for owner_id, staff_id in db.session.execute(linked):
        staff[owner_id or 0].add(staff_id)
    found = {}
    for user_id, email, state in db.session.execute(select(UserAccount.id, UserAccount.email, UserAccount.state)):
        held = Held(user_id, state is AccountState.DISABLED, staff_ids=frozenset(staff[user_id]))
        found[user_id] = email, held
    grants = select(RoleGrant.user_id, RoleGrant.role, RoleGrant.school_id, not_over(now)).order_by(RoleGrant.id)
    for user_id, role, school_id, is_live in db.session.execute(grants):
        held = found[user_id][1]
        held.is_partner |= bool(is_live) and role is Role.PARTNER
        if is_live:
            held.has_live = True
        else:
            held.had = True
        if school_id is not None:
            (held.live if is_live else held.over).add((role, school_id))
    return found


def school_names(ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these schools."""
    rows = db.session.execute(select(School.id, School.name).where(School.id.in_(sorted(set(ids)))))
    return {row[0]: row[1] for row in rows}


def waves() -> Sequence[tuple[AccountWave, str]]:
    """Return the last waves with who made them, the newest first."""
    statement = select(AccountWave, UserAccount.name).join(UserAccount, UserAccount.id == AccountWave.made_by_id)
    rows = db.session.execute(statement.order_by(AccountWave.id.desc()).limit(SHOWN_WAVES))
    return [(row[0], row[1]) for row in rows]


def open_wave() -> int | None:
    """Return the id of the wave that is under way, or None."""
    return db.session.scalar(select(AccountWave.id).where(AccountWave.ended_at.is_(None)).order_by(AccountWave.id))
