"""What `flask doctor` finds; and what it finds of what only the people of a district can set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants.queries import in_force_at
from wss_cases.accounts.network_approvers.models import NetworkApprover
from wss_cases.accounts.network_approvers.queries import approvers, possible_approvers
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.roster.directory.models import CalendarDay, School
from wss_cases.safeguards.police.review.queries import networks


@dataclass(frozen=True)
class Finding:
    """One look: `level` is ok, warning (goes on, but see to it) or bad (something does not work or is not safe)."""

    level: str
    what: str
    words: str


ok, warning, bad = partial(Finding, "ok"), partial(Finding, "warning"), partial(Finding, "bad")
DAYS_AHEAD = 60
SHOWN = 5


def calendar(now: datetime) -> Finding:
    """Whether the district's calendar goes on; a day that one school declared is no calendar."""
    last = today_at(None, now) + timedelta(days=DAYS_AHEAD)
    beyond = (CalendarDay.school_id.is_(None), CalendarDay.day >= last)
    if db.session.scalar(select(func.count()).select_from(CalendarDay).where(*beyond)):
        return ok("calendar", f"It reaches beyond {last}.")
    return warning("calendar", f"It ends before {last}: due days are then weekdays. Import the next year's.")


def accounts(now: datetime) -> Finding:
    """Whether anybody can sign in who gives roles; where nobody can, nobody else ever will."""
    givers = (
        select(func.count(UserAccount.id.distinct()))
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.role == Role.SYSADMIN, UserAccount.state == AccountState.ACTIVE, in_force_at(now))
    )
    count = db.session.scalar(givers) or 0
    if count == 0:
        return bad("accounts", "Nobody can sign in who gives roles: no system administrator is active.")
    if count == 1:
        return warning("accounts", "One system administrator alone: if that person is away, nobody gives roles.")
    return ok("accounts", f"{count} system administrators are active.")


def leaders(now: datetime) -> Finding:
    """Whether each school has an administrator who can sign in: grants outlive a disabled account, and precede one."""
    led = (
        select(RoleGrant.school_id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.role == Role.ADMINISTRATOR,
            RoleGrant.school_id.is_not(None),
            UserAccount.state == AccountState.ACTIVE,
            in_force_at(now),
        )
    )
    if not db.session.scalar(select(func.count()).select_from(School).where(School.is_active)):
        return warning("schools", "There is no school yet. Import a roster: flask import oneroster PATH")
    statement = select(School.name).where(School.is_active, School.id.not_in(led)).order_by(School.name)
    return _named(
        "schools",
        list(db.session.scalars(statement)),
        "Every school has an administrator.",
        "Without an administrator, nobody decides there",
    )


def police_reviewers(now: datetime) -> Finding:
    """Whether each network has somebody who gives second approvals, and still may."""
    if not networks():
        return warning("police reviews", "There is no school yet, so nobody gives second approvals.")
    named = approvers()
    return _named(
        "police reviews",
        [
            network or "(schools in no network)"
            for network in networks()
            if network not in named or not _may_answer(named[network], now)
        ],
        "Every network has somebody who gives second approvals.",
        "Nobody gives second approvals, so silence refuses",
    )


def _may_answer(named: NetworkApprover, now: datetime) -> bool:
    possible = dict(possible_approvers(named.network, now))
    return named.approver_id in possible or named.deputy_id in possible


def _named(what: str, missing: list[str], good: str, words: str) -> Finding:
    if not missing:
        return ok(what, good)
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return warning(what, f"{words}: {', '.join(missing[:SHOWN])}{more}.")
