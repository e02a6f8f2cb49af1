"""Mails about the safety of an account: its password or second factor was changed, taken away, used up or guessed."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.accounts.sign_in.second_factor.actions import (
    CODE_GUESSED,
    FACTOR_OFF,
    FACTOR_ON,
    FACTOR_RESET,
    RECOVERY_USED,
)
from wss_cases.accounts.sign_in.sessions.actions import BREAK_GLASS_USED, SIGN_IN_CHANGED, SLOWED
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage

WORDS = {
    FACTOR_ON: (
        _l("Your second factor is set up"),
        _l("From now on signing in to Whole School Safety asks for a code of your app as well as your password."),
    ),
    FACTOR_OFF: (
        _l("Your second factor is switched off"),
        _l("Signing in to Whole School Safety asks for your password alone again."),
    ),
    FACTOR_RESET: (
        _l("Your second factor was reset"),
        _l("A system administrator has taken your second factor away, and you are signed out everywhere."),
    ),
    RECOVERY_USED: (
        _l("A recovery code of yours was used"),
        _l("One of your recovery codes was used in place of your app. Each works only once."),
    ),
    BREAK_GLASS_USED: (
        _l("The account for emergencies was used"),
        _l("Somebody signed in with the local account that is kept for the day the district’s sign-on is down."),
    ),
    SLOWED: (
        _l("An account opens very many records"),
        _l("It opened more pages in an hour than a person can, and is stopped until the hour is over. Ask its owner."),
    ),
    CODE_GUESSED: (
        _l("Somebody may know your password"),
        _l("Your password was right, then five codes were wrong. If that was not you, change your password now."),
    ),
    SIGN_IN_CHANGED: (
        _l("Your password was changed"),
        _l("Your password for Whole School Safety was changed. If that was not you, tell your administrator now."),
    ),
}  # fmt: skip
"""Each kind's subject and what happened."""


def _words(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    subject, what = WORDS[message.kind]
    of_another = message.kind == SLOWED
    return {
        "subject": str(subject),
        "what": str(what),
        "href": link(f"/people/{message.object_id}" if of_another else "/account"),
        "go": _("Open the account") if of_another else _("Open my account"),
    }


def _own(message: OutboxMessage, actor: Actor) -> bool:
    return message.recipient_id == actor.user_id


MESSAGES = tuple(MessageKind(kind, "account_safety", _words, _own, to_invited=True) for kind in WORDS)
