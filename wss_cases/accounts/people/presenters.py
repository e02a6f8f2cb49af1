"""Accounts as a search shows them: those that the person manages."""

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.states import ROLE_LABELS, STATE_LABELS
from wss_cases.accounts.managed_accounts.queries import Wanted, people, roles_of
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.ids import LEAST_LETTERS
from wss_cases.journal.rooms import Hit

MOST_FOUND = 50


def account_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return accounts by a part of their name or address, by address, of the first `MOST_FOUND` of them."""
    text = " ".join(typed.replace("\0", "").split())
    if len(text) < LEAST_LETTERS or not might(actor, Permission.ACCOUNT_MANAGE):
        return []
    found = people(actor, Wanted(text), clock.now(), limit=MOST_FOUND)[skip : skip + limit]
    roles = roles_of([user.id for user in found])
    return [
        Hit(
            user.name,
            url_for("people.person", user_id=user.id),
            dotted(*(f"{ROLE_LABELS[grant.role]}{f' ({place})' if place else ''}" for grant, place in roles[user.id])),
            str(STATE_LABELS[user.state]),
        )
        for user in found
    ]
