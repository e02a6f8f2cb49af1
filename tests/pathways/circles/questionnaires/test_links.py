"""A one-time link from the outside: used once, over, taken back, guessed; nothing of it is told to anybody."""

import logging

import pytest
from sqlalchemy import func, select

from tests.cases.making import NOW, actor_for, make_user, make_world
from tests.factories.base import fresh
from tests.support.depth import examples
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.pathways.circles.questionnaires import actions
from wss_cases.pathways.circles.questionnaires.models import Occasion, Questionnaire, QuestionnaireGuess
from wss_cases.pathways.circles.questionnaires.pages import open_link, revoke
from wss_cases.pathways.circles.questionnaires.queries import GUESSES_OVER_ALL, GUESSES_PER_ADDRESS

AFTER = Occasion.AFTER_MEETING
SECRET = "Only the keeper may know about the blue door"
THROTTLED_GUESSES = examples(800, 10_000)


def link(world, circle, who=1, language=""):
    """Make the link of one person; return its address and its row's id."""
    key = f"party-{world.people[who].id}"
    (made,) = actions.make_links(world.actor, circle.id, AFTER, [key], language, NOW)
    return f"/q/{made.code}", made.questionnaire_id


def answer(client, address, **values):
    return client.submit(address, {"q_safer": "4", "said": SECRET} | values)


def test_a_link_is_answered_once_without_an_account(world, circle, client):
    address, row_id = link(world, circle)
    done = answer(client, address)
    assert (done.status_code, done.location) == (303, "/q/thanks?language=en")
    assert "Thank you" in client.page(done.location).text
    row = fresh(db.session.get(Questionnaire, row_id))
    assert [(one.question, one.value) for one in row.answers] == [("safer", 4)]
    assert b"blue door" not in (row.sealed_text or b"")
    over = client.get(address)
    assert over.status_code == 410
    assert "already been used" in over.text
    assert client.post(address, data={"csrf_token": "x"}).status_code == 400


def test_a_second_answer_changes_nothing(world, circle, client, app):
    address, row_id = link(world, circle)
    form = client.form(address)
    data = [(name, value) for name, held in form.values().items() for value in held] + [("q_safer", "5")]
    assert client.post(address, data=dict(data)).status_code == 303
    again = client.post(address, data=dict(data) | {"q_safer": "1"})
    assert again.status_code == 410
    row = fresh(db.session.get(Questionnaire, row_id))
    assert [one.value for one in row.answers] == [5]


def test_nothing_answered_and_nonsense_are_said_beside_the_kept_words(world, circle, client):
    address, row_id = link(world, circle)
    empty = client.submit(address)
    assert empty.status_code == 400
    assert "Answer at least one question" in empty.text
    form = client.form(address)
    data = {name: held[0] for name, held in form.values().items() if held}
    wrong = client.post(address, data=data | {"q_safer": "99", "said": "I keep this"})
    assert wrong.status_code == 400
    assert "I keep this" in wrong.text
    too_long = client.post(address, data=data | {"said": "x" * 5000})
    assert too_long.status_code == 400
    assert "x" * 5000 in too_long.text
    assert fresh(db.session.get(Questionnaire, row_id)).answered_at is None


def test_the_language_changes_on_the_page_and_keeps_the_answers(world, circle, client):
    address, _row = link(world, circle)
    page = client.page(address)
    assert "Do you feel safer now than before?" in page.text
    form = client.form(address)
    data = {name: held[0] for name, held in form.values().items() if held}
    turned = client.post(address, data=data | {"q_safer": "4", "said": "Sí", "switch_language": "es"})
    assert turned.status_code == 200
    assert "¿Te sientes ahora más a salvo que antes?" in turned.text
    assert 'value="4" checked' in turned.text or 'checked value="4"' in turned.text
    assert "Sí</textarea>" in turned.text
    assert 'lang="es"' in turned.text
    spanish, _row = link(world, circle, who=0, language="es")
    assert "¿Te escucharon?" in client.page(spanish).text
    assert client.get(f"{address}?language=zz").status_code == 200


def test_expired_revoked_and_unknown_are_said_plainly(world, circle, client, at):
    address, row_id = link(world, circle)
    revoke(Invocation(world.actor, NOW), row_id)
    forwarded = client.get(address)
    assert (forwarded.status_code, "This link was withdrawn" in forwarded.text) == (410, True)
    late, _row = link(world, circle, who=0)
    at("2026-12-08 10:01")
    ran_out = client.get(late)
    assert (ran_out.status_code, "This link has expired" in ran_out.text) == (410, True)
    unknown = client.get("/q/abcd-abcd-abcd-abcd-abcd")
    assert (unknown.status_code, "This link does not exist" in unknown.text) == (404, True)


def test_a_new_link_ends_the_old_one_and_a_typed_one_forgives(world, circle, client):
    address, row_id = link(world, circle)
    new = actions.renew(world.actor, row_id, NOW)
    assert client.get(address).status_code == 404
    assert client.get(f"/q/{new.code.upper().replace('-', '')}").status_code == 200


def names_of(world):
    parts = [world.school.name, world.school.code, world.case.reference, world.coordinator.name]
    for student in world.students:
        parts += [student.given_name, student.family_name, student.student_number]
    return [part for part in parts if part]


def test_no_page_of_a_link_tells_who_where_or_which_case(world, circle, client, client_as, caplog):
    caplog.set_level(logging.DEBUG)
    address, _row = link(world, circle)
    seen = [client.get(address), client_as(world.coordinator).get(address), client.submit(address)]
    seen.append(answer(client, address))
    seen += [client.get(address), client.get("/q/nothing"), client.get("/q/thanks")]
    second, second_id = link(world, circle, who=0)
    revoke(Invocation(world.actor, NOW), second_id)
    seen.append(client.get(second))
    for response in seen:
        told = f"{response.headers}{response.text}"
        assert not [part for part in names_of(world) if part in told], response.request.path
        assert address.removeprefix("/q/") not in str(response.headers)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    written = caplog.text
    assert address not in written
    assert SECRET not in written


def test_what_was_written_stands_nowhere_in_clear(world, circle, client):
    address, _row = link(world, circle)
    answer(client, address)
    code = address.removeprefix("/q/")
    for model in (AuditEntry, TimelineEntry, OutboxMessage, Questionnaire):
        for row in db.session.scalars(select(model)):
            told = str({key: value for key, value in vars(row).items() if not key.startswith("_")})
            assert SECRET not in told
            assert code not in told


def test_ten_thousand_guesses_are_throttled_and_honest_people_are_not(world, circle, client):
    address, _row = link(world, circle)
    statuses = [client.get(f"/q/guess-{number}").status_code for number in range(GUESSES_PER_ADDRESS + 5)]
    assert statuses == [404] * GUESSES_PER_ADDRESS + [429] * 5
    waiting = client.get("/q/guess-again")
    assert waiting.headers["Retry-After"] == "900"
    assert "Too many wrong links" in waiting.text
    assert answer(client, address).status_code == 303


def test_ten_thousand_guesses_write_little(world, circle):
    from_everywhere = [
        actions_answer_open(f"guess{number}", f"10.0.{number // 250}.{number % 250}")
        for number in range(THROTTLED_GUESSES)
    ]
    assert from_everywhere.count(False) == GUESSES_OVER_ALL
    assert from_everywhere.count(True) == THROTTLED_GUESSES - GUESSES_OVER_ALL
    assert db.session.scalar(select(func.count()).select_from(QuestionnaireGuess)) == GUESSES_OVER_ALL


def actions_answer_open(code, address):
    """Open a link from an address; whether one has to wait."""
    opened = open_link(code, address, NOW)
    assert opened.row is None
    return opened.wait


def test_the_throttle_forgets_after_its_window(world, circle, client, at):
    for number in range(GUESSES_PER_ADDRESS + 1):
        client.get(f"/q/guess-{number}")
    at("2026-11-24 10:16")
    assert client.get("/q/guess-again").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(QuestionnaireGuess)) == 1


def test_guesses_shut_nobody_out_of_signing_in(world, circle, client):
    for number in range(GUESSES_PER_ADDRESS + 60):
        client.get(f"/q/guess-{number}")
    assert client.submit("/sign-in", {"email": "a@b.example", "password": "x"}).status_code == 400


def test_a_device_is_handed_over_signed_out(world, circle, client_as):
    _address, row_id = link(world, circle)
    client = client_as(world.coordinator)
    base = f"/cases/{world.case.id}/pathways/{circle.id}/questionnaires"
    handed = client.submit(base, action=f"/{row_id}/here")
    assert handed.status_code == 303
    assert handed.location.startswith("/q/")
    assert "A few questions" in client.page(handed.location).text
    assert "/sign-in" in client.get(base).location
    assert "/sign-in" in client.get(f"/cases/{world.case.id}").location


def test_who_was_asked_on_every_occasion_that_has_come_is_not_offered_again(world, circle, client_as):
    client = client_as(world.coordinator)
    base = f"/cases/{world.case.id}/pathways/{circle.id}/questionnaires"
    link(world, circle)
    boxes = client.page(f"{base}/new").find_all("input")
    left = [str(box.get("value")) for box in boxes if box.get("name") == "people"]
    assert f"party-{world.people[0].id}" in left and f"party-{world.people[1].id}" not in left
    actions.make_links(world.actor, circle.id, AFTER, left, "", NOW)
    page = client.page(base)
    assert "Everyone who came has a link." in page.text and "Make links" not in page.text


def test_only_the_team_makes_links(world, circle):
    stranger = actor_for(make_user(make_world().school))
    with pytest.raises(NotFound):
        actions.make_links(stranger, circle.id, AFTER, [f"party-{world.people[0].id}"], "", NOW)
