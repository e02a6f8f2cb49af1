"""A teacher's own period: initials and goals, one question a screen, and not for longer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.cases.making import actor_for, make_user
from tests.pathways.mentoring.making import TODAY, make_carded, make_mentored
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.pathways.mentoring.card import Cell, mark_cell, note_arrival
from wss_cases.pathways.mentoring.own_period import Question, initials_apart, mark_own, next_after
from wss_cases.pathways.mentoring.periods import PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import Came, DailyCard, DailyCardDay

SECRETS = ("mentor", "check-in", "Fight", "Willow", "Calm starts", "incident", "Diaz", "Marcus")


@pytest.fixture
def made(session, at):
    at("2026-11-24 09:00")
    return make_mentored()


@pytest.fixture
def teacher(made):
    return make_user(made.world.school, Role.REPORTER, name="Tess Teacher")


@pytest.fixture
def rows(made, client_as, teacher):
    """Two students with a card, taught in period 2 by the teacher, and the school's periods."""
    team = client_as(made.world.coordinator)
    periods = {"name0": "Period 1", "starts0": "08:00", "ends0": "08:50"}
    periods |= {"name1": "Period 2", "starts1": "09:00", "ends1": "09:50"}
    assert team.submit("/mentoring/periods", periods).status_code == 303
    planted = []
    for given, family in (("Marcus", "Diaz"), ("Maria", "Diaz")):
        row = make_carded(made, {"given_name": given, "family_name": family})
        address = f"/cases/{row.case_id}/pathways/{row.id}/teachers"
        assert team.submit(address, {"p1": str(teacher.id)}).status_code == 303
        planted.append(row)
    return planted


def marks_of(row):
    db.session.expire_all()
    statement = select(DailyCardDay.marks).join(DailyCard, DailyCard.id == DailyCardDay.card_id)
    return db.session.scalar(statement.where(DailyCard.pathway_id == row.id, DailyCardDay.on_day == TODAY))


def taught(row):
    return db.session.scalars(select(PeriodTeacher.id).where(PeriodTeacher.pathway_id == row.id)).one()


def answer(client, address, points):
    sent = {"csrf_token": client.csrf_token("/account"), "request_key": f"{address}{points}", "seen": ""}
    return client.post(address, data=sent | {"points": points})


def test_a_teacher_answers_one_question_a_screen(made, rows, teacher, client_as):
    client = client_as(teacher)
    assert "0 of 4 answered" in client.page("/period").text and "0 of 4 answered" in client.page("/my-day").text
    first = client.get(f"/period/{taught(rows[0])}").headers["Location"]
    asked = 0
    for points in "2102":
        page = client.get(first)
        main = page.text[page.text.index("<main") : page.text.index("</main")]
        assert not [word for word in SECRETS if word.casefold() in main.casefold()], first
        assert "Mar. D." in main and ("Kind words" in main or "Hands to myself" in main)
        done = answer(client, first, points)
        assert done.status_code == 303
        first, asked = done.headers["Location"], asked + 1
    assert asked == 4 and first.endswith("all=1") and "Everything is answered" in client.page(first).text
    assert [marks_of(row) for row in rows] in (
        [{"Period 2": [2, 1]}, {"Period 2": [0, 2]}],
        [{"Period 2": [0, 2]}, {"Period 2": [2, 1]}],
    )


def again(number):
    """An account read anew: a use case before has let go of every record."""
    return db.session.get_one(UserAccount, number)


def test_only_their_own_period_only_today(made, rows, teacher, client_as, at):
    number = teacher.id
    row, client = taught(rows[0]), client_as(teacher)
    other = client_as(make_user(made.world.school, Role.REPORTER))
    dean = client_as(make_user(made.world.school, Role.DEAN))
    for stranger in (other, dean, client_as(make_mentored().world.coordinator)):
        assert stranger.get(f"/period/{row}/0").status_code == 404
        assert "Nothing to answer today" in stranger.page("/period").text
    assert client.get(f"/cases/{rows[0].case_id}").status_code == 404
    assert client.get(f"/mentoring/{rows[0].id}/card").status_code == 404
    with pytest.raises(NotFound):
        mark_own(Invocation(made.actor, clock.now()), row, 0, 2, None)
    at("2026-11-24 08:59")
    client = client_as(again(number))
    assert client.get(f"/period/{row}/0").location == "/period" and "from 9:00" in client.page("/period").text
    with pytest.raises(Refused, match="not started"):
        mark_own(Invocation(actor_for(again(number)), clock.now()), row, 0, 2, None)
    at("2026-11-24 23:30")
    client = client_as(again(number))
    assert client.get(f"/period/{row}/0").status_code == 200
    at("2026-11-28 09:10")  # a Saturday
    client = client_as(again(number))
    assert client.get(f"/period/{row}/0").location == "/period"
    assert "notice-warning" in client.get("/period").text, "what was not saved does not look saved"
    with pytest.raises(Refused, match="no school"):
        mark_own(Invocation(actor_for(again(number)), clock.now()), row, 0, 2, None)


def test_absent_students_and_answers_of_others(made, rows, teacher, client_as):
    number, mentor, other = teacher.id, made.user.id, rows[1].id
    first = taught(rows[0])
    mark_cell(Invocation(made.actor, clock.now()), rows[0].id, TODAY, Cell("Period 2", 0, 1, None))
    client = client_as(again(number))
    refused = answer(client, f"/period/{first}/0", "2")
    assert refused.status_code == 400, refused.headers
    assert "Someone else just marked this" in refused.text
    note_arrival(Invocation(made.actor, clock.now()), other, Came.ABSENT)
    client = client_as(again(number))
    assert "1 of 2 answered" in client.page("/period").text
    card = client_as(again(mentor)).page(f"/mentoring/{other}/card")
    assert "Absent" in card.text and "No days are recorded yet." in card.text
    absent = db.session.scalars(select(PeriodTeacher.id).where(PeriodTeacher.pathway_id == other)).one()
    assert client.get(f"/period/{absent}/0").location == "/period"


def test_what_is_wrong_with_a_period_is_said_at_its_field(made, client_as):
    team = client_as(made.world.coordinator)
    sent = {"name0": "First", "starts0": "09:00", "ends0": "08:00"}
    sent |= {"name1": "First", "starts1": "09:00", "ends1": "10:00"}
    refused = team.submit("/mentoring/periods", sent)
    assert refused.status_code == 400
    for field, words in (("ends0", "First ends before it starts."), ("name1", "Two periods have the same name.")):
        assert f'href="#{field}">{words}' in refused.text


def test_initials_and_the_next_question_pure():
    class Who:
        preferred_given_name = preferred_family_name = ""

        def __init__(self, number, given, family):
            self.id, self.given_name, self.family_name, self.student_number = number, given, family, f"1234{number}"

    three = [Who(1, "Ana", "Ruiz"), Who(2, "Abel", "Ruiz"), Who(3, "Bo", "")]
    assert initials_apart(three) == {1: "Ana. R.", 2: "Abe. R.", 3: "B."}
    assert len(set(initials_apart([Who(1, "Ana", "Ruiz"), Who(2, "Anabel", "Ruiz")]).values())) == 2
    one, two, three = (Question(number, "A.", 0, "x", points) for number, points in ((1, None), (2, 2), (3, None)))
    assert next_after([one, two, three], None) == one and next_after([one, two, three], (1, 0)) == three
    assert next_after([one, two, three], (3, 0)) == one and next_after([two], (2, 0)) is None
