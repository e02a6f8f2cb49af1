"""The setup checklist, and the test email."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.support.pages.client import PageClient
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.settings import forget
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.mail.delivery.queue import deliver
from wss_cases.roster.directory.models import ImportRun, School
from wss_cases.setup import checklist
from wss_cases.setup.checklist import CHECKS, Level, named
from wss_cases.setup.first_start import FirstStart, Person, set_up
from wss_cases.setup.test_letter import TEST_LETTER

ClientAs = Callable[[Any], PageClient]


def both(app: Flask, client: PageClient) -> dict[str, tuple[str, str]]:
    """What the doctor says of each check; AssertionError where the page says otherwise."""
    rows = client.page("/setup/checklist").find_all("main")[0].find_all("li")
    done = app.test_cli_runner().invoke(args=["doctor", "--json"])
    said = {one["what"]: (one["level"], one["words"]) for one in json.loads(done.stdout)["findings"]}
    assert len(rows) == len(CHECKS)
    for row, check in zip(rows, CHECKS, strict=True):
        level, words = said[check.key]
        assert words in row.text and str(Level(level).label) in row.text, check.key
    return said


def test_an_empty_district_is_told_all_that_is_missing(app: Flask, session: Any, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.SYSADMIN))
    said = both(app, client)
    assert [check.key for check in CHECKS if said[check.key][0] == "ok"] == []
    page = client.get("/setup/checklist").get_data(as_text=True)
    assert f"{len(CHECKS)} things are still to do." in page and 'href="/people"' in page
    assert 'href="/police-approvers"' not in page and "Done by: District administrator" in page


def test_what_was_set_is_in_order_for_both(app: Flask, session: Any, client_as: ClientAs) -> None:
    school, other = SchoolFactory(network="North"), SchoolFactory(network="North")
    make_user(Role.ADMINISTRATOR, school), make_user(Role.ADMINISTRATOR, other), make_user(Role.DEAN, school)
    make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    days = timedelta(days=5)
    session.add(ImportRun(kind="oneroster", source="feed", started_at=clock.now() - days, report={}, landed=True))
    session.flush()
    client = client_as(make_user(Role.DISTRICT))
    said = both(app, client)
    assert said["schools"] == ("ok", "Every school has an administrator.")
    assert said["accounts"][0] == said["networks"][0] == "ok"
    assert said["roster"] == ("warning", "The roster is 5 days old.")
    assert said["staff accounts"][1].endswith(f": {other.name}.")
    assert said["keepers"][0] == "warning"
    lacking = sorted((school.name, other.name))
    words = f"No coordinator, so no one sees a student’s need for housing support: {', '.join(lacking)}."
    assert said["coordinators"] == ("warning", words)
    make_user(Role.COORDINATOR, school), make_user(Role.COORDINATOR, other)
    assert both(app, client)["coordinators"] == ("ok", "Every school has a coordinator.")
    assert 'href="/police-approvers"' in client.get("/setup/checklist").get_data(as_text=True)


def test_a_long_list_is_counted() -> None:
    assert named(["a", "b"], "good", "Missing").words == "Missing: a, b."
    assert named(list("abcdefg"), "good", "Missing").words == "Missing: a, b, c, d, e and 2 more."
    assert named([], "good", "Missing").level is Level.OK


PAGE = "/setup/test-letter"
At = Callable[..., datetime]


def test_a_letter_goes_out_and_the_page_says_what_became_of_it(
    app: Flask, session: Any, client_as: Any, at: At, smtp_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SMTP_URL", smtp_server.url)
    now = at("2026-11-28 22:00")
    user = make_user(Role.SYSADMIN)
    person, email = client_as(user), user.email
    assert "Send a test email" in checklist.mail(now).words
    assert person.submit(PAGE).status_code == 303
    again = person.submit(PAGE)
    assert again.status_code == 400 and "A test email was sent less than a minute ago." in again.get_data(as_text=True)
    assert "On its way" in person.get(PAGE).get_data(as_text=True)
    assert deliver(now)["sent"] == 1
    [mail] = smtp_server.wait_for(1)
    assert mail.recipients == (email,) and mail.subject == "Test email: email is working"
    assert "The mail server accepted it." in person.get(PAGE).get_data(as_text=True)
    assert checklist.mail(now).level is Level.OK and "accepted it" in checklist.mail(now).words
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "setup.test_letter")) == 1
    letter = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == TEST_LETTER)).one()
    letter.state, letter.last_error = OutboxState.FAILED, "recipient refused (550)"
    db.session.commit()
    assert "It was not sent." in person.get(PAGE).get_data(as_text=True)
    assert checklist.mail(now).level is Level.BAD
    other = client_as(make_user(Role.DISTRICT))
    assert "It was not sent." not in other.get(PAGE).get_data(as_text=True)


def test_the_sign_in_page_says_who_begins_until_somebody_has(
    app: Flask, session: Any, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETUP_TOKEN", "a token of thirty characters 1")
    page = client.get("/sign-in").get_data(as_text=True)
    assert "No one has an account here yet." in page and "token" not in page.split("<main")[1].replace("csrf_token", "")
    make_user(Role.SYSADMIN)
    assert "No one has an account here yet." not in client.get("/sign-in").get_data(as_text=True)


def test_schools_begin_with_the_hours_that_the_first_start_gave(session: Any, at: At) -> None:
    people = (Person("ana@district.example", "Ana"), Person("sam@district.example", "Sam"))
    set_up(FirstStart("Lincoln", "America/Chicago", people, (time(7, 45), time(14, 30))), at("2026-11-28 10:00"))
    forget()
    session.add(School(sourced_id="s1", name="Lincoln High", code="LHS"))
    session.flush()
    school = session.scalars(select(School).where(School.code == "LHS")).one()
    assert (school.first_bell, school.last_bell) == (time(7, 45), time(14, 30))
