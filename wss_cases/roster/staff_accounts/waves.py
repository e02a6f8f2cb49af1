"""What the scheduler does of a wave: accounts with their roles and one-time links, some at each tick, nobody twice."""

from datetime import datetime
from typing import Final

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.sign_in.invitations import send_invitation
from wss_cases.accounts.sign_in.sessions.actions import OWN_ROLES_CHANGED
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.staff_accounts.actions import tie
from wss_cases.roster.staff_accounts.models import AccountWave
from wss_cases.roster.staff_accounts.queries import newest_rule, open_wave, proposals
from wss_cases.roster.staff_accounts.rules import WILL_CHANGE, Proposal

AT_ONCE: Final = 100
"""How many people one tick invites: each costs some milliseconds."""


def send_waves(now: datetime) -> dict[str, int]:
    """Invite the next people of the wave that is under way; returns how many were `invited`."""
    wave_id = open_wave()
    if wave_id is None:
        return {"invited": 0}
    with unit_of_work(SYSTEM, now) as uow:
        wave = uow.session.get_one(AccountWave, wave_id, with_for_update=True, populate_existing=True)
        uow.no_audit()
        if wave.ended_at is not None:
            return {"invited": 0}
        wave.stopped = newest_rule() != wave.newest_rule_id
        left = 0 if wave.stopped else min(AT_ONCE, wave.size - wave.invited)
        waiting = [one for one in proposals(now) if one.standing in WILL_CHANGE] if left else []
        for each in waiting[:left]:
            _carry_out(uow, each)
        wave.invited += len(waiting[:left])
        if wave.stopped or wave.invited >= wave.size or len(waiting) <= left:
            wave.ended_at = now
        uow.audit("account_wave.sent", "account_wave", wave.id, {"invited": [None, len(waiting[:left])]})
        return {"invited": len(waiting[:left])}


def _carry_out(uow: UnitOfWork, each: Proposal) -> None:
    member = each.member
    if each.user_id is None:
        user = uow.add(
            UserAccount(email=member.email, name=member.name[:200], created_at=uow.now, state=AccountState.INVITED)
        )
        uow.record(user, "account.invited")
    else:
        user = uow.session.get_one(UserAccount, each.user_id, with_for_update=True, populate_existing=True)
    tie(uow, member, user)
    for role, school_id in each.gives:
        starts_on = today_at(school_id, uow.now)
        grant = uow.add(RoleGrant(user_id=user.id, role=role, school_id=school_id, starts_on=starts_on))
        uow.record(user, "account.role_given", role=role.value)
        if user.state is AccountState.ACTIVE:
            key = f"{OWN_ROLES_CHANGED}:{user.id}:{grant.id}"
            uow.notify(user.id, OWN_ROLES_CHANGED, grant, key, at_any_hour=True)
    if each.user_id is None:
        send_invitation(uow, user)
