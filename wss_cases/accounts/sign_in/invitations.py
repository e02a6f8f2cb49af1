"""Links to set a first or new password: send and end."""

from sqlalchemy import select

from wss_cases.accounts.account.models import Invitation, UserAccount
from wss_cases.accounts.account.rules import INVITATION_LASTS
from wss_cases.accounts.held_changes import HeldKind, waiting
from wss_cases.journal.unit_of_work import UnitOfWork


def send_invitation(uow: UnitOfWork, user: UserAccount) -> Invitation:
    """Step: make a new one-time link and queue its email; earlier links stop working. To an address that someone
    else changed it goes only once that address counts."""
    end_links(uow, user)
    change = waiting(user.id, uow.now).get(HeldKind.ADDRESS)
    goes_at = change.until if change else uow.now
    invitation = uow.add(Invitation(user_id=user.id, created_at=uow.now, expires_at=goes_at + INVITATION_LASTS))
    uow.notify(user.id, "invitation", invitation, f"invitation:{invitation.id}", at_any_hour=True, not_before=goes_at)
    return invitation


def end_links(uow: UnitOfWork, user: UserAccount) -> None:
    open_ones = select(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None))
    for earlier in uow.session.scalars(open_ones):
        earlier.expires_at = min(earlier.expires_at, uow.now)
