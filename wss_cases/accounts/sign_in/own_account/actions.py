"""What a person changes about their own account and has to prove for."""

from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.account.rules import PASSWORD_MINIMUM
from wss_cases.accounts.calendar_address.actions import end_feeds
from wss_cases.accounts.sign_in.second_factor.actions import confirm
from wss_cases.accounts.sign_in.sessions.actions import (
    SIGN_IN_CHANGED,
    end_all_sessions,
    has_factor,
    new_hash,
    renew_token,
    tell_password_set,
)
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import unit_of_work


def change_password(
    actor: Actor, session_id: int, old: str, new: str, code: str, address: str, now: datetime
) -> str:  # fmt: skip
    """Set one's own new password, end every other session and the calendar's address; returns this one's new token.

    It is proved like anything sensitive: by the password and, where there is one, the second factor, counted and
    slowed as confirmations are. Raises Refused naming the field.
    """
    user = existing(db.session.get(UserAccount, actor.user_id))
    hashed = new_hash(user, new, "new_password")
    with_factor = has_factor(db.session(), user.id)
    proof = confirm(actor, session_id, old, code, address, now)
    if proof.token is None:
        raise Refused("old_password", _words(wait=proof.wait, with_factor=with_factor))
    with unit_of_work(actor, now) as uow:
        row = uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)
        row.password_hash, row.password_set_at = hashed, now
        row.password_short = len(new) < PASSWORD_MINIMUM
        end_all_sessions(uow, row.id, keep_session_id=session_id)
        end_feeds(uow, row.id)
        token = renew_token(uow, session_id)
        uow.record(row, SIGN_IN_CHANGED)
        tell_password_set(uow, row)
    return token


def choose_initials(actor: Actor, initials: bool, now: datetime) -> None:
    """Let lists show a person the initials of students, or their names."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get_one(UserAccount, actor.user_id, with_for_update=True, populate_existing=True)
        row.initials = initials
        uow.record(row, "account.renamed")


def _words(*, wait: bool, with_factor: bool) -> str:
    if wait:
        return _("Too many attempts. Wait 15 minutes; if you lost your phone, a system administrator can help.")
    return _("The password or the code is not right.") if with_factor else _("This is not your current password.")
