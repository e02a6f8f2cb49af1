"""One answer a link, the code on the wall with its bounds, and the same words for every code that opens nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from tests.factories.base import fresh
from tests.factories.surveys import answer_by, begin, school_to_ask, slip_codes
from tests.support.pages.reading import parse
from wss_cases.foundation.db import db
from wss_cases.surveys.links import SurveyLink
from wss_cases.surveys.pages import end_round
from wss_cases.surveys.rounds import (
    MOST_BY_LINK,
    MOST_BY_WALL,
    SurveyGroup,
    SurveySentForm,
    SurveyTally,
    SurveyWall,
    Way,
    counts_in,
    wall_of,
)

IN_IT = "2026-11-17 10:00"
GUESS = "/survey/abcd-abcd-abcd-abcd-abcd"


@pytest.fixture
def asked(session, at):
    at("2026-11-09 10:00")
    return school_to_ask(students=3)


@pytest.fixture
def running(asked, at):
    round_id = begin(asked, wall=True)
    at(IN_IT)
    return round_id


def tally(round_id, way=Way.INVITED, group=SurveyGroup.STUDENT):
    mine = (SurveyTally.round_id == round_id, SurveyTally.way == way, SurveyTally.audience == group)
    return fresh(db.session.scalars(select(SurveyTally).where(*mine)).one())


def filled(client, address, **values):
    form = {name: held[0] for name, held in client.form(address).values().items() if held}
    return form | values


def test_a_slip_takes_one_answer_and_is_used_up(asked, running, client):
    codes = slip_codes(asked, running)
    address = f"/survey/{codes[0]}"
    page = client.get(address)
    assert "988" in page.text and asked.school.name in page.text and "<textarea" not in page.text
    assert set(page.headers.getlist("Set-Cookie")[0].split("=")[0:1]) == {"session"}
    done = client.submit(address, {"q_safe": "4", "q_adult": "1"})
    assert done.status_code == 303
    assert "988" in client.page(done.location).text
    counts = counts_in(tally(running))
    assert {name for name, number in counts.items() if number} == {"safe:4", "adult:1"}
    again = client.get(address)
    assert again.status_code == 404 and again.text == client.get(GUESS).text.replace(GUESS[8:], codes[0])
    assert tally(running).taken == 1


def test_the_same_page_sent_twice_counts_once_and_another_page_of_the_link_not_at_all(asked, running, client):
    address = f"/survey/{slip_codes(asked, running)[0]}"
    first, second = (filled(client, address, q_safe="4") for _page in range(2))
    assert [client.post(address, data=first).status_code for _time in range(2)] == [303, 303]
    assert client.post(address, data=second).status_code == 404
    assert tally(running).taken == 1


@pytest.mark.parametrize("when", ["2026-11-15 23:59", "2026-11-28 00:00"])
def test_before_the_first_and_after_the_last_day_it_says_what_it_says_of_a_guess(asked, running, client, at, when):
    codes = [*slip_codes(asked, running), wall_of(running).code]
    opened = {code: filled(client, f"/survey/{code}?group=student", q_safe="4") for code in codes}
    at(when)
    for code in codes:
        refused = client.get(f"/survey/{code}")
        assert (refused.status_code, refused.text) == (404, client.get(GUESS).text.replace(GUESS[8:], code))
        data = opened[code] | {"csrf_token": client.csrf_token("/sign-in")}
        assert client.post(f"/survey/{code}", data=data).status_code == 404
    assert tally(running).taken == tally(running, Way.OPEN).taken == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Answer at least one question."),
        ({"q_safe": "5"}, "Not a valid choice"),
        ({"q_safe": "x" * 100_000}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_counted_is_said_and_the_rest_is_kept(asked, running, client, values, words):
    address = f"/survey/{slip_codes(asked, running)[0]}"
    kept = {"q_adult": "3"} if values else {}
    refused = client.post(address, data=filled(client, address, **values, **kept))
    assert refused.status_code == 400 and "988" in refused.text
    assert words in refused.text and ("checked" in refused.text) is bool(kept)
    assert tally(running).taken == 0
    assert client.submit(address, {"q_safe": "4"}).status_code == 303


def test_a_question_that_is_not_asked_is_not_counted(asked, running, client):
    address = f"/survey/{slip_codes(asked, running)[0]}"
    assert client.post(address, data=filled(client, address, q_safe="4", q_secret="4")).status_code == 303
    assert sum(counts_in(tally(running)).values()) == 1


def test_it_is_there_in_spanish_and_keeps_what_was_chosen(asked, running, client):
    address = f"/survey/{slip_codes(asked, running)[0]}"
    turned = client.post(address, data=filled(client, address, q_safe="4", switch_language="es"))
    assert turned.status_code == 200 and '<html lang="es"' in turned.text and "checked" in turned.text
    assert "988" in turned.text and tally(running).taken == 0


def test_too_much_by_one_link_in_an_hour_says_so_and_loses_nothing(asked, running, client, at):
    address = f"/survey/{slip_codes(asked, running)[0]}"
    for _time in range(MOST_BY_LINK):
        assert client.post(address, data=filled(client, address)).status_code == 400
    busy = client.post(address, data=filled(client, address, q_safe="4"))
    assert busy.status_code == 429 and busy.headers["Retry-After"] and "last hour" in busy.text
    assert "checked" in busy.text and "988" in busy.text
    at("2026-11-17 11:01")
    assert client.submit(address, {"q_safe": "4"}).status_code == 303


def test_the_code_on_the_wall_asks_who_answers_and_ends_at_the_enrollment(asked, running, client):
    address = f"/survey/{wall_of(running).code}"
    choice = client.get(address).text
    assert all(f"group={group.value}" in choice for group in SurveyGroup) and "988" in choice
    for _one in asked.students:
        assert client.submit(f"{address}?group=student", {"q_safe": "4"}).status_code == 303
    full = client.submit(f"{address}?group=student", {"q_safe": "4"})
    assert full.status_code == 429 and "as many answers as there are people" in full.text
    assert (tally(running, Way.OPEN).taken, tally(running).taken) == (3, 0)
    assert client.submit(f"{address}?group=family", {"q_safe": "4"}).status_code == 303


def test_a_flood_by_the_code_on_the_wall_is_stopped(asked, running, client, at):
    db.session.execute(update(SurveyWall).values(hour_began=at(IN_IT), sent=MOST_BY_WALL))
    db.session.commit()
    address = f"/survey/{wall_of(running).code}?group=student"
    assert client.submit(address, {"q_safe": "4"}).status_code == 429
    assert tally(running, Way.OPEN).taken == 0


def test_a_used_link_keeps_no_time_and_no_code(asked, running, client):
    code = slip_codes(asked, running)[0]
    client.post(f"/survey/{code}", data=filled(client, f"/survey/{code}"))
    answer_by(code)
    db.session.expire_all()
    used = db.session.scalars(select(SurveyLink).where(SurveyLink.used)).one()
    assert (used.nonce, used.hour_began, used.sent) == (None, None, 0)


def test_every_page_says_whom_to_call_and_takes_choices_and_no_words(asked, running, client):
    link, wall = f"/survey/{slip_codes(asked, running)[0]}", f"/survey/{wall_of(running).code}"
    pages = [client.get(address) for address in (link, wall, f"{wall}?group=staff", GUESS, "/survey/thanks")]
    pages.append(client.post(link, data=filled(client, link)))
    assert [page.status_code for page in pages] == [200, 200, 200, 404, 200, 400]
    for page in pages:
        read = parse(page.text)
        assert "988" in read.find_all("main")[0].text
        kinds = {control.get("type") for control in read.find_all("input")}
        assert kinds <= {"hidden", "radio"} and not read.find_all("textarea", "select")


LONG = "x" * 100_000


@pytest.mark.parametrize("field", ["request_key", "language", "group", "version", "q_more"])
def test_a_hundred_thousand_letters_in_any_field_are_no_error_and_nothing_is_kept_of_them(
    asked, running, client, field
):
    address = f"/survey/{slip_codes(asked, running)[0]}"
    sent = client.post(address, data=filled(client, address, q_safe="4", **{field: LONG}))
    taken = field != "request_key"  # no page has a key of its own so long
    assert (sent.status_code, sum(counts_in(tally(running)).values())) == ((303, 1) if taken else (400, 0))
    assert all(len(digest) == 64 for digest in db.session.scalars(select(SurveySentForm.digest)))
    assert client.get(f"/survey/{LONG}").status_code == 404
    wall = f"/survey/{wall_of(running).code}?group=student"
    told = client.post(wall, data=filled(client, wall, q_safe="4", group=LONG))
    assert told.status_code == 200 and tally(running, Way.OPEN).taken == 0, "it asks again who answers"


def test_once_it_was_ended_a_page_that_was_open_is_not_counted_and_says_what_it_says_of_a_guess(asked, running, client):
    codes = [slip_codes(asked, running)[0], wall_of(running).code]
    opened = {code: filled(client, f"/survey/{code}?group=student", q_safe="4") for code in codes}
    end_round(asked.call, running)
    for code, form in opened.items():
        late = client.post(f"/survey/{code}", data=form)
        assert (late.status_code, late.text) == (404, client.get(GUESS).text.replace(GUESS[8:], code))
    assert tally(running).taken == tally(running, Way.OPEN).taken == 0
