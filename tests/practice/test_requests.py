"""Requests for a circle: by a link without an account, limited, read each school day, erased once answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.mail.delivery.messages import compose
from wss_cases.practice.log import PracticeEntry, PracticeKind, Purpose, group_in, group_value, tier_of
from wss_cases.practice.requests.models import ASKED, DANGER, UNREAD, Became, CircleRequest, link_of
from wss_cases.practice.requests.pages import HOUR, MOST_IN_AN_HOUR, hour_of, in_danger, make_link

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


@pytest.mark.parametrize("group", [(7, "Room 204"), (0, ""), (-1, ""), (None, "Library"), (None, "a|b")])
def test_a_class_or_place_comes_back_as_it_was_sent(group: tuple[int | None, str]) -> None:
    assert group_in(group_value(*group)) == group


def test_what_is_for_everybody_is_of_the_first_tier() -> None:
    assert tier_of(PracticeKind.COMMUNITY, None) == tier_of(PracticeKind.STAFF, Purpose.START) == 1
    assert tier_of(PracticeKind.PEACE_ROOM, None) == tier_of(PracticeKind.COMMUNITY, Purpose.AFTER) == 2


@pytest.mark.parametrize(
    "words",
    ["He hits me", "I'm not SAFE at home", "he has a gun", "I want to die", "Me pega en casa", "tiene una pistola",
     "No estoy a salvo", "quiero morirme", "she is hurting me", "me lastiman"],
)  # fmt: skip
def test_words_of_danger_are_heard_in_both_languages(words: str) -> None:
    assert in_danger(words)


@pytest.mark.parametrize("words", ["", "We argued about a game", "Queremos un círculo", "I feel left out"])
def test_other_words_raise_no_alarm(words: str) -> None:
    assert not in_danger(words)


def test_an_hour_begins_with_its_first_request() -> None:
    assert hour_of(None, NOW) == NOW
    assert hour_of(NOW - timedelta(minutes=59), NOW) == NOW - timedelta(minutes=59)
    assert hour_of(NOW - HOUR, NOW) == NOW


FRIDAY = "2026-11-20 15:00"
SECRET = "the blue door by the stairs"


@pytest.fixture
def school(session, at):
    at(FRIDAY)
    return SchoolFactory(phone="773-555-0100")


@pytest.fixture
def coordinator(school):
    return make_user(Role.COORDINATOR, school)


@pytest.fixture
def link(school, coordinator):
    return new_link(school, coordinator)


def new_link(school, coordinator):
    make_link(Invocation(acting(coordinator), clock.now()), school.id)
    return f"/ask/{link_of(school.id).code}"


def send(client, link, **values):
    return client.submit(link, {"wish": "group"} | values)


def one():
    return db.session.scalars(select(CircleRequest)).one()


def mails(kind):
    return list(db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def test_anybody_asks_without_an_account_and_it_is_no_incident(school, coordinator, link, client, client_as):
    page = client.page(link)
    assert all(words in page.text for words in ("911", "988", "No one watches this page.", "child-protection"))
    done = send(client, link, words=SECRET, contact="at lunch", asker="student", group="9|")
    assert done.status_code == 303
    assert "next school day" in client.page(done.location).text
    assert db.session.scalar(select(func.count()).select_from(Incident)) == 0
    assert [mail.recipient_id for mail in mails(ASKED)] == [coordinator.id]
    shown = client_as(coordinator)
    assert "A circle with my class or group" in shown.page("/circle-requests").text
    assert "1 request for a circle" in shown.page("/my-day").text
    assert SECRET in shown.page(f"/circle-requests/{one().id}").text


def test_no_word_of_it_is_in_the_audit_log_the_history_or_a_mail(school, coordinator, link, client):
    send(client, link, words=SECRET, contact="door 17")
    told = [str(row.changes) for row in db.session.scalars(select(AuditEntry))]
    told += [str(row.data) for row in db.session.scalars(select(TimelineEntry))]
    told += [str(compose(mail, clock.now())) for mail in mails(ASKED)]
    assert not [words for words in told if "blue door" in words or "door 17" in words]


def test_the_page_is_there_in_spanish_and_keeps_what_was_typed(school, link, client):
    form = {name: held[0] for name, held in client.form(link).values().items() if held}
    turned = client.post(link, data=form | {"words": "Hola", "switch_language": "es"})
    assert turned.status_code == 200 and 'lang="es"' in turned.text and "Hola" in turned.text
    assert db.session.scalar(select(func.count()).select_from(CircleRequest)) == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"wish": None}, "Choose what you would like."),
        ({"words": "x" * 201}, "Use at most 200 characters."),
        ({"contact": "x" * 121}, "Use at most 120 characters."),
        ({"words": "I fought with zenobia"}, "Leave out names."),
        ({"words": "It is about Zenobia Quill"}, "Leave out names."),
    ],
)
def test_what_cannot_be_sent_is_said_and_kept_on_the_page(school, link, client, values, words):
    StudentFactory(school=school, given_name="Zenobia", family_name="Quill")
    refused = send(client, link, **values)
    assert refused.status_code == 400 and words in refused.text
    assert all(value in refused.text for value in values.values() if value)
    assert db.session.scalar(select(func.count()).select_from(CircleRequest)) == 0


def test_words_that_are_names_elsewhere_are_sent(school, link, client):
    StudentFactory(school=school, given_name="May", family_name="An")
    StudentFactory(given_name="Zenobia")
    assert send(client, link, words="May any adult come? Zenobia may, too.").status_code == 303


@pytest.mark.parametrize("values", [{"not_safe": "y", "wish": None}, {"words": "Zenobia hits me " + "x" * 300}])
def test_danger_tells_the_team_at_once_whatever_else_is_wrong(school, coordinator, link, client, values):
    dean, head = make_user(Role.DEAN, school), make_user(Role.ADMINISTRATOR, school)
    StudentFactory(school=school, given_name="Zenobia")
    done = send(client, link, **values)
    assert done.status_code == 303
    thanks = client.page(done.location).text
    assert all(words in thanks for words in ("911", "988", "does not replace a phone call"))
    assert one().in_danger and "zenobia" not in one().words.lower()
    told = mails(DANGER)
    assert {mail.recipient_id for mail in told} == {coordinator.id, dean.id, head.id}
    assert all(mail.at_any_hour for mail in told)


def test_deans_see_danger_and_no_other_request(school, link, client, client_as):
    dean = client_as(make_user(Role.DEAN, school))
    send(client, link)
    quiet = one().id
    send(client, link, not_safe="y")
    loud = db.session.scalars(select(CircleRequest.id).where(CircleRequest.in_danger)).one()
    assert dean.get(f"/circle-requests/{quiet}").status_code == 404
    assert "It mentions danger" in dean.page(f"/circle-requests/{loud}").text
    assert "1 request for a circle mentions danger" in dean.page("/my-day").text


def test_a_flood_is_stopped_with_a_word_and_danger_still_comes_through(school, link, client, at):
    for _time in range(MOST_IN_AN_HOUR):
        assert send(client, link).status_code == 303
    over = send(client, link, words="I keep this")
    assert (
        over.status_code == 429
        and "too many requests" in over.text
        and "I keep this" in over.text
        and "988" in over.text
    )
    assert send(client, link, not_safe="y").status_code == 303
    at("2026-11-20 16:01")
    assert send(client, link).status_code == 303


def test_guessing_names_counts_as_sending(school, link, client):
    StudentFactory(school=school, given_name="Zenobia")
    for _time in range(MOST_IN_AN_HOUR):
        assert send(client, link, words="Zenobia").status_code == 400
    assert send(client, link, words="Zenobia").status_code == 429


def test_the_same_page_sent_twice_asks_once(school, link, client):
    data = {name: held[0] for name, held in client.form(link).values().items() if held} | {"wish": "talk"}
    assert [client.post(link, data=data).status_code for _time in range(2)] == [303, 303]
    assert one().wish == "talk"


def test_a_new_link_ends_the_old_one_which_looks_like_any_guess(school, coordinator, link, client, client_as):
    assert client_as(coordinator).submit("/circle-requests/link", {}).status_code == 303
    ended, guessed = client.get(link), client.get("/ask/abcd-abcd-abcd-abcd-abcd")
    assert (ended.status_code, guessed.status_code) == (404, 404)
    assert client.get(f"{link}/thanks").status_code == 404
    renewed = f"/ask/{link_of(school.id).code}"
    assert renewed != link and client.get(renewed).status_code == 200
    assert client.get(renewed.upper().replace("/ASK", "/ask").replace("-", "")).status_code == 200
    sheet = client_as(coordinator).page("/circle-requests/link/sheet")
    assert renewed in sheet.text and sheet.find_all("img")[0].get("src").startswith("data:image/svg+xml")


def test_nobody_prints_a_link_that_is_not_there(school, coordinator, client_as):
    client = client_as(coordinator)
    assert client.get("/circle-requests/link/sheet").status_code == 404
    assert "Make the link" in client.page("/circle-requests/link").text


@pytest.mark.parametrize("became", [Became.TALK, Became.ANSWER, Became.NOTHING])
def test_an_answer_erases_the_words_and_keeps_the_count(school, coordinator, link, client, client_as, became):
    send(client, link, words=SECRET, contact="door 17")
    page, staff = f"/circle-requests/{one().id}", client_as(coordinator)
    assert staff.submit(page, {}).status_code == 400
    assert staff.submit(page, {"became": became.value}).status_code == 303
    row = fresh(one())
    assert (row.became, row.words, row.contact) == (became, "", "")
    assert SECRET not in staff.page(page).text
    assert "No requests waiting." in staff.page("/circle-requests").text
    assert compose(mails(ASKED)[0], clock.now()) is None


def test_it_becomes_a_circle_in_the_log(school, coordinator, link, client, client_as):
    send(client, link, wish="family", words=SECRET)
    staff, page = client_as(coordinator), f"/circle-requests/{one().id}/circle"
    assert staff.submit(page, {"group": "9|", "students": "x"}).status_code == 400
    assert fresh(one()).words == SECRET
    assert staff.submit(page, {"group": "9|", "students": "1"}).status_code == 303
    entry, row = db.session.scalars(select(PracticeEntry)).one(), fresh(one())
    assert (entry.kind, row.practice_id, row.became, row.words) == ("family", entry.id, Became.CIRCLE, "")
    twice = staff.get(page)
    assert twice.status_code == 200
    assert staff.submit(page, {"students": "2"}).status_code == 400


def test_who_has_not_read_it_by_the_next_school_day_is_told_again(school, coordinator, link, client, client_as, at):
    send(client, link)
    [told] = mails(UNREAD)
    assert told.recipient_id == coordinator.id
    assert told.next_attempt_at.astimezone(clock.now().tzinfo) == at(f"2026-11-23 {school.first_bell:%H:%M}")
    assert compose(told, clock.now()) is not None
    client_as(coordinator).page(f"/circle-requests/{one().id}")
    assert compose(told, clock.now()) is None
