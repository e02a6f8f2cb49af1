"""A second factor whose phone is lost: taken away when its owner, a second administrator or a day agrees."""

from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.accounts.calendar_address.actions import end_feeds
from wss_cases.accounts.held_changes.models import HeldKind
from wss_cases.accounts.held_changes.queries import hold, known_address, waiting
from wss_cases.accounts.sign_in.invitations.actions import send_invitation
from wss_cases.accounts.sign_in.second_factor.actions import factor_row, remove_factor, tell_owner
from wss_cases.accounts.sign_in.sessions.actions import end_all_sessions, schools_of, tell_administrators
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work

FACTOR_RESET = "account.factor_reset"
RESET_ASKED = "account.reset_asked"
RESET_OF_ANOTHER = "account.reset_of_another"


def ask_reset(actor: Actor, user_id: int, now: datetime) -> None:
    """Ask that somebody's second factor be taken away because the phone is lost; they and the others are told.

    It is done when they confirm from their address, when a second administrator agrees, or after a day.
    """
    with unit_of_work(actor, now) as uow:
        user = uow.load(UserAccount, user_id, Permission.ACCOUNT_FACTOR)
        if user.id == actor.user_id:
            raise Refused("", _("Another system administrator resets yours."))
        if factor_row(uow, user.id) is None:
            raise Refused("", _("This person does not have two-step sign-in."))
        if HeldKind.FACTOR in waiting(user.id, now):
            raise Refused("", _("This was already requested."))
        hold(uow, user, HeldKind.FACTOR, known_address(user.id, now))
        uow.record(user, RESET_ASKED)
        tell_owner(uow, user, RESET_ASKED)
        tell_administrators(uow, user, RESET_OF_ANOTHER, of=schools_of(uow, user), but={actor.user_id, user.id})


def carry_out_reset(uow: UnitOfWork, user: UserAccount) -> None:
    """Step: take a second factor away; all sessions of its person end, and they are told.

    A short password does not stand alone, so it goes too, and a link for a new one is sent.
    """
    if factor_row(uow, user.id) is None:
        return
    remove_factor(uow, user)
    end_all_sessions(uow, user.id)
    end_feeds(uow, user.id)
    if user.password_short and user.state is AccountState.ACTIVE:
        user.password_hash, user.password_short = None, False
        send_invitation(uow, user)
    uow.record(user, FACTOR_RESET)
    tell_owner(uow, user, FACTOR_RESET)
