"""Confirming that a person stands behind an account of whom neither roster nor sign-on knows."""

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.rules import manages
from wss_cases.accounts.grants.queries import is_over
from wss_cases.accounts.two_persons.models import PersonConfirmation
from wss_cases.accounts.two_persons.queries import CONFIRMED, refuse_one_person
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def confirm_person(uow: UnitOfWork, user_id: int) -> int:
    """Say that a person one knows stands behind this account, as one of the two whom that takes.

    Raises Refused for one's own account, a second time, and for somebody who is no known person themselves.
    """
    user = uow.load(UserAccount, user_id, Permission.ACCOUNT_MANAGE)
    if not manages(uow.actor, [grant for grant in user.grants if not is_over(grant, uow.now)]):
        raise NotFound
    if user.id == uow.actor.user_id:
        raise Refused("", _("Two other people confirm who you are."))
    refuse_one_person("", uow.actor.user_id, [], uow.now)
    by = PersonConfirmation
    before = uow.session.scalars(select(by).where(by.user_id == user.id))
    if any(row.confirmed_by_id == uow.actor.user_id for row in before):
        raise Refused("", _("You have already confirmed this person."))
    assert uow.actor.user_id is not None
    uow.add(PersonConfirmation(user_id=user.id, confirmed_by_id=uow.actor.user_id, confirmed_at=uow.now))
    uow.record(user, CONFIRMED)
    return user.id
