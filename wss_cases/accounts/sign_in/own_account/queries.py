"""Which accounts are set up with a password where the district has its own sign-on."""

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import Invitation, UserAccount
from wss_cases.accounts.account.rules import password_minimum
from wss_cases.accounts.credentials.models import SecondFactor
from wss_cases.accounts.credentials.rules import may_use_password
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.sign_in.sso import is_on


def accepts_password(invitation_id: int) -> bool:
    """Whether the account of an invitation gets a password, not a link to the district's sign-on."""
    invitation = db.session.get(Invitation, invitation_id)
    user = db.session.get(UserAccount, invitation.user_id) if invitation else None
    if user is None:
        return True
    roles = [grant.role for grant in user.grants]
    return may_use_password(user.email, roles, is_on(), setting("BREAK_GLASS"))


def opens_by_password(email: str, actor: Actor) -> bool:
    """Whether an account is opened by a password, not by the district's sign-on."""
    roles = [grant.role for grant in actor.grants]
    return may_use_password(email, roles, is_on(), setting("BREAK_GLASS"))


def shortest_password(invitation_id: int) -> int:
    """Return how many characters the password of an invitation's account needs: fewer beside a second factor."""
    beside = select(SecondFactor.id).join(Invitation, Invitation.user_id == SecondFactor.user_id)
    found = db.session.scalar(beside.where(Invitation.id == invitation_id))
    return password_minimum(found is not None)
