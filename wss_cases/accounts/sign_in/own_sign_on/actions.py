"""Linking an account that there is already to its owner's person at the district's sign-on."""

from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.credentials.passwords import password_matches
from wss_cases.accounts.sign_in.second_factor.actions import Checked, prove
from wss_cases.accounts.sign_in.sessions.actions import end_all_sessions
from wss_cases.accounts.sign_in.sso.actions import attach
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.unit_of_work import unit_of_work


def claim(
    user_id: int, issuer: str, subject: str, password: str, code: str, address: str, now: datetime
) -> Checked:  # fmt: skip
    """Link an account to a person of the sign-on who also knows what opened it until now; its sessions end.

    Raises NotFound where the account or the person of the sign-on cannot be linked any more.
    """
    user = db.session.get(UserAccount, user_id)
    matches = password_matches(user.password_hash if user else None, password)
    if user is None:
        raise NotFound
    with unit_of_work(Actor(user.id, user.name), now) as uow:
        owner = uow.session.get_one(UserAccount, user_id, with_for_update=True, populate_existing=True)
        checked = prove(uow, owner, matches, code, address)
        if checked is Checked.RIGHT:
            if not attach(uow, owner, issuer, subject):
                raise NotFound
            end_all_sessions(uow, owner.id)
    return checked
