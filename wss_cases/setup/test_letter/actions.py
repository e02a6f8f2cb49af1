"""An administrator sends a test letter to their own address."""

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.setup.test_letter.messages import TEST_LETTER


@use_case
def send_test_letter(uow: UnitOfWork) -> int:
    """Queue a letter to the actor, at any hour. Raises NotFound; Refused for a second one within the same minute."""
    require(uow.actor, Permission.SETUP_READ, uow.actor)
    account = existing(uow.session.get(UserAccount, uow.actor.user_id or 0))
    key = f"{TEST_LETTER}:{account.id}:{uow.now:%Y%m%d%H%M}"
    if not uow.notify(account.id, TEST_LETTER, account, key, at_any_hour=True):
        raise Refused("", _("A test email was sent less than a minute ago. Wait for it, then send another."))
    uow.audit("setup.test_letter", "user_account", account.id)
    return account.id
