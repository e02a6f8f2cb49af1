"""The first two administrators: by a command and by a page that a token opens, together or not at all, and once."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.accounts.sign_in.test_password import sign_in
from tests.factories.accounts import PASSWORD, UserFactory
from tests.support.applications import make_app, people_client
from tests.support.databases import Database
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant, Setting, UserAccount
from wss_cases.accounts.managed_accounts import has_begun
from wss_cases.cli import setup as command
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.school_time import DISTRICT_NAME, DISTRICT_TIME_ZONE
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.setup import first_start
from wss_cases.setup.first_start import FirstStart, Person, name_of, set_up

ONE, OTHER = "ana.lopez@district.example", "sam_o@district.example"
TOKEN = "a token of thirty characters 1"
START = FirstStart("Lincoln District", "America/Denver", (Person(ONE, "Ana Lopez"), Person(OTHER, "Sam O")))
FIELDS = {
    "district": "Lincoln District", "time_zone": "America/Denver",
    "name_1": "Ana López", "email_1": ONE, "name_2": "Sam O", "email_2": OTHER,
}  # fmt: skip


@pytest.fixture
def empty(database: Database, tmp_path: Path) -> Iterator[Flask]:
    app = make_app(database.url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["setup", *arguments])


def test_two_begin_with_links_that_work_without_mail(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    brought_up = []
    monkeypatch.setattr(command, "run_command", lambda *words: brought_up.append((words, has_begun())))
    asked = ("--district", " Lincoln District ", "--admin", ONE, "--admin", OTHER, "--time-zone", "America/Denver")
    done = run(empty, *asked, "--json")
    assert done.exit_code == 0, done.output
    assert brought_up == [(("db", "upgrade"), False)]
    said = json.loads(done.stdout)
    assert said["district"] == "Lincoln District"
    assert [link["email"] for link in said["links"]] == [ONE, OTHER]
    again = run(empty, *asked)
    assert again.exit_code == 1
    assert "There are already accounts" in again.stderr
    client = people_client(empty)
    first, second = ("/" + link["url"].split("/", 3)[3] for link in said["links"])
    assert client.submit(first, {"password": PASSWORD}).status_code == 200
    assert client.page(second).find_all("h1")[0].text.strip() == "Choose a password"
    assert sign_in(client, ONE).status_code == 303


def test_they_are_two_persons_and_administrators_of_the_system(session: Any) -> None:
    links = set_up(START, clock.now())
    people = session.scalars(select(UserAccount).order_by(UserAccount.id)).all()
    assert [(one.email, one.name, one.first_setup) for one in people] == [
        (ONE, "Ana Lopez", True),
        (OTHER, "Sam O", True),
    ]
    assert set(session.scalars(select(RoleGrant.role))) == {Role.SYSADMIN}
    kept = dict(session.execute(select(Setting.key, Setting.value)).all())
    assert (kept[DISTRICT_NAME], kept[DISTRICT_TIME_ZONE]) == ("Lincoln District", "America/Denver")
    invitations = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "invitation")).all()
    for link, message in zip(links, sorted(invitations, key=lambda row: row.id), strict=True):
        mail = compose(message, clock.now())
        assert mail is not None and link.url in mail.as_string().replace("=\n", "")
    assert session.scalar(select(func.count()).where(AuditEntry.action == "district.set_up")) == 1


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("district", {"--district": "  "}),
        ("time_zone", {"--time-zone": "Mars/Olympus"}),
        ("admin", {"--admin": "nobody"}),
        ("admin", {"--admin": ONE.upper()}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_before_anything_is_touched(tmp_path: Path, field: str, changed: dict[str, str]) -> None:
    app = make_app("sqlite:///nowhere/at-all.sqlite3", tmp_path)
    asked = {"--district": "Lincoln", "--time-zone": "America/Denver", "--admin": OTHER} | changed
    with app.app_context():
        done = run(app, "--admin", ONE, "--json", *(part for pair in asked.items() for part in pair))
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["field"] == field


def test_one_alone_and_three_do_not_begin(tmp_path: Path) -> None:
    app = make_app("sqlite:///nowhere/at-all.sqlite3", tmp_path)
    with app.app_context():
        for admins in ([ONE], [ONE, OTHER, "third@district.example"]):
            done = run(app, "--district", "Lincoln", *(part for email in admins for part in ("--admin", email)))
            assert done.exit_code == 1 and "exactly two" in done.stderr


def test_a_crash_leaves_nothing(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_path: str) -> str:
        raise OSError

    monkeypatch.setattr(first_start, "link", crash)
    with pytest.raises(OSError):
        set_up(START, clock.now())
    assert session.scalar(select(func.count(UserAccount.id))) == 0
    assert session.scalar(select(func.count(Setting.id)).where(Setting.key == DISTRICT_NAME)) == 0


@pytest.mark.both_databases
def test_of_two_at_once_one_begins(empty: Flask) -> None:
    gate, ended = threading.Barrier(2), []

    def begin(name: str) -> None:
        people = tuple(Person(f"{name}{number}@district.example", name) for number in range(2))
        with empty.app_context():
            gate.wait()
            try:
                ended.append(len(set_up(FirstStart(name, "America/Denver", people), clock.now())))
            except Refused:
                ended.append(0)

    running = [threading.Thread(target=begin, args=(name,)) for name in ("lincoln", "madison")]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert sorted(ended) == [0, 2]
    emails = db.session.scalars(select(UserAccount.email)).all()
    name = db.session.scalar(select(Setting.value).where(Setting.key == DISTRICT_NAME))
    assert sorted(emails) == [f"{name}0@district.example", f"{name}1@district.example"]


@pytest.fixture
def opened(app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's address, while nobody has an account."""
    monkeypatch.setitem(app.config, "SETUP_TOKEN", TOKEN)
    return f"/setup?token={TOKEN.replace(' ', '+')}"


def test_the_page_opens_by_its_token_alone(opened: str, client: PageClient) -> None:
    for address in ("/setup", "/setup?token=", "/setup?token=wrong", "/setup?token=%C3%A9"):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code in (400, 404)
    assert client.page(opened).find_all("h1")[0].text.strip() == "Begin"


def test_without_any_token_the_page_is_not_there(app: Flask, session: Any, client: PageClient) -> None:
    assert app.config["SETUP_TOKEN"] == ""
    assert client.get("/setup?token=").status_code == client.get("/setup?token=None").status_code == 404


def test_the_page_begins_once_and_shows_the_links_once(opened: str, session: Any, client: PageClient) -> None:
    refused = client.submit(opened, FIELDS | {"email_2": ONE, "district": " "})
    assert refused.status_code == 400
    same = client.submit(opened, FIELDS | {"email_2": ONE.upper()})
    assert same.status_code == 400 and "two different addresses" in same.get_data(as_text=True)
    done = client.submit(opened, FIELDS)
    words = done.get_data(as_text=True)
    assert done.status_code == 200 and words.count("/invitation/") == 4
    assert done.headers["Cache-Control"] == "no-store"
    assert client.get(opened).status_code == 404
    link = "/invitation/" + words.split("/invitation/")[1].split('"')[0]
    assert client.submit(link, {"password": PASSWORD}).status_code == 200
    assert sign_in(client, ONE).status_code == 303


def test_where_anybody_has_an_account_nobody_begins(opened: str, session: Any, client: PageClient) -> None:
    token = client.csrf_token("/sign-in")
    UserFactory(state="disabled")
    session.flush()
    assert client.get(opened).status_code == 404
    assert client.post(opened, data=FIELDS | {"csrf_token": token}).status_code == 404
    with pytest.raises(Refused, match="already accounts"):
        set_up(START, clock.now())


def test_guessing_the_token_is_slowed_and_shuts_nobody_else_out(opened: str, session: Any, client: PageClient) -> None:
    for number in range(5):
        assert client.get(f"/setup?token=guess{number}").status_code == 404
    assert client.get(opened).status_code == 429
    assert client.get(opened, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


def test_a_start_without_demo_prints_where_to_begin(
    empty: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(empty.config, "DEMO", "off")
    first = empty.test_cli_runner().invoke(args=["prepare"])
    again = empty.test_cli_runner().invoke(args=["prepare"])
    assert first.exit_code == 0 and first.stdout == again.stdout
    address = first.stdout.strip().split("Begin here: ")[1]
    assert stat.S_IMODE((tmp_path / "setup-token").stat().st_mode) == 0o600
    assert people_client(empty).get("/" + address.split("/", 3)[3]).status_code == 200


def test_a_name_is_read_from_an_address() -> None:
    assert [name_of(email) for email in (ONE, OTHER, "jo@x.org")] == ["Ana Lopez", "Sam O", "Jo"]
