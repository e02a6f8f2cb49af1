"""Emails about an account's safety: its password or second factor was changed, removed, used up or guessed."""

from wss_cases.access.actor import Actor
from wss_cases.accounts.credentials import held_token, not_me_token
from wss_cases.accounts.held_changes import HeldKind, known_address, waiting
from wss_cases.accounts.people.pages import ADDRESS_OF_ANOTHER, MOVED
from wss_cases.accounts.sign_in import second_factor
from wss_cases.accounts.sign_in.sessions import actions
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import link
from wss_cases.journal.message_kinds import Mail, MessageKind, Paragraph
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room

WORDS = {
    second_factor.FACTOR_ON: (
        _l("Your two-step sign-in is set up"),
        _l("From now on, signing in to Whole School Safety requires a code from your app as well as your password."),
    ),
    second_factor.FACTOR_OFF: (
        _l("Your two-step sign-in is turned off"),
        _l("Signing in to Whole School Safety now requires only your password."),
    ),
    second_factor.FACTOR_RESET: (
        _l("Your two-step sign-in was reset"),
        _l("A system administrator reset your two-step sign-in, and you are signed out everywhere."),
    ),
    second_factor.RECOVERY_USED: (
        _l("One of your recovery codes was used"),
        _l("One of your recovery codes was used in place of your app. Each works only once."),
    ),
    actions.BREAK_GLASS_USED: (
        _l("The emergency account was used"),
        _l("Someone signed in with the local account that is reserved for when the district’s sign-on is down."),
    ),
    actions.SLOWED: (
        _l("An account is opening a very large number of records"),
        _l("It opened more records in an hour than a person normally would, and is stopped until the hour is over. "
           "Ask its owner."),
    ),
    second_factor.RESET_ASKED: (
        _l("A reset of your two-step sign-in was requested"),
        _l("If you lost your phone, confirm it below. If not, tell your administrator now: it takes effect in 24 "
           "hours."),
    ),
    second_factor.RESET_OF_ANOTHER: (
        _l("A reset of two-step sign-in was requested for an account"),
        _l("It takes effect in 24 hours, or right away when a second system administrator agrees. If you did not "
           "expect it, ask."),
    ),
    MOVED: (
        _l("Your address was changed"),
        _l("Your account has a new address. If you know about it, confirm it below. If not, tell your administrator "
           "now."),
    ),
    ADDRESS_OF_ANOTHER: (
        _l("The address of an account was changed"),
        _l("No link is sent there for 24 hours, or until a second system administrator agrees. If you did not expect "
           "it, ask."),
    ),
    actions.NOT_ME: (
        _l("Someone says that a change to their account was not theirs"),
        _l("Pending changes are stopped, and a role that they were given is ended; completed changes stay. Ask them "
           "by phone, and find out who made the change."),
    ),
    actions.NOT_ME_KEPT: (
        _l("Someone says that their role as system administrator is not theirs"),
        _l("It is the last account that can give roles, so it stays. Ask them by phone now: another person has to "
           "get the role, then this one ends."),
    ),
    actions.LEFT_BUT_KEPT: (
        _l("An account was kept although its person left the roster"),
        _l("No one else gives roles, or approves for a network. Give that to someone now, then end the account."),
    ),
    actions.LAST_OF_SCHOOL: (
        _l("A school’s last dean, coordinator or administrator left the roster"),
        _l("Their roles end today. Give what they did to someone else, so that the school is covered."),
    ),
    actions.ROLES_CHANGED: (
        _l("The roles of an account were changed"),
        _l("Another administrator gave a role or ended one. If you did not expect this, ask them."),
    ),
    actions.WAVE: (
        _l("People of the roster are invited"),
        _l("A system administrator has staff from the roster invited by the district’s rules. If you did not expect "
           "it, ask."),
    ),
    actions.OWN_ROLES_CHANGED: (
        _l("You were given a role"),
        _l("Someone gave you a role in Whole School Safety. If you know nothing about it, end it below."),
    ),
    actions.OWN_ROLE_ENDED: (
        _l("One of your roles was ended"),
        _l("Someone ended a role of yours in Whole School Safety. If you did not expect it, the administrators can "
           "give it back."),
    ),
    second_factor.CODE_GUESSED: (
        _l("Someone may know your password"),
        _l("Someone entered your password correctly, then five wrong codes. If that was not you, change your "
           "password now."),
    ),
    actions.SIGN_IN_CHANGED: (
        _l("Your password was changed"),
        _l("Your password for Whole School Safety was changed. If that was not you, tell your administrator now."),
    ),
}  # fmt: skip
"""Each kind's subject and what happened."""
OF_ANOTHER = (
    actions.SLOWED, second_factor.RESET_OF_ANOTHER, ADDRESS_OF_ANOTHER, actions.ROLES_CHANGED, actions.LEFT_BUT_KEPT,
    actions.LAST_OF_SCHOOL, actions.NOT_ME, actions.NOT_ME_KEPT, actions.WAVE,
)  # fmt: skip
WAITS = {second_factor.RESET_ASKED: HeldKind.FACTOR, MOVED: HeldKind.ADDRESS}
"""Kinds that the holder can confirm from the address known before."""
STOPPED = (second_factor.RESET_ASKED, MOVED, actions.OWN_ROLES_CHANGED)
STRANGE = (
    *STOPPED,
    actions.OWN_ROLE_ENDED,
    second_factor.FACTOR_RESET,
    second_factor.FACTOR_OFF,
    actions.SIGN_IN_CHANGED,
)
"""Possible attacks: their emails offer one link that reports it, and stops what can be stopped."""


def _words(message: OutboxMessage, actor: Actor) -> Mail:
    subject, what = WORDS[message.kind]
    href, go = link("/account"), _("Open my account")
    if message.kind in OF_ANOTHER:
        href, go = link(f"/people/{message.object_id}"), _("Open the account")
    elif held := waiting(message.recipient_id, clock.now()).get(WAITS[message.kind]) if message.kind in WAITS else None:
        href, go = link(f"/account/held/{held_token(held.id)}"), _("Confirm it")
    paragraphs: list[str | Paragraph] = [str(what)]
    if message.kind in STRANGE:
        stops = message.kind in STOPPED
        words = _("This was not me: stop it") if stops else _("This was not me: tell the administrators")
        paragraphs.append(Paragraph(words, href=link(f"/account/not-me/{not_me_token(message.id)}")))
    why = _("If you did not expect this, tell the people who run the system right away.")
    return Mail(str(subject), paragraphs, href, go, why=why)


def _known_address(message: OutboxMessage) -> str:
    return known_address(message.recipient_id, clock.now()) if message.kind in STRANGE else ""


def _own(message: OutboxMessage, actor: Actor) -> bool:
    return message.recipient_id == actor.user_id


MESSAGES = tuple(MessageKind(kind, _words, _own, to_invited=True, sent_to=_known_address) for kind in WORDS)


ROOM = Room(messages=MESSAGES)
