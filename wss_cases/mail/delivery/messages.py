"""Makes an email from a queued row, in the recipient's language."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import AccountState, UserAccount
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.pages import link, render_plain
from wss_cases.foundation.settings import setting
from wss_cases.journal.message_kinds import CalendarPart, Mail, MailList, MessageKind, kind_of
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.common.rules import choice_of, wanted
from wss_cases.mail.preferences import stop_token

EMPTY_LINES = re.compile(r"\s*\n\s*\n\s*")
"""A template's own lines can leave several empty lines; the email has one."""


@dataclass(frozen=True)
class Recipient:
    """The recipient of an email, with what they may know today."""

    actor: Actor
    email: str


def due_now(message: OutboxMessage, now: datetime) -> tuple[MessageKind, Recipient, MailList | None] | None:
    """A message's kind, recipient and list; None if it is no longer due or they may no longer see it."""
    kind = kind_of(message.kind)
    recipient = _recipient(message, kind, now) if kind else None
    if kind is None or recipient is None or not kind.still_due(message, recipient.actor):
        return None
    mail_list = kind.mail_list(message)
    if mail_list is not None and not wanted(choice_of(message.recipient_id), mail_list):
        return None
    return kind, recipient, mail_list


def compose(message: OutboxMessage, now: datetime) -> EmailMessage | None:
    """The email, or None if it is no longer due or its recipient may no longer see it."""
    due = due_now(message, now)
    if due is None:
        return None
    kind, recipient, mail_list = due
    stop = link(f"/mails/stop/{stop_token(message.recipient_id, mail_list)}") if mail_list is not None else ""
    locale = recipient.actor.locale if recipient.actor.locale in setting("LANGUAGES") else "en"
    with force_locale(locale):
        words = kind.says(message, recipient.actor)
        if words is None:
            return None
        bodies = framed(words, locale, stop)
        invitation = kind.calendar(message, recipient.actor) if kind.calendar else None
    mail = _mail(message, recipient, now)
    fill(mail, words.subject, bodies)
    if invitation is not None:
        _add_calendar(mail, invitation)
    if stop:
        mail["List-Unsubscribe"] = f"<{stop}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail


def framed(words: Mail, locale: str, stop: str = "") -> tuple[str, str]:
    """An email as text and HTML. `stop` is the address that ends such emails, '' where they always come."""
    given: dict[str, Any] = {"mail": words, "locale": locale, "stop": stop, "choose": link("/account/mails")}
    return render_plain("mail/body.txt", **given), render_plain("mail/body.html", **given)


def fill(mail: EmailMessage, subject: str, bodies: tuple[str, str]) -> None:
    text, html = bodies
    mail["Subject"] = " ".join(subject.split())
    mail.set_content(EMPTY_LINES.sub("\n\n", text).strip() + "\n")
    mail.add_alternative(html.strip() + "\n", subtype="html")


def _recipient(message: OutboxMessage, kind: MessageKind, now: datetime) -> Recipient | None:
    account = db.session.get(UserAccount, message.recipient_id)
    if account is None or account.state is AccountState.DISABLED:
        return None
    actor = actor_of(account.id, now)
    if actor is None and kind.to_invited:
        actor = Actor(user_id=account.id, name=account.name, locale=account.locale)
    return Recipient(actor, kind.sent_to(message) or account.email) if actor else None


def _mail(message: OutboxMessage, recipient: Recipient, now: datetime) -> EmailMessage:
    sender = setting("MAIL_FROM")
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient.email
    mail["Date"] = format_datetime(now)
    # the same for every attempt, so that two copies can be recognized
    mail["Message-ID"] = f"<{message.message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    return mail


def _add_calendar(mail: EmailMessage, part: CalendarPart) -> None:
    # the calendar is included twice: Google and Apple read the last alternative, some Outlooks only the attachment;
    # in base64, because relays rewrap long lines and a calendar's lines end with CRLF (RFC 6047)
    named = {"method": part.method, "charset": "UTF-8"}
    mail.add_alternative(part.body, maintype="text", subtype="calendar", params=named)
    mail.add_attachment(part.body, maintype="application", subtype="ics", filename="invite.ics")
