"""Mail that does not arrive: seen by the person, the school and the system's administrators, tried again, mended."""

from __future__ import annotations

import re
import smtplib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import PASSWORD, make_user
from tests.factories.roster import SchoolFactory
from tests.mail.making import Scene, scene
from tests.support.databases import ROOT
from tests.support.network import Guard
from tests.support.postgres import free_port
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import Invitation, UserAccount
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.mail.bounces import error_label, read_report, reason, trouble_of
from wss_cases.mail.common.rules import unreachable
from wss_cases.mail.delivery.queue import deliver
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]
REPORTS = ROOT / "tests" / "data" / "bounces"


@pytest.fixture
def here(session: Any, at: At) -> Scene:
    made = scene()
    made.due()
    assert sweep(at("2026-11-24 10:00"))["queued"] == 2
    return made


def mails_of(user_id: int) -> list[OutboxMessage]:
    db.session.expire_all()
    found = select(OutboxMessage).where(OutboxMessage.recipient_id == user_id).order_by(OutboxMessage.id)
    return list(db.session.scalars(found))


def test_a_refused_address_is_seen_by_whoever_can_act_and_tried_again(
    here: Scene, at: At, mailing: MailServer, client_as: Any
) -> None:
    user_id, email = here.coordinator.id, here.coordinator.email
    own = client_as(here.coordinator)
    admin = client_as(make_user(Role.ADMINISTRATOR, here.school))
    other = SchoolFactory()
    elsewhere, _theirs = client_as(make_user(Role.ADMINISTRATOR, other)), make_user(Role.COORDINATOR, other)
    sysadmin = client_as(make_user(Role.SYSADMIN))
    mailing.replies[email] = "550 5.1.1 no such user"
    assert deliver(at("2026-11-24 10:00"))["failed"] == 2
    assert unreachable() == {user_id}
    assert f"Email to {email} has not been delivered since" in own.page("/my-day").text
    assert "The mailbox does not exist" in own.page("/account").text
    assert "Email to 1 person is not being delivered" in admin.page("/my-day").text
    assert "Email to 1 person is not being delivered" in admin.page("/people").text
    listed = admin.page("/people/mail").text
    for words in (here.coordinator.name, email, "2 emails failed", "5.1.1", "Ask them for the right address"):
        assert words in listed
    assert here.coordinator.name not in elsewhere.page("/people/mail").text
    system = sysadmin.page("/system").text
    for words in (email, "The address was refused (550)", "Email to 1 person is not being delivered", "Try all again"):
        assert words in system
    assert sweep(at("2026-11-24 10:00"))["queued"] == 1  # it goes on to the next in line, who leads no case
    assert deliver(at("2026-11-24 10:00"))["sent"] == 1
    [told] = mailing.wait_for(1)
    assert told.subject == "May be missed: First contact with the person harmed"
    assert "Email to the person responsible is not being delivered; you are next in line" in told.everything
    mailing.replies.clear()
    assert admin.submit("/people/mail", action=f"/people/{user_id}/mail/retry").status_code == 303
    assert unreachable() == set()
    assert deliver(at("2026-11-24 10:01"))["sent"] == 3  # the two, and the one that shows it
    assert "has not been delivered" not in own.page("/my-day").text
    assert "Email reaches everyone" in admin.page("/people/mail").text


def token(client: Any) -> dict[str, str]:
    return {"csrf_token": client.csrf_token("/account")}


def test_the_person_and_the_system_try_again(here: Scene, at: At, mailing: MailServer, client_as: Any) -> None:
    mailing.replies[here.coordinator.email] = "550 no"
    deliver(at("2026-11-24 10:00"))
    own = client_as(here.coordinator)
    assert own.submit("/account", action="/account/mails/try").status_code == 303
    assert deliver(at("2026-11-24 10:01"))["failed"] == 3
    assert unreachable() == {here.coordinator.id}  # it failed again, and says so again
    mailing.replies.clear()
    sysadmin = client_as(make_user(Role.SYSADMIN))
    assert sysadmin.submit("/system", action="/system/mail/retry").status_code == 303
    assert deliver(at("2026-11-24 10:02"))["sent"] == 3
    assert unreachable() == set()
    ids = [mail.message["Message-ID"] for mail in mailing.mails]
    assert len(ids) == len(set(ids)) == 3


def test_an_arrived_mail_ends_a_refusal(here: Scene, at: At, mailing: MailServer) -> None:
    mailing.replies[here.coordinator.email] = "550 5.1.1 no such user"
    deliver(at("2026-11-24 10:00"))
    mailing.replies.clear()
    assert sweep(at("2026-11-25 10:00"))["queued"] > 0
    assert deliver(at("2026-11-25 10:00"))["sent"] > 0
    assert unreachable() == set()


@pytest.mark.parametrize("reply", ["452 4.2.2 mailbox full", None])
def test_what_was_given_up_blames_the_address_only_where_the_server_did(
    here: Scene, at: At, app: Flask, mailing: MailServer, network_guard: Guard, reply: str | None
) -> None:
    if reply:
        mailing.replies[here.coordinator.email] = reply
    else:
        nobody = free_port()
        network_guard.mail_ports.add(nobody)
        app.config["SMTP_URL"] = f"smtp://127.0.0.1:{nobody}"
    for message in mails_of(here.coordinator.id):
        message.at_any_hour, message.attempts = True, 13
    db.session.commit()
    now = at("2026-11-24 10:00")
    while mails_of(here.coordinator.id)[0].state is OutboxState.WAITING:
        deliver(now)
        now += timedelta(hours=4)
    assert {message.state for message in mails_of(here.coordinator.id)} == {OutboxState.FAILED}
    assert unreachable() == ({here.coordinator.id} if reply else set())


def returned(app: Flask, tmp_path: Path, name: str, **words: str) -> Any:
    """Feed a report to the command, as an operator does."""
    text = (REPORTS / f"{name}.eml").read_text(encoding="utf-8")
    for key, value in ({"action": "failed", "status": "5.1.1"} | words).items():
        text = text.replace(f"{{{key}}}", value)
    if "message_id" not in words:
        text = re.sub(r"Message-ID:\s+<\{message_id\}@district.example>\n", "", text)
    path = tmp_path / "report.eml"
    path.write_text(text, encoding="utf-8", newline="\r\n")
    return app.test_cli_runner().invoke(args=["reminders", "bounce", str(path)])


@pytest.mark.parametrize("name", ["postfix", "exchange"])
def test_what_comes_back_later_marks_the_address(
    here: Scene, at: At, app: Flask, mailing: MailServer, tmp_path: Path, client_as: Any, name: str
) -> None:
    user_id, email = here.coordinator.id, here.coordinator.email
    assert deliver(at("2026-11-24 10:00"))["sent"] == 2
    about = {"message_id": mails_of(user_id)[0].message_id, "address": email}
    for _time in range(2):
        done = returned(app, tmp_path, name, **about)
        assert (done.exit_code, done.output) == (0, f"Mail to {email} does not arrive (5.1.1).\n")
    assert [message.state for message in mails_of(user_id)] == [OutboxState.FAILED, OutboxState.SENT]
    assert unreachable() == {user_id}
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "mail.fails"))
    assert [entry.changes for entry in noted] == [{"status": [None, "5.1.1"]}]
    sysadmin = client_as(make_user(Role.SYSADMIN))
    assert "It bounced (5.1.1)" in sysadmin.page("/system").text
    sweep(at("2026-11-25 10:00"))
    assert deliver(at("2026-11-25 10:00"))["sent"] > 0
    assert unreachable() == {user_id}  # our own server takes everything: that proves nothing


def test_a_full_mailbox_that_takes_mail_again_is_well(
    here: Scene, at: At, app: Flask, mailing: MailServer, tmp_path: Path
) -> None:
    user_id = here.coordinator.id
    deliver(at("2026-11-24 10:00"))
    about = {"message_id": mails_of(user_id)[0].message_id, "address": here.coordinator.email}
    assert returned(app, tmp_path, "exchange", action="delayed", status="4.2.2", **about).exit_code == 0
    assert unreachable() == set()  # it is still being tried
    returned(app, tmp_path, "exchange", status="4.2.2", **about)
    assert unreachable() == {user_id}
    sweep(at("2026-11-25 10:00"))
    deliver(at("2026-11-25 10:00"))
    assert unreachable() == set()


def test_a_made_up_report_changes_nothing(here: Scene, at: At, app: Flask, mailing: MailServer, tmp_path: Path) -> None:
    user_id, email = here.coordinator.id, here.coordinator.email
    never_written_to = make_user(Role.DEAN, here.school).email
    deliver(at("2026-11-24 10:00"))
    for about in (
        {"message_id": "0" * 32, "address": email},
        {"message_id": "", "address": email},
        {"address": never_written_to},
    ):
        done = returned(app, tmp_path, "postfix", **about)
        assert (done.exit_code, done.output) == (0, "Nothing of ours came back.\n"), done.exception
    assert unreachable() == set()
    assert email in returned(app, tmp_path, "exchange", address=email).output  # it was written to, and none is named
    assert unreachable() == {user_id}
    letter = tmp_path / "letter.eml"
    letter.write_text("Subject: Hello\n\nI am away until Monday.\n", encoding="utf-8")
    refused = app.test_cli_runner().invoke(args=["reminders", "bounce", str(letter)])
    assert refused.exit_code == 1
    assert "letter.eml: this is no delivery report" in refused.output


def test_a_mangled_report_is_read_or_refused() -> None:
    whole = (REPORTS / "exchange.eml").read_bytes()
    for end in range(0, len(whole), 97):
        for raw in (whole[:end], whole[end:], whole[:end] + b"\x00\xff" + whole[end:]):
            with suppress(ValueError):
                assert read_report(raw).recipients


def test_another_address_is_told_and_gets_what_failed(
    here: Scene, at: At, app: Flask, mailing: MailServer, tmp_path: Path, client_as: Any, client: Any
) -> None:
    user_id, old, now = here.coordinator.id, here.coordinator.email, at("2026-11-24 10:00")
    mailing.replies[old] = "550 5.1.1 no such user"
    deliver(now)
    first = mails_of(user_id)[0].message_id
    link = Invitation(user_id=user_id, created_at=now, expires_at=now + timedelta(days=7))
    db.session.add(link)
    db.session.commit()
    other = make_user(Role.DEAN, here.school).email
    school_hears = make_user(Role.ADMINISTRATOR, here.school).email
    sysadmin = client_as(make_user(Role.SYSADMIN))
    page = f"/people/{user_id}/address"
    for typed in ("", "nobody", other.upper(), old):
        assert sysadmin.submit(page, {"email": typed}).status_code == 400
    assert sysadmin.submit(page, {"email": "New@District.example"}).status_code == 303
    assert db.session.get_one(UserAccount, user_id).email == "new@district.example"
    assert db.session.get_one(Invitation, link.id).expires_at <= now
    assert deliver(at("2026-11-24 10:01"))["sent"] == 4
    assert Counter(mail.recipients for mail in mailing.mails) == {("new@district.example",): 3, (school_hears,): 1}
    assert "Your address was changed" in [mail.subject for mail in mailing.mails]
    assert returned(app, tmp_path, "postfix", message_id=first, address=old).exit_code == 0
    assert unreachable() == {user_id}  # it was sent again since: the report may be of the new address
    signed_in = client.submit("/sign-in", {"email": "new@district.example", "password": PASSWORD})
    assert signed_in.status_code == 303


def test_a_report_of_an_address_that_was_mended_since_is_old_news(
    here: Scene, at: At, app: Flask, mailing: MailServer, tmp_path: Path, client_as: Any
) -> None:
    user_id, old = here.coordinator.id, here.coordinator.email
    deliver(at("2026-11-24 10:00"))
    sent = mails_of(user_id)[0].message_id
    at("2026-11-24 10:05")
    sysadmin = client_as(make_user(Role.SYSADMIN))
    sysadmin.submit(f"/people/{user_id}/address", {"email": "new@district.example"})
    returned(app, tmp_path, "postfix", message_id=sent, address=old)
    assert unreachable() == set()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"5.2.1 closed")}), "5.2.1"),
        (smtplib.SMTPDataError(552, b"too much"), "552"),
        (UnicodeError(), "5.1.3"),
        (smtplib.SMTPSenderRefused(550, b"5.7.1 who are you", "wss@district.example"), None),
        (smtplib.SMTPAuthenticationError(535, b"no"), None),
        (TimeoutError(), None),
    ],
)
def test_only_what_is_about_the_address_blames_it(error: Exception, status: str | None) -> None:
    found = trouble_of(error)
    assert (found.status if found else None) == status


@pytest.mark.parametrize(
    ("status", "means"),
    [
        ("5.1.1", "mailbox does not exist"), ("550", "mailbox does not exist"), ("5.2.1", "closed"), ("4.2.2", "full"),
        ("552", "full"), ("5.7.1", "refuses our email"), ("4.4.1", "cannot be reached"), ("451", "accepts nothing"),
        ("", "did not accept it"), ("5.6.0", "did not accept it"),
    ],
)  # fmt: skip
def test_codes_in_words(app: Flask, status: str, means: str) -> None:
    with app.test_request_context():
        assert means in reason(status)[0]
        assert error_label("true for news") == "true for news"
