"""Every kind of mail in both languages: what it may say, its headers, and the same in plain text as in HTML."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from tests.mail.every_kind import CANARY, MAKERS, STUDENT_ID, TODAY, make_world, plant_canaries
from tests.support.servers.mail import Mail, MailServer
from wss_cases.access.actor import Role
from wss_cases.followups.reminders.sweep import due_key
from wss_cases.foundation.db import db
from wss_cases.journal import message_kinds as registry
from wss_cases.journal.message_kinds import MailList, MessageKind, kinds
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.common.pages import MailChoice, MailStyle
from wss_cases.mail.common.rules import choice_of
from wss_cases.mail.delivery.queue import deliver
from wss_cases.mail.preferences import stop_token
from wss_cases.workday.digest.sweep import groups
from wss_cases.workday.my_day.queries import MyDay, Waiting
from wss_cases.workday.my_day.rules import Calendars

At = Callable[..., datetime]

LISTS = {"digest", "weekly"}
ALONE = {"referral.ended", "referral.overdue"}
"""A referral that has ended is late no more: these want a school of their own."""

HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
    *("MIME-Version", "Content-Type"),
}
STOP = {"List-Unsubscribe", "List-Unsubscribe-Post"}
LINK = re.compile(r"http://localhost:8000(/[^\s\"<>)]*)")


def send(wanted: Collection[str], locale: str, mailing: MailServer, at: At) -> dict[str, Mail]:
    """Deliver one mail of each of these kinds from a school full of canaries, and return them by kind."""
    now = at("2026-11-24 10:00")
    mailing.mails.clear()
    made: dict[str, OutboxMessage] = {}
    for group in (set(MAKERS) - ALONE, *({kind} for kind in sorted(ALONE))):
        if group & set(wanted):
            world = make_world(locale)
            made |= {kind: MAKERS[kind](world) for kind in MAKERS if kind in group & set(wanted)}
    assert plant_canaries() > 60
    found = {message.message_id: kind for kind, message in made.items()}
    assert deliver(now)["sent"] == len(made)
    mails = mailing.wait_for(len(made))
    return {found[mail.message["Message-ID"].strip("<>").rpartition("@")[0]]: mail for mail in mails}


def parts(mail: Mail) -> dict[str, str]:
    """Every leaf of a mail by its type, decoded, attachments included."""
    leaves = [part for part in mail.message.walk() if not part.is_multipart()]
    return {part.get_content_type(): part.get_payload(decode=True).decode("utf-8") for part in leaves}


def leaks(mail: Mail) -> list[str]:
    """Where a mail holds the canary or a student's id: headers and parts, MIME decoded."""
    drawn = str(mail.message.get_boundary())  # digits by chance, which may be anyone's
    places = {name: str(value).replace(drawn, "") for name, value in mail.message.items()} | parts(mail)
    wanted = re.compile(f"{CANARY}|{str(STUDENT_ID)[:6]}", re.IGNORECASE)
    return [name for name, text in places.items() if wanted.search(text)]


def test_no_mail_says_more_than_it_may(
    session: Any, at: At, mailing: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert set(MAKERS) == set(kinds()), "every registered kind of mail has a maker in every_kind.py"
    for name in ("wss_cases", "sqlalchemy", "flask_login"):
        caplog.set_level(logging.DEBUG, name)
    english, spanish = (send(MAKERS, locale, mailing, at) for locale in ("en", "es"))
    assert CANARY not in caplog.text
    for locale, mails in (("en", english), ("es", spanish)):
        assert {kind: leaks(mail) for kind, mail in mails.items() if leaks(mail)} == {}
        for kind, mail in mails.items():
            check_shape(kind, mail, locale)
    for kind, mail in spanish.items():
        assert mail.subject != english[kind].subject, kind
        assert not lines(english[kind]) & lines(mail), f"{kind}: left in English"


def check_shape(kind: str, mail: Mail, locale: str) -> None:
    """The headers are these and no other; subject, language and links are sound; the text says all the HTML says."""
    assert set(mail.message.keys()) == HEADERS | (STOP if kind in LISTS else set()), kind
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert 8 < len(mail.subject) <= 90, mail.subject
    found = parts(mail)
    assert f'<html lang="{locale}"' in found["text/html"]
    text, html = (set(LINK.findall(found[f"text/{each}"])) for each in ("plain", "html"))
    assert text, f"{kind}: a mail leads somewhere"
    assert html <= text, f"{kind}: {html - text} stands in the HTML alone"
    assert "\n\n\n" not in found["text/plain"]
    assert ("/mails/stop/" in found["text/plain"]) is (kind in LISTS)


def lines(mail: Mail) -> set[str]:
    """The lines of a plain text that say something in words; a document for a machine has none."""
    found = {line.strip() for line in parts(mail)["text/plain"].splitlines()}
    return {line for line in found if len(line) > 3 and "://" not in line and line[0] != '"'} - {"Whole School Safety"}


def test_one_click_stops_what_is_queued_for_that_person_alone(
    session: Any, at: At, mailing: MailServer, client: Any
) -> None:
    digest = send({"digest"}, "en", mailing, at)["digest"]
    assert digest.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [path] = LINK.findall(digest.message["List-Unsubscribe"])
    # as a mail program reads it: one line, no encoded word
    assert f"\r\nList-Unsubscribe: <http://localhost:8000{path}>\r\n".encode() in digest.raw
    queued = [MAKERS["digest"](make_world()) for _person in range(2)]
    numbers = [message.id for message in queued]
    stopped = path.replace(path.rpartition("/")[2], stop_token(queued[0].recipient_id, MailList.DIGEST))
    assert client.post(stopped, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert deliver(at("2026-11-24 10:05"))["sent"] == 1
    states = [db.session.get_one(OutboxMessage, number).state for number in numbers]
    assert states == [OutboxState.DROPPED, OutboxState.SENT]


def test_single_mails_that_were_chosen_can_be_stopped_and_no_others(
    session: Any, at: At, mailing: MailServer, client: Any
) -> None:
    world = make_world()
    owner = world.people[Role.COORDINATOR]
    session.add(MailChoice(user_id=owner.id, style=MailStyle.SINGLE, weekly=True))
    chosen = world.due(date(2026, 11, 24), kind="pre_meetings", single_mail=False)
    for row in (chosen, world.due(date(2026, 11, 24))):
        world.message("followup.due", owner, row, due_key(row.id, date(2026, 11, 24), owner.id))
    session.commit()
    assert deliver(at("2026-11-24 10:00"))["sent"] == 2
    by_subject = {mail.subject: mail for mail in mailing.wait_for(2)}
    stops = {subject: set(mail.message.keys()) >= STOP for subject, mail in by_subject.items()}
    assert stops == {
        "Due today: Pre-meetings for a circle": True,
        "Due today: First contact with the person harmed": False,
    }
    header = by_subject["Due today: Pre-meetings for a circle"].message["List-Unsubscribe"]
    client.post(LINK.findall(header)[0], data={"List-Unsubscribe": "One-Click"})
    assert choice_of(owner.id).style == "none"


def test_the_digest_names_all_that_waits(app: Flask) -> None:
    told_beside = ("schools_behind", "called", "clocks")  # where, and whether there is more to read; not what waits
    kinds_of_work = [one.name for one in fields(Waiting) if one.name not in told_beside]
    counted = (
        "to_review",
        "duties",
        "own_duties",
        "second_looks",
        "police_reviews",
        "police_seconds",
        "concerns",
        "appeals",
        "circle_requests",
        "requests_of_danger",
        "own_trainings",
        "school_trainings",
    )
    waiting = Waiting(**{name: 1 if name in counted else [("x",)] for name in kinds_of_work})  # type: ignore[arg-type]
    lists: dict[str, Any] = {name: [] for name in ("overdue", "due_today", "coming", "snoozed", "circles")}
    calendars = Calendars({}, datetime(2026, 11, 24, 16, tzinfo=UTC))
    day = MyDay(today=TODAY, time_zone="UTC", calendars=calendars, waiting=waiting, caseload={}, stuck=0, **lists)
    with app.test_request_context():
        [group] = groups(day)
    assert len(group["lines"]) == len(kinds_of_work)
    assert sum(number for _words, number in group["lines"]) == group["count"] == waiting.count


def _planted(where: str) -> MessageKind:
    words = registry.Mail("Update on your report", ["News."], "http://localhost:8000/x")
    leak = f"About {CANARY}"
    leaking = replace(words, subject=leak) if where == "subject" else replace(words, paragraphs=[leak])
    return MessageKind("digest", lambda message, actor: leaking, lambda message, actor: True)


@pytest.mark.parametrize(
    ("where", "seen"), [("subject", ["Subject", "text/html"]), ("words", ["text/plain", "text/html"])]
)
def test_a_planted_leak_is_seen(
    session: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch, where: str, seen: list[str]
) -> None:
    monkeypatch.setitem(registry._kinds, "digest", _planted(where))
    assert leaks(send({"digest"}, "en", mailing, at)["digest"]) == seen


def test_a_kind_without_a_maker_is_seen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._kinds, "new", replace(kinds()["digest"], kind="new"))
    assert set(MAKERS) != set(kinds())
