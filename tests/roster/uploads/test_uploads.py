"""A roster in the browser: checked, seen, confirmed, imported; a bad one is refused with words, and nothing is lost."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.roster.oneroster.bundles import manifest, org, roster, take, user, write, zipped
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import take_rosters
from wss_cases.roster import uploads
from wss_cases.roster.directory.models import ImportRun, Student
from wss_cases.roster.uploads import RosterUpload, RosterUploadPart, UploadState

UPLOAD = "/roster/upload"
PEOPLE = [user(n) for n in range(6)]


@pytest.fixture
def client(session: Any, client_as: Any, at: Any) -> PageClient:
    at("2026-11-24 09:00")
    found: PageClient = client_as(make_user(Role.SYSADMIN, name="Sam System"))
    return found


def send(client: PageClient, files: Mapping[str, str | bytes], source: str = "sis") -> Any:
    """Upload CSV files, or one file with its own ending."""
    sent = [
        (
            io.BytesIO(content if isinstance(content, bytes) else content.encode()),
            name if "." in name else f"{name}.csv",
        )
        for name, content in files.items()
    ]
    data = {"csrf_token": client.csrf_token(UPLOAD), "source": source, "files": sent}
    return client.post(UPLOAD, data=data, content_type="multipart/form-data")


def tick() -> str:
    """Let the scheduler look once."""
    return take_rosters("one", clock.now())


def students() -> Any:
    return db.session.scalar(select(func.count(Student.id)))


def test_a_roster_is_checked_seen_and_then_imported(client: PageClient) -> None:
    address = send(client, roster([*PEOPLE, user(7, role=""), user(8, grades="Wizard")])).location
    assert "Being checked" in client.page(address).text
    assert tick() == "rosters checked 1"
    page = client.page(address).text
    for words in ("Nothing is imported yet", "The cell must not be blank.", 'This grade is not known: "Wizard"'):
        assert words in page, words
    assert (students(), db.session.scalar(select(func.count(ImportRun.id)))) == (0, 0)
    assert client.submit(address, holding="version").status_code == 303
    token = {"csrf_token": client.csrf_token(UPLOAD)}
    assert client.post(f"{address}/discard", data=token).location == address, "what is being imported is not discarded"
    assert tick() == "rosters imported 1"
    page = client.page(address).text
    assert "This roster is imported." in page and "Given" not in page
    run = db.session.scalars(select(ImportRun)).one()
    assert (run.source, run.landed, students()) == ("sis", True, 7)
    assert db.session.scalar(select(func.count(RosterUploadPart.id))) == 0, "the bytes are gone"
    assert tick() == ""


def test_what_the_command_asks_by_an_option_is_asked_on_the_page(client: PageClient, tmp_path: Path) -> None:
    take(write(tmp_path, roster(PEOPLE)), source="sis")
    other = roster([user(1), user(2)], [org("d1", "district", ""), org("s1")])
    address = send(client, other, "Another").location
    tick()
    page = client.page(address).text
    assert "a new source in addition to sis" in page and "these people are really gone" not in page
    answer = client.submit(address, holding="version")
    assert answer.status_code == 400 and "confirm it here" in answer.get_data(as_text=True)
    same = send(client, other).location
    tick()
    assert "4 of the 6 rows of the last import are missing" in client.page(same).text
    assert client.submit(same, {"shrink": "y"}, holding="version").status_code == 303
    client.submit(address, {"source": "y"}, holding="version")
    tick()
    assert db.session.scalar(select(func.count(Student.id)).where(Student.is_active, Student.source == "sis")) == 2
    assert db.session.scalar(select(func.count(Student.id)).where(Student.source == "Another")) == 2


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"roster.zip": b"PK\x03\x04 no zip"}, "neither a folder nor a zip"),
        ({"people.xlsx": b"PK"}, "This is an Excel workbook."),
        ({"users": "\xff\xfe"}, "required column"),
        ({"photos": "a,b\n"}, "There is no roster file in it"),
        ({"orgs": ""}, "The file is empty"),
    ],
    ids=["no_zip", "excel", "no_columns", "others", "blank"],
)  # fmt: skip
def test_a_bad_file_is_refused_with_words_and_changes_nothing(
    client: PageClient, files: dict[str, Any], words: str
) -> None:
    address = send(client, files).location
    assert tick() == "rosters refused 1"
    page = client.page(address).text
    assert words in page and "None of it was imported" in page
    assert db.session.scalars(select(ImportRun.landed)).all() == [False], "a refused one is a run, too"
    assert client.submit(address, action="/discard", follow=True).status_code == 200
    assert db.session.scalar(select(func.count(RosterUpload.id))) == 0


def test_nothing_chosen_keeps_what_was_typed(client: PageClient) -> None:
    answer = send(client, {}, "My SIS")
    page = answer.get_data(as_text=True)
    assert (answer.status_code, "Choose a zip file" in page, "My SIS" in page) == (400, True, True)
    assert send(client, {"orgs": "x"}, " ").status_code == 400


@pytest.mark.both_databases
def test_a_kill_between_check_and_commit_loses_nothing_and_doubles_nothing(
    client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = send(client, roster(PEOPLE)).location
    tick()
    client.submit(address, holding="version")
    with monkeypatch.context() as killed:
        killed.setattr(uploads, "import_oneroster", _dies)
        with pytest.raises(KeyboardInterrupt):
            tick()
    assert (students(), db.session.scalars(select(RosterUpload.state)).one()) == (0, UploadState.WRITING)
    assert tick() == "rosters imported 1"
    assert students() == 6


def _dies(actor: Any, path: Path, now: Any, source: str, **more: Any) -> Any:
    def first(uow: Any) -> None:
        more["first"](uow)
        raise KeyboardInterrupt

    return REAL(actor, path, now, source, **{**more, "first": first})


REAL = uploads.import_oneroster


def test_who_lost_the_right_meanwhile_imports_nothing_and_what_waits_is_forgotten(
    session: Any, client: PageClient, at: Any
) -> None:
    address = send(client, roster(PEOPLE)).location
    other = send(client, roster(PEOPLE), "sis").location
    tick()
    client.submit(address, holding="version")
    row = session.get(RosterUpload, int(address.rsplit("/", 1)[1]))
    row.confirmed_by_id = make_user(Role.DISTRICT).id
    session.commit()
    assert tick() == "rosters refused 1"
    assert students() == 0
    at("2026-12-02 09:00")
    tick()
    assert db.session.get(RosterUpload, int(other.rsplit("/", 1)[1])) is None


def test_only_who_may_import_sends_more_than_a_form_holds(
    app: Flask, client: PageClient, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 4_000)
    many = roster([user(n) for n in range(300)])
    assert send(client, many).status_code == 303
    other = client_as(make_user(Role.DISTRICT))
    data = {"source": "sis", "files": [(io.BytesIO(many["users"].encode()), "users.csv")]}
    assert other.post(UPLOAD, data=data, content_type="multipart/form-data").status_code in (404, 413)


def test_the_page_and_the_command_give_the_same_rows(client: PageClient, tmp_path: Path, session: Any) -> None:
    files = roster(PEOPLE, manifest=manifest(orgs="bulk", users="bulk"))
    take(zipped(tmp_path / "roster.zip", files), source="sis")
    address = send(client, {"roster.zip": (tmp_path / "roster.zip").read_bytes()}).location
    tick()
    client.submit(address, holding="version")
    tick()
    counts = [run["files"] for run in session.scalars(select(ImportRun.report).order_by(ImportRun.id))]
    assert all(one["unchanged"] and not one["created"] + one["updated"] for one in counts[1].values())
    assert students() == 6
