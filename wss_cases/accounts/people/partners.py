"""Steps for accounts of a partner's people, whose one role reaches only that organization."""

from datetime import timedelta

from sqlalchemy import select

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import AccountState, RoleGrant, UserAccount
from wss_cases.accounts.grants import is_over
from wss_cases.accounts.sign_in.invitations import send_invitation
from wss_cases.accounts.sign_in.sessions.actions import end_all_sessions
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import fold_address
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork


def invite_for_partner(uow: UnitOfWork, partner_id: int, email: str, name: str) -> UserAccount:
    """Step: create an account whose only role is this partner's, and send its link. Someone who signed in for a
    partner before gets the role again. Raises Refused for any other address in use: school staff never sign in for a
    partner with the same account."""
    named = select(UserAccount).where(UserAccount.email == fold_address(email)).with_for_update()
    user = uow.session.scalars(named).one_or_none()
    if user is None:
        user = uow.add(
            UserAccount(email=fold_address(email), name=name, created_at=uow.now, state=AccountState.INVITED)
        )
        uow.record(user, "account.invited")
    elif any(grant.role is not Role.PARTNER for grant in user.grants):
        raise Refused("email", _("There is already an account with this address."))
    elif user.state is AccountState.DISABLED:
        raise Refused("email", _("This account is disabled. A system administrator can enable it."))
    elif any(not is_over(grant, uow.now) for grant in user.grants):
        raise Refused("email", _("This person already signs in for a partner."))
    today = today_at(None, uow.now)
    uow.add(RoleGrant(user_id=user.id, role=Role.PARTNER, partner_id=partner_id, starts_on=today))
    uow.record(user, "account.role_given", role=Role.PARTNER.value)
    send_invitation(uow, user)
    return user


def end_for_partner(uow: UnitOfWork, partner_id: int, grant_id: int) -> UserAccount:
    """Step: end a person's access for a partner, and their sessions at once. Raises NotFound for another partner's
    grant."""
    grant = uow.session.get(RoleGrant, grant_id, with_for_update=True)
    if grant is None or grant.partner_id != partner_id or is_over(grant, uow.now):
        raise NotFound
    user = uow.session.get_one(UserAccount, grant.user_id, with_for_update=True)
    yesterday = today_at(None, uow.now) - timedelta(days=1)
    if grant.starts_on <= yesterday:
        grant.ends_on = yesterday
    else:
        uow.session.delete(grant)
    end_all_sessions(uow, user.id)
    uow.record(user, "account.role_ended", role=Role.PARTNER.value)
    return user
