"""A OneRoster server that is sound, busy, lies about its total, loops, breaks off: pulled whole, or nothing changes."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

import config
from tests.roster.rest.serving import CLIENT, SECRET, Answer, Sis, serving
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import ImportRun, School, StaffMember, Student
from wss_cases.roster.rest import MOST_TRIES, Server, pull_roster

NUMBER = 5
ORGS = [
    {"sourcedId": "d1", "name": "Prairie District", "type": "district"},
    {"sourcedId": "s1", "name": "Willow Street", "type": "school", "parent": {"sourcedId": "d1"}},
]


def person(number: int, role: str, *, newer: bool) -> dict[str, Any]:
    at = {"sourcedId": "s1", "type": "org"}
    placed = {"roles": [{"roleType": "primary", "role": role, "org": at}]} if newer else {"role": role, "orgs": [at]}
    name = {"givenName": f"Given{number}", "familyName": "Hazelton", "grades": ["09"] if role == "student" else []}
    return {"sourcedId": f"u{number}", "enabledUser": True, "identifier": str(number), **name, **placed}


def people(*, newer: bool) -> list[dict[str, Any]]:
    return [person(n, "student" if n else "teacher", newer=newer) for n in range(NUMBER)]


@pytest.fixture
def sis(app: Flask, session: Any, at: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sis, Server]]:
    data = Sis({"orgs": ORGS, "users": people(newer=False)})
    at("2026-11-24 02:30")
    with serving(data) as url:
        monkeypatch.setitem(app.config, "ROSTER_REST_URL", url)
        monkeypatch.setitem(app.config, "ROSTER_SOURCE", "sis")
        yield data, Server(f"{url}/ims/oneroster/v1p1", f"{url}/token", CLIENT, SECRET, data.paused.append)


def rows() -> tuple[Any, ...]:
    return tuple(db.session.scalar(select(func.count(model.id))) for model in (School, Student, StaffMember))


@pytest.mark.any_database("the thread is the other system's server")
@pytest.mark.parametrize("newer", [False, True], ids=["1.1", "1.2"])
def test_every_page_is_pulled_once_a_day(sis: tuple[Sis, Server], at: Any, newer: bool) -> None:
    data, server = sis
    data.records["users"] = people(newer=newer)
    server.url = server.url.replace("v1p1", "v1p2") if newer else server.url
    assert pull_roster(clock.now(), server) == {"imported": 1, "refused": 0}
    assert (rows(), data.asked.count("users"), data.tokens) == ((1, 4, 1), 3, 1)
    student = db.session.scalars(select(Student).where(Student.sourced_id == "u1")).one()
    assert (student.grade, student.student_number, student.school_id is None) == (9, "1", False)
    assert pull_roster(clock.now(), server) == {"imported": 0, "refused": 0}
    at("2026-11-25 02:30")
    assert pull_roster(clock.now(), server)["imported"] == 1
    last = db.session.scalars(select(ImportRun.report).order_by(ImportRun.id.desc())).first()
    assert last["files"]["users.csv"]["unchanged"] == NUMBER


def busy(_kind: str, asked: int, answer: Answer) -> Answer:
    return (429, {}, {"Retry-After": "7"}) if asked == 2 else answer


def token_ends(_kind: str, asked: int, answer: Answer) -> Answer:
    return (401, {}, {}) if asked == 3 else answer


def no_total(_kind: str, _asked: int, answer: Answer) -> Answer:
    return answer[0], answer[1], {}


@pytest.mark.any_database("the thread is the other system's server")
@pytest.mark.parametrize("wrong", [busy, token_ends, no_total])
def test_what_a_server_may_do_is_survived(sis: tuple[Sis, Server], wrong: Any) -> None:
    data, server = sis
    data.wrong = wrong
    assert pull_roster(clock.now(), server)["imported"] == 1
    assert rows() == (1, 4, 1)
    assert data.paused == {busy: [7.0], token_ends: [1.0], no_total: []}[wrong]


def loops(kind: str, _asked: int, answer: Answer) -> Answer:
    people = [person(n, "student", newer=False) for n in range(2)]
    return (200, {"users": people}, {"X-Total-Count": "900"}) if kind == "users" else answer


def lies(kind: str, _asked: int, answer: Answer) -> Answer:
    return (200, answer[1], {"X-Total-Count": "900"}) if kind == "users" else answer


def away(kind: str, _asked: int, answer: Answer) -> Answer:
    return (503, {}, {}) if kind == "enrollments" else answer


def junk(kind: str, _asked: int, answer: Answer) -> Answer:
    return (200, b"<html>", {}) if kind == "classes" else answer


def elsewhere(kind: str, _asked: int, answer: Answer) -> Answer:
    return (302, {}, {"Location": "http://127.0.0.1:9/"}) if kind == "users" else answer


@pytest.mark.any_database("the thread is the other system's server")
def test_a_wrong_secret_changes_nothing_and_is_told(sis: tuple[Sis, Server]) -> None:
    _data, server = sis
    server.client_secret = "guessed"
    assert pull_roster(clock.now(), server) == {"imported": 0, "refused": 1}
    [run] = db.session.scalars(select(ImportRun))
    assert (rows(), run.report["problems"][0]["file"]) == ((0, 0, 0), "token")


@pytest.mark.any_database("the thread is the other system's server")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (loops, "users: The server sends the same records again"),
        (lies, "users: The server says that there are 900 records, and sent 5."),
        (away, "enrollments: The server does not respond, or is busy."),
        (junk, "classes: The server's answer cannot be read."),
        (elsewhere, "users: The server answers with status 302."),
    ],
)
def test_a_half_that_was_pulled_changes_nothing_and_says_why(
    sis: tuple[Sis, Server], at: Any, wrong: Any, words: str
) -> None:
    data, server = sis
    data.wrong = wrong
    assert pull_roster(clock.now(), server) == {"imported": 0, "refused": 1}
    assert rows() == (0, 0, 0) and len(data.paused) == (MOST_TRIES if wrong is away else 0)
    [run] = db.session.scalars(select(ImportRun))
    [problem] = run.report["problems"]
    assert not run.landed and f"{problem['file']}: {problem['message']}".startswith(words)
    assert pull_roster(clock.now(), server)["refused"] == 0, "it is not asked again at once"
    data.wrong = no_total
    at("2026-11-24 03:31")
    assert pull_roster(clock.now(), server)["imported"] == 1


def test_a_server_needs_all_of_its_settings(tmp_path: Any) -> None:
    whole = {"WSS_ROSTER_REST_URL": "http://x/v1p1", "WSS_ROSTER_SOURCE": "sis"}
    with pytest.raises(RuntimeError, match="WSS_ROSTER_TOKEN_URL"):
        config.from_environment(whole, tmp_path)
    with pytest.raises(RuntimeError, match="keep one"):
        config.from_environment({**whole, "WSS_ROSTER_FOLDER": "/drops"}, tmp_path)
