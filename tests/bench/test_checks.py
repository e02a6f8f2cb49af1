"""The bench itself: each of its checks is shown to fail on something planted."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.support.pages import reading
from tests.support.pages.reading import Form, page_faults, page_problems, parse
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.journal.models import Counter
from wss_cases.journal.unit_of_work import unit_of_work

SOUND = (
    '<!doctype html><html lang="en"><head><title>Home</title></head><body><main id="main"><h1>Home</h1>'
    '<form method="post" action="/x"><input type="hidden" name="csrf_token" value="t">'
    '<label for="a">A</label><input id="a" name="a" value="1"><textarea name="b">\nx</textarea>'
    '<select name="c"><option value="1">one<option value="2" selected>two</select>'
    '<input type="checkbox" name="d" value="p"><input type="checkbox" name="d" value="q" checked>'
    '<button name="go" value="now">Go</button></form></main></body></html>'
)


def test_a_sound_page_has_no_problems() -> None:
    assert page_problems(SOUND) == []


WRONG = [
    (SOUND.replace(' lang="en"', ""), "html has no lang"),
    (SOUND.replace("<title>Home</title>", ""), "one title wanted"),
    (SOUND.replace("<title>Home</title>", "<title> </title>"), "one title wanted"),
    (SOUND.replace("<main", '<p id="a"></p><main'), "id 'a' stands 2 times"),
    (SOUND.replace('for="a"', 'for="z"'), "for names 'z'"),
    (SOUND.replace("csrf_token", "token"), "posts without csrf_token"),
    (SOUND.replace("<h1>", '<h1 style="color:red">'), "inline style on h1"),
    (SOUND.replace("<h1>", '<h1 onclick="go()">'), "h1 has onclick"),
    (SOUND.replace("<h1>", "<script>go()</script><h1>"), "inline script"),
    (SOUND.replace("<h1>", '<a href="javascript:go()">x</a><h1>'), "javascript: link"),
    (SOUND.replace("<h1>Home</h1>", ""), "one h1 wanted"),
    (SOUND.replace("<h1>", '<img src="/a.png"><h1>'), "has no alt"),
]


@pytest.mark.parametrize(("wrong", "expected"), WRONG)
def test_a_planted_fault_is_named(wrong: str, expected: str) -> None:
    assert any(expected in problem for problem in page_problems(wrong))


@pytest.mark.parametrize(("wrong", "expected"), WRONG)
def test_a_planted_fault_is_named_though_pages_like_it_were_sound(wrong: str, expected: str) -> None:
    for words in ("Home", "Away", "Home"):
        assert page_faults(SOUND.replace("Home", words)) == []
        assert any(expected in problem for problem in page_faults(wrong.replace("Home", words)))
    for stray in ("1 < 2", 'a "<" b'):
        with pytest.raises(AssertionError, match="neither a tag nor text"):
            page_faults(SOUND.replace(">Home</h1>", f">{stray}</h1>"))


def test_a_page_with_other_words_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    page = SOUND.replace("<h1>", '<h1 id="once">')
    token = 'name="csrf_token" value="{}"'
    assert page_faults(page.replace('name="csrf_token" value="t"', token.format("s" * 40))) == []
    monkeypatch.setattr(reading, "page_problems", lambda html: ["read"])
    assert (
        page_faults(page.replace("Home", "Away").replace('name="csrf_token" value="t"', token.format("u" * 40))) == []
    )
    assert page_faults(page.replace('id="once"', 'id="a"')) == ["read"]


def test_a_form_sends_what_a_browser_would() -> None:
    form = Form(parse(SOUND).find_all("form")[0])
    assert form.values() == {"csrf_token": ["t"], "a": ["1"], "b": ["x"], "c": ["2"], "d": ["q"]}
    assert {"go", "a"} <= form.names


def count_rows(session: Any) -> int:
    return session.scalar(select(func.count()).select_from(Counter))


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_starts_from_the_same_rows(session: Any, turn: int) -> None:
    before = count_rows(session)
    with unit_of_work(SYSTEM, datetime(2026, 11, 24, tzinfo=UTC)) as unit:
        unit.next_number("bench")
        unit.audit("bench", "counter", None)
    session.add(Counter(series="mine", value=turn))
    session.commit()
    assert count_rows(session) == before + 2
    assert session.get(Counter, "bench").value == 1


def test_a_request_sees_the_rows_of_the_test(client: Any, session: Any) -> None:
    session.add(Counter(series="mine", value=1))
    assert client.get("/healthz").status_code == 200
    assert session.get(Counter, "mine").value == 1


def test_the_clock_stands_where_it_is_put(at: Callable[..., datetime]) -> None:
    assert at("2026-11-24 10:00") == datetime(2026, 11, 24, 16, tzinfo=UTC) == clock.now()
    assert at("2026-11-25 10:00", zone="UTC") == clock.now()


def test_nothing_leaves_the_machine() -> None:
    with pytest.raises(pytest.fail.Exception, match="tried to reach 192"):
        socket.create_connection(("192.0.2.1", 80))


def test_mail_to_an_unknown_server_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="tried to send mail"):
        smtplib.SMTP("127.0.0.1", 2525)


def test_the_mail_server_keeps_what_it_is_sent(smtp_server: MailServer) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@district.example", "b@district.example", "Niño"
    message.set_content("Mañana")
    with smtplib.SMTP("127.0.0.1", smtp_server.port) as connection:
        connection.send_message(message)
    [mail] = smtp_server.wait_for(1)
    assert mail.subject == "Niño"
    assert "Mañana" in mail.everything
    assert mail.recipients == ("b@district.example",)
