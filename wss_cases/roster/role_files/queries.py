"""Reading files of roles, and what a file is checked against. Callers have checked who may."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.accounts.grants import not_over
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import fold
from wss_cases.roster.directory.models import School
from wss_cases.roster.role_files.models import RoleFile
from wss_cases.roster.role_files.rules import Known, Place

SHOWN = 20


def known_now(addresses: Collection[str], now: datetime) -> Known:
    """Return what a file is checked against: every school, the accounts with these addresses, and what they hold."""
    schools: dict[str, int | None] = {}
    for row in db.session.execute(select(School.id, School.identifier, School.name)):
        for key in {fold(row[1]), fold(row[2])} - {""}:
            schools[key] = None if key in schools else row[0]
    of_file = select(UserAccount.email, UserAccount.id).where(UserAccount.email.in_(addresses))
    accounts = {row[0]: row[1] for row in db.session.execute(of_file)}
    held: defaultdict[int, set[Place]] = defaultdict(set)
    live = select(RoleGrant.user_id, RoleGrant.role, RoleGrant.school_id).where(not_over(now))
    for user_id, role, school_id in db.session.execute(live.where(RoleGrant.user_id.in_(accounts.values()))):
        held[user_id].add((role, school_id))
    return Known(accounts, schools, held)


def names_of(user_ids: set[int]) -> dict[int, str]:
    """Return the names of these accounts."""
    rows = db.session.execute(select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(sorted(user_ids))))
    return {row[0]: row[1] for row in rows}


def last_files() -> list[tuple[RoleFile, str]]:
    """Return the last files with who uploaded them, the newest first."""
    statement = select(RoleFile, UserAccount.name).join(UserAccount, UserAccount.id == RoleFile.made_by_id)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(RoleFile.id.desc()).limit(SHOWN))]
