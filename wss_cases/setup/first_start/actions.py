"""Who may begin, and the beginning itself: in one transaction, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.account.models import Invitation, Setting, SignInAttempt
from wss_cases.accounts.credentials import invitation_token
from wss_cases.accounts.managed_accounts import has_begun
from wss_cases.accounts.people.pages import invited
from wss_cases.accounts.sign_in.sessions.actions import take_a_try
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import DISTRICT_NAME, DISTRICT_TIME_ZONE
from wss_cases.foundation.settings.stored import forget
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.rules import SCHOOL_HOURS
from wss_cases.setup.first_start.rules import FirstStart, Person, refuse_unsound
from wss_cases.setup.first_start.token import is_token

EVERYWHERE = "setup"
"""Stands for the address under which the wrong tokens of all addresses together are counted."""


@dataclass(frozen=True)
class OneTimeLink:
    """Where one of the two chooses a password; the invitation's mail holds the same."""

    email: str
    url: str


def admit(given: str, address: str, now: datetime) -> bool:
    """Whether a token may open the page; False after too many wrong ones, right or not.

    Raises NotFound for a wrong one, and for every one once anybody has an account.
    """
    if not given or has_begun():
        raise NotFound
    key = token_digest(f"{EVERYWHERE}:{address}")
    if not take_a_try(key, EVERYWHERE, now):
        return False
    with unit_of_work(SYSTEM, now) as uow:
        right = is_token(given)
        if right:
            uow.session.execute(delete(SignInAttempt).where(SignInAttempt.account_key == key))
            uow.no_audit()
        else:
            uow.audit("setup.refused", "setting", None)
    if not right:
        raise NotFound
    return True


def set_up(start: FirstStart, now: datetime) -> list[OneTimeLink]:
    """Keep the district's name and zone, and invite its first two system administrators. Raises Refused.

    They count as the two persons of a first setup. Of two at once, one begins.
    """
    refuse_unsound(start)
    with unit_of_work(SYSTEM, now) as uow:
        # the second of two at once waits here until the first has committed, and then sees its accounts
        uow.next_number("setup")
        _keep(uow, DISTRICT_NAME, start.district.strip())
        _keep(uow, DISTRICT_TIME_ZONE, start.time_zone)
        if start.hours is not None:
            _keep(uow, SCHOOL_HOURS.key, ",".join(f"{bell:%H:%M}" for bell in start.hours))
        forget()
        if has_begun():
            raise Refused("", _("There are already accounts: an administrator invites everyone else from People."))
        uow.audit(
            "district.set_up", "setting", None, {"name": [None, start.district], "time_zone": [None, start.time_zone]}
        )
        begun = [(person.email.strip(), _invite(uow, person)) for person in start.people]
        return [
            OneTimeLink(email, link(f"/invitation/{invitation_token(invitation.id)}")) for email, invitation in begun
        ]


def _invite(uow: UnitOfWork, person: Person) -> Invitation:
    return invited(uow, person.email, person.name.strip(), Role.SYSADMIN, None)


def _keep(uow: UnitOfWork, key: str, value: str) -> None:
    uow.add(Setting(key=key, value=value, set_at=uow.now))
