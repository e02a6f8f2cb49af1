"""Send a test email to oneself and see whether it arrived."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone, moment_words
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.mail.bounces import error_label

TEST_LETTER = "setup.test_letter"


def _own(message: OutboxMessage, actor: Actor) -> bool:
    return message.recipient_id == actor.user_id


MESSAGES = (
    MessageKind(
        TEST_LETTER,
        leads_to(
            "/setup/test-letter", _l("Test email: email is working"),
            _l(
                "You asked for this email on the Setup page. Email from this system reaches you. You do not need to do"
                " anything."
            ),
            go=_l("Open Setup"),
        ),
        _own,
    ),
)  # fmt: skip


SHOWN = 5


def last_letters(user_id: int | None = None, limit: int = SHOWN) -> Sequence[OutboxMessage]:
    """The last test emails of a person or of all, newest first; the caller has checked the permission."""
    statement = select(OutboxMessage).where(OutboxMessage.kind == TEST_LETTER).order_by(OutboxMessage.id.desc())
    if user_id is not None:
        statement = statement.where(OutboxMessage.recipient_id == user_id)
    return db.session.scalars(statement.limit(limit)).all()


@use_case
def send_test_letter(uow: UnitOfWork) -> int:
    """Queue a test email to the actor, at any hour. Raises NotFound without the permission; Refused for a second one
    within a minute."""
    require(uow.actor, Permission.SETUP_READ, uow.actor)
    account = existing(uow.session.get(UserAccount, uow.actor.user_id or 0))
    key = f"{TEST_LETTER}:{account.id}:{uow.now:%Y%m%d%H%M}"
    if not uow.notify(account.id, TEST_LETTER, account, key, at_any_hour=True):
        raise Refused("", _("A test email was sent less than a minute ago. Wait for it, then send another."))
    uow.audit("setup.test_letter", "user_account", account.id)
    return account.id


TAGS: dict[str, Any] = {"moss": _l("Accepted"), "sun": _l("Waiting"), "brick": _l("Failed")}


def outcome(letter: OutboxMessage, by_folder: bool) -> tuple[str, str]:
    """The state of a test email, and its tone. `by_folder`: no mail server is set and email is written to a folder."""
    if letter.state is OutboxState.SENT and by_folder:
        return _("Written to a folder: no mail server is set up, so it reaches no one."), "sun"
    if letter.state is OutboxState.SENT:
        return _("The mail server accepted it. Look in your mailbox."), "moss"
    if letter.state in (OutboxState.FAILED, OutboxState.DROPPED):
        return _("It was not sent. %(error)s", error=error_label(letter.last_error)), "brick"
    if letter.last_error:
        return _("Not accepted yet; trying again. %(error)s", error=error_label(letter.last_error)), "brick"
    return _("On its way: it is sent within a minute. Load this page again."), "sun"


blueprint = Blueprint("test_letter", __name__)


@blueprint.route("/setup/test-letter", methods=["GET", "POST"])
@gate(Permission.SETUP_READ)
def page() -> Page:
    """Send a test email to oneself, and the last ones sent."""
    form, by_folder = BaseForm(), not setting("SMTP_URL")
    letters = []
    for letter in last_letters(current_actor().user_id or 0):
        words, tone = outcome(letter, by_folder)
        letters.append((moment_words(letter.created_at, district_zone()), words, tone, TAGS[tone]))
    return form_page(
        form,
        lambda: send_test_letter(submitted(form)),
        with_flash(_("The test email is on its way."), url_for(".page")),
        "setup/test_letter/page.html",
        letters=letters,
    )


ROOM = Room(pages=(blueprint,), messages=MESSAGES)
