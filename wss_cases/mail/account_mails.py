"""Emails of lower packages: an account's invitation, its new address, and the test email."""

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import Invitation
from wss_cases.accounts.credentials import invitation_token
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import link
from wss_cases.journal.message_kinds import Mail, MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.mail.bounces import ADDRESS_CHANGED, MAIL_TEST

UNEXPECTED = _l("If you did not expect this, do nothing and tell the people who run the system.")


def _invitation(message: OutboxMessage, actor: Actor) -> Mail:
    return Mail(
        _("Set your password for Whole School Safety"),
        [_(
            "Someone who runs Whole School Safety set up your account, or a new password for it. This link works once "
            "and expires after seven days."
        )],
        link(f"/invitation/{invitation_token(message.object_id)}"), _("Set my password"), why=str(UNEXPECTED),
    )  # fmt: skip


def _invitation_is_open(message: OutboxMessage, actor: Actor) -> bool:
    invitation = db.session.get(Invitation, message.object_id)
    return invitation is not None and invitation.used_at is None and invitation.user_id == actor.user_id


def _new_address(message: OutboxMessage, actor: Actor) -> Mail:
    return Mail(
        _("Your address was changed"),
        [_(
            "Someone who runs Whole School Safety set this address for your account. Sign in with it from now on; your "
            "password is the same."
        )],
        link("/account"), _("Open my account"), why=str(UNEXPECTED),
    )  # fmt: skip


def _always(message: OutboxMessage, actor: Actor) -> bool:
    return message.recipient_id == actor.user_id


MESSAGES = (
    MessageKind("invitation", _invitation, _invitation_is_open, to_invited=True),
    MessageKind(ADDRESS_CHANGED, _new_address, _always, to_invited=True),
    MessageKind(
        MAIL_TEST,
        leads_to(
            "/account",
            _l("Email reaches you again"),
            _l(
                "You get this because email to this address had failed, and someone asked to try again. You do not need"
                " to do anything."
            ),
            go=_l("Open my account"),
        ),
        _always,
    ),
)


ROOM = Room(messages=MESSAGES)
