"""Addresses that email does not reach: recorded on failure, cleared on arrival, tried again, corrected."""

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, true, update
from werkzeug.wrappers import Response

from wss_cases.access.actor import SYSTEM, Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.accounts.account.pages import AddressForm
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import in_force_at
from wss_cases.accounts.managed_accounts import get_person
from wss_cases.accounts.people.pages import change_address
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.ids import fold_address
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words, district_zone, local_date
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work, use_case
from wss_cases.mail.common.pages import ERROR_LABELS, OTHER_REASON, REASONS, MailTrouble, TroubleKind

ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
SYNTAX = "5.1.3"


@dataclass(frozen=True)
class Trouble:
    """A failing address, with the mail server's code."""

    kind: TroubleKind
    status: str

    @property
    def lasts(self) -> bool:
        """Whether it stays although our own server accepts the next email: a permanent bounce."""
        return self.kind is TroubleKind.BOUNCED and self.status.startswith("5")


def trouble_of(error: Exception) -> Trouble | None:
    """What a final error says about the address; None if it is not about the address, such as a server that is down
    or refuses us as sender."""
    if isinstance(error, UnicodeError):
        return Trouble(TroubleKind.REFUSED, SYNTAX)
    code: int
    words: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPDataError):
        code, words = error.smtp_code, error.smtp_error
    else:
        return None
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    match = ENHANCED.search(text)
    kind = TroubleKind.REFUSED if code >= 500 else TroubleKind.GIVEN_UP
    return Trouble(kind, match[1] if match else str(code))


def reason(status: str) -> tuple[str, str]:
    """The meaning of a mail server's code, and what helps."""
    for pattern, means, helps in REASONS:
        if re.fullmatch(pattern, status):
            return str(means), str(helps)
    return str(OTHER_REASON[0]), str(OTHER_REASON[1])


def error_label(error: str) -> str:
    for beginning, label in ERROR_LABELS.items():
        if error.startswith(beginning):
            return f"{label} {error.removeprefix(beginning).strip()}".strip()
    return error


NO_REPORT = "this is no delivery report (RFC 3464)."


@dataclass(frozen=True)
class Returned:
    """One recipient in a report: the addresses named, `failed` or another action, and a status code."""

    addresses: tuple[str, ...]
    action: str
    status: str


@dataclass(frozen=True)
class Report:
    """A delivery report; `message_id` is without brackets, '' if the report does not name the email."""

    message_id: str
    recipients: tuple[Returned, ...]


def read_report(raw: bytes) -> Report:
    """Parse a delivery report. Raises ValueError for anything else."""
    mail = message_from_bytes(raw)  # the strict policy fails on headers that servers damage
    recipients = tuple(
        one for part in mail.walk() if part.get_content_type() == "message/delivery-status" for one in _recipients(part)
    )
    if not recipients:
        raise ValueError(NO_REPORT)
    return Report(_message_id(mail), recipients)


def _recipients(part: Message) -> Iterator[Returned]:
    for block in _inner(part):
        named = [_address(block.get(name)) for name in ("Original-Recipient", "Final-Recipient")]
        addresses = tuple(dict.fromkeys(address for address in named if address))
        if addresses:
            yield Returned(addresses, _word(block, "Action").casefold(), _word(block, "Status")[:20])


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _word(block: Message, name: str) -> str:
    words = str(block.get(name) or "").split()
    return words[0] if words else ""


def _address(field: object) -> str:
    # "rfc822; person@school.org"; some servers omit the type.
    return fold_address(str(field or "").rpartition(";")[2].strip().strip("<>"))


def _message_id(mail: Message) -> str:
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and (inner := _inner(part)):
            return _bare(inner[0].get("Message-ID"))
        if kind == "text/rfc822-headers":
            decoded = part.get_payload(decode=True)
            text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
            return _bare(message_from_string(text).get("Message-ID"))
    return ""


def _bare(value: object) -> str:
    return str(value or "").strip().strip("<>")


PAGE = 200


def looked_after_by(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Accounts whose email the actor may look after: all for a system administrator, otherwise those of their own
    school."""
    if actor.is_system or actor.has(Role.SYSADMIN):
        return true()
    return exists().where(
        RoleGrant.user_id == UserAccount.id,
        in_force_at(now),
        RoleGrant.school_id.is_not(None),
        in_schools(RoleGrant.school_id, actor, Role.ADMINISTRATOR),
    )


def _visible_to(statement: Select[Any], actor: Actor, now: datetime) -> Select[Any]:
    mine = statement.join(UserAccount, UserAccount.id == MailTrouble.user_id)
    return mine.where(UserAccount.email == MailTrouble.address, looked_after_by(actor, now))


def troubles(actor: Actor, now: datetime) -> list[Any]:
    """People whom email does not reach and whose accounts the actor looks after, by name; `failed` counts emails."""
    failed = (
        select(func.count())
        .where(OutboxMessage.recipient_id == UserAccount.id, OutboxMessage.state == OutboxState.FAILED)
        .where(OutboxMessage.carried_by_id.is_(None))
        .scalar_subquery()
    )
    person = (UserAccount.id, UserAccount.name, MailTrouble.address)
    columns = select(*person, MailTrouble.status, MailTrouble.since, failed.label("failed"))
    statement = _visible_to(columns.select_from(MailTrouble), actor, now)
    return list(db.session.execute(statement.order_by(UserAccount.name, UserAccount.id).limit(PAGE)))


def trouble_count(actor: Actor, now: datetime) -> int:
    statement = _visible_to(select(func.count()).select_from(MailTrouble), actor, now)
    count: int = db.session.execute(statement).scalar_one()
    return count


def own_trouble(user_id: int) -> MailTrouble | None:
    """Why email does not reach a person's present address; None if it does, as far as is known."""
    statement = select(MailTrouble).join(UserAccount, UserAccount.id == MailTrouble.user_id)
    return db.session.scalars(
        statement.where(MailTrouble.user_id == user_id, UserAccount.email == MailTrouble.address)
    ).one_or_none()


MAIL_TEST = "mail.test"
ADDRESS_CHANGED = "mail.address_changed"
RECENT = timedelta(days=7)
"""A report that does not name an email counts only for addresses written to within this time."""


@dataclass(frozen=True)
class Taken:
    """A change from a report: email does not reach this address."""

    address: str
    status: str


def note_trouble(uow: UnitOfWork, user_id: int, address: str, trouble: Trouble) -> None:
    """Step: record that email to a person's address fails; ignored if they have another address by now."""
    account = uow.session.get(UserAccount, user_id, populate_existing=True)
    if account is None or account.email != address:
        return
    values = {"user_id": user_id, "address": address, "since": uow.now, **vars(trouble)}
    fresh = insert_once(uow.session, MailTrouble, values, ["user_id"])
    row = uow.session.scalars(select(MailTrouble).where(MailTrouble.user_id == user_id)).one()
    if not fresh:
        known = row.address == address and row.status == trouble.status
        row.since = row.since if row.address == address else uow.now
        row.address, row.kind, row.status = address, trouble.kind, trouble.status
        if known:
            return
    uow.audit("mail.fails", "user_account", user_id, {"status": [None, trouble.status]})


def end_trouble(uow: UnitOfWork, user_id: int, arrived: bool = False) -> None:
    """Step: assume that email reaches a person again. With `arrived`, a permanent bounce stays on record."""
    gone = delete(MailTrouble).where(MailTrouble.user_id == user_id)
    if arrived:
        returned = and_(MailTrouble.kind == TroubleKind.BOUNCED, MailTrouble.status.like("5%"))
        gone = gone.where(~returned)
    if uow.session.execute(gone.returning(MailTrouble.id)).first() is not None:
        uow.audit("mail.arrives" if arrived else "mail.tried_again", "user_account", user_id)


def _requeue(uow: UnitOfWork, *which: object) -> int:
    again = (
        update(OutboxMessage)
        .where(OutboxMessage.state == OutboxState.FAILED, *which)  # type: ignore[arg-type]
        .values(state=OutboxState.WAITING, attempts=0, next_attempt_at=uow.now)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(uow.session.execute(again).all())


def retry_person(actor: Actor, user_id: int, now: datetime) -> int:
    """Send a person's failed emails again if still due, and one that shows whether it works; returns how many. For
    oneself, and for those who look after the account. Raises NotFound."""
    with unit_of_work(actor, now) as uow:
        person = select(UserAccount).where(UserAccount.id == user_id)
        if user_id != actor.user_id:
            person = person.where(looked_after_by(actor, now))
        account = existing(uow.session.scalars(person.with_for_update()).one_or_none())
        again = _requeue(uow, OutboxMessage.recipient_id == user_id)
        end_trouble(uow, user_id)
        uow.notify(user_id, MAIL_TEST, account, f"{MAIL_TEST}:{user_id}:{now:%Y%m%d%H}", at_any_hour=True)
        uow.audit("mail.retried", "user_account", user_id, {"count": [None, again]})
        return again


def retry_all(actor: Actor, now: datetime) -> int:
    """Send all failed emails again if still due; returns how many. Raises NotFound."""
    if not might(actor, Permission.SYSTEM_HEALTH):
        raise NotFound
    with unit_of_work(actor, now) as uow:
        again = _requeue(uow)
        uow.session.execute(delete(MailTrouble))
        uow.audit("mail.retried", "outbox_message", None, {"count": [None, again]})
        return again


@use_case
def mend_address(uow: UnitOfWork, user_id: int, email: str) -> int:
    """Change a person's address, tell them there, and send what failed. Raises NotFound, Refused, Stale."""
    account = change_address(uow, user_id, email, uow.version)
    _requeue(uow, OutboxMessage.recipient_id == user_id)
    end_trouble(uow, user_id)
    uow.notify(user_id, ADDRESS_CHANGED, account, f"{ADDRESS_CHANGED}:{user_id}:{account.version}", at_any_hour=True)
    return user_id


def take_bounce(report: Report, now: datetime) -> list[Taken]:
    """Record the failures in a mail server's report; returns the changes. Anyone can write a report, so it must name
    one of our emails by its Message-ID, which cannot be guessed; without one it counts only for an address we wrote
    to lately."""
    taken = []
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        for returned in report.recipients:
            if returned.action == "failed" and (account := _told_of(uow, report, returned)) is not None:
                note_trouble(uow, account.id, account.email, Trouble(TroubleKind.BOUNCED, returned.status))
                taken.append(Taken(account.email, returned.status))
    return taken


def _told_of(uow: UnitOfWork, report: Report, returned: Returned) -> UserAccount | None:
    """The person a report is about; the returned email is marked as failed."""
    if report.message_id:
        sent = select(OutboxMessage).where(OutboxMessage.message_id == report.message_id.rpartition("@")[0])
        message = uow.session.scalars(sent.with_for_update()).one_or_none()
        if message is None:
            return None
        if message.state is OutboxState.SENT:
            message.state, message.last_error = OutboxState.FAILED, f"bounced ({returned.status})"
        account = uow.session.get_one(UserAccount, message.recipient_id)
        return None if _has_moved(uow, account, message, returned) else account
    lately = exists().where(
        OutboxMessage.recipient_id == UserAccount.id,
        OutboxMessage.state == OutboxState.SENT,
        OutboxMessage.sent_at > uow.now - RECENT,
    )
    named = or_(*(UserAccount.email == address for address in returned.addresses))
    return uow.session.scalars(select(UserAccount).where(named, lately)).first()


def _has_moved(uow: UnitOfWork, account: UserAccount, message: OutboxMessage, returned: Returned) -> bool:
    # A forwarding server reports the address behind it, so a different address alone means nothing.
    if account.email in returned.addresses or message.sent_at is None:
        return False
    changed = select(AuditEntry.id).where(
        AuditEntry.object_type == "user_account",
        AuditEntry.object_id == account.id,
        AuditEntry.action == "account.address_changed",
        AuditEntry.at > message.sent_at,
    )
    return uow.session.scalars(changed.limit(1)).first() is not None


def own_words(actor: Actor) -> dict[str, str] | None:
    """Words about failing email to the actor's own address; None if there is no failure."""
    row = own_trouble(actor.user_id or 0)
    if row is None:
        return None
    since = day_words(local_date(row.since, district_zone()))
    words = _("Email to %(address)s has not been delivered since %(day)s.", address=row.address, day=since)
    return {"words": words, "why": reason(row.status)[0]}


def trouble_lines(actor: Actor, now: datetime) -> list[dict[str, str]]:
    """Lines for My day: one's own address, and for administrators the number of people in the school."""
    lines = []
    own = own_words(actor)
    if own is not None:
        lines.append(
            {"words": f"{own['words']} {own['why']}", "go": _("See what to do"), "href": url_for("accounts.me")}
        )
    if actor.has(Role.ADMINISTRATOR) and (others := trouble_count(actor, now)):
        lines.append({"words": count_words(others), "go": _("See who"), "href": url_for("troubles.page")})
    return lines


def count_words(number: int) -> str:
    return ngettext(
        "Email to %(num)d person is not being delivered.", "Email to %(num)d people is not being delivered.", number
    )


def row_words(row: Any) -> dict[str, Any]:
    means, helps = reason(row.status)
    since = day_words(local_date(row.since, district_zone()))
    failed = ngettext("%(num)d email failed", "%(num)d emails failed", row.failed)
    return {
        "user_id": row.id,
        "name": row.name,
        "meta": " · ".join([row.address, _("since %(when)s", when=since), *([failed] if row.failed else [])]),
        "why": f"{means} {helps}",
        "status": row.status,
    }


blueprint = Blueprint("troubles", __name__)


def own_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    words = own_words(actor)
    return ("mail_pages/bounces/own.html", words) if words else None


def people_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    number = trouble_count(actor, clock.now())
    return ("mail_pages/bounces/people.html", {"words": count_words(number)}) if number else None


@blueprint.get("/people/mail")
@gate(Permission.ACCOUNT_MANAGE)
def page() -> Page:
    rows = troubles(current_actor(), clock.now())
    return render_template("mail_pages/bounces/list.html", rows=[row_words(row) for row in rows])


@blueprint.post("/people/<int:user_id>/mail/retry")
@gate(Permission.ACCOUNT_MANAGE)
def retry(user_id: int) -> Response:
    retry_person(current_actor(), user_id, clock.now())
    flash(_("It is being tried again now, with an email that shows whether it is delivered."))
    return redirect(url_for("troubles.page"), 303)


@blueprint.post("/account/mails/try")
@gate(Permission.SIGNED_IN)
def retry_own() -> Response:
    actor = current_actor()
    retry_person(actor, actor.user_id or 0, clock.now())
    flash(_("It is being tried again now, with an email that shows whether it is delivered."))
    return redirect(url_for("accounts.me"), 303)


@blueprint.route("/people/<int:user_id>/address", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.ACCOUNT_ADDRESS)
def address(user_id: int) -> Page:
    user = get_person(current_actor(), user_id, clock.now())
    form = AddressForm(version=str(user.version))

    return form_page(
        form,
        lambda: mend_address(submitted(form), user_id, form.email.data or ""),
        with_flash(
            _("The address is changed. An email to the new address says so."), url_for("people.person", user_id=user_id)
        ),
        "mail_pages/bounces/address.html",
        user=user,
    )


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.OWN_ACCOUNT, 10, own_panel), Panel(Place.PEOPLE, 10, people_panel)))
