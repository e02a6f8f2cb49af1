"""A teacher's own period and a substitute's code: initials and goals, one question a screen, and not for longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.cases.making import actor_for, make_user
from tests.factories.cases import CaseParticipantFactory
from tests.factories.mentoring import DailyCardFactory
from tests.factories.roster import StudentFactory
from tests.pathways.mentoring.making import TODAY, make_matched, make_mentored
from wss_cases.access.actor import Role
from wss_cases.access.invocation import Invocation
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import Kind
from wss_cases.pathways.mentoring.cells.actions import Cell, mark_cell, note_arrival
from wss_cases.pathways.mentoring.own_period.actions import mark_own
from wss_cases.pathways.mentoring.own_period.rules import Question, initials_apart, next_after
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay
from wss_cases.pathways.mentoring.plan.states import Cadence, Came
from wss_cases.pathways.mentoring.substitutes import rules
from wss_cases.pathways.mentoring.substitutes.actions import Answer, mark_with_code
from wss_cases.pathways.mentoring.substitutes.models import PeriodCode, PeriodGuess

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
        student = StudentFactory(school=made.world.school, given_name=given, family_name=family)
        person = CaseParticipantFactory(case_id=made.world.case.id, student_id=student.id, role=PersonRole.WITNESS)
        row = make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY)
        row.participant_id = person.id
        DailyCardFactory(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id)
        db.session.commit()
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


def make_code(made, client_as, teacher, day="2026-11-24", period="Period 2"):
    team = client_as(made.world.coordinator)
    slip = team.submit("/mentoring/codes", {"period": f"{teacher.id}|{period}", "on_day": day})
    assert slip.status_code == 200, slip.text
    start = slip.text.index('class="big-code"><strong>') + len('class="big-code"><strong>')
    return slip.text[start : slip.text.index("</strong>", start)]


def test_a_substitute_marks_by_a_code_until_the_period_ends(made, rows, teacher, client, client_as, at):
    letters = make_code(made, client_as, teacher)
    assert letters not in "".join(db.session.scalars(select(PeriodCode.digest)))
    assert (
        client.post(
            "/substitute", data={"csrf_token": client.csrf_token("/substitute"), "code": letters.upper()}
        ).status_code
        == 303
    )
    address = client.get(f"/substitute/{letters}").headers["Location"]
    page = client.get(address).text
    spanish = {"locale": "es", "next": address, "csrf_token": client.csrf_token(address)}
    assert client.post("/language", data=spanish).headers["Location"] == address
    assert '<html lang="es"' in client.get(address).text
    client.post("/language", data=spanish | {"locale": "en"})
    assert f'name="next" value="{address}"' in page
    assert "Mar. D." in page and not [word for word in SECRETS if word.casefold() in page.casefold()]
    sent = {"csrf_token": client.csrf_token(address), "points": "2", "seen": ""}
    assert client.post(address, data=sent).status_code == 303
    assert sum(marks_of(row) == {"Period 2": [2, None]} for row in rows) == 1
    by = select(AuditEntry.actor_id).where(AuditEntry.action == "period_code.marked")
    assert db.session.scalars(by).all() == [None]
    at("2026-11-24 09:50")
    over, guessed = client.get(f"/substitute/{letters}"), client.get("/substitute/aaaa-bbbb-cccc")
    assert (
        over.status_code == guessed.status_code == 404 and over.text.split("<main")[1] == guessed.text.split("<main")[1]
    )
    assert 'href="/substitute"' in guessed.text, "whoever typed it wrong can type it again"
    assert 'name="next" value="/substitute"' in guessed.text, "the other language is no second guess"
    assert client.post(address, data=sent).status_code == 404


def test_early_revoked_flooded_guessed(made, rows, teacher, client, client_as, at, monkeypatch):
    at("2026-11-24 08:30")
    letters = make_code(made, client_as, teacher)
    assert "from 9:00" in client.page(f"/substitute/{letters}").text
    assert client.get(f"/substitute/{letters}/1").status_code == 404
    at("2026-11-24 09:10")
    db.session.execute(update(PeriodCode).values(marked=rules.MOST_IN_AN_HOUR, hour_began=clock.now()))
    db.session.commit()
    sent = {"csrf_token": client.csrf_token(f"/substitute/{letters}/1"), "points": "2", "seen": ""}
    flooded = client.post(f"/substitute/{letters}/1", data=sent)
    assert (
        flooded.status_code == 429
        and "too often this hour" in flooded.text
        and flooded.headers["Retry-After"] == "3600"
    )
    assert marks_of(rows[0]) is None and marks_of(rows[1]) is None
    code = db.session.scalars(select(PeriodCode)).one()
    team = client_as(made.world.coordinator)
    stranger = client_as(make_mentored().world.coordinator)
    posted = {"csrf_token": stranger.csrf_token("/account")}
    assert stranger.post(f"/mentoring/codes/{code.id}/revoke", data=posted).status_code == 404
    assert (
        team.post(f"/mentoring/codes/{code.id}/revoke", data={"csrf_token": team.csrf_token("/account")}).status_code
        == 303
    )
    assert client.get(f"/substitute/{letters}").status_code == 404
    db.session.add_all(PeriodGuess(address="127.0.0.1", at=clock.now()) for _one in range(rules.GUESSES_PER_ADDRESS))
    db.session.commit()
    wait = client.get("/substitute/aaaa-bbbb-cccc")
    assert wait.status_code == 429 and "Too many wrong codes" in wait.text
    fresh = make_code(made, client_as, teacher)
    assert client.get(f"/substitute/{fresh}").status_code == 303  # a right one always opens


def test_a_code_opens_no_other_period_teacher_or_day(made, rows, teacher, client, client_as, at):
    letters, number = make_code(made, client_as, teacher), teacher.id
    mine, first = taught(rows[0]), rows[0].id
    colleague = make_user(made.world.school, Role.REPORTER).id
    for change in ({"user_id": colleague}, {"period": "Period 1"}):
        db.session.execute(update(PeriodTeacher).where(PeriodTeacher.id == mine).values(**change))
        db.session.commit()
        code = db.session.scalars(select(PeriodCode)).one()
        with pytest.raises(NotFound):
            mark_with_code(code.id, Answer(mine, 0, 2, None), clock.now())
        db.session.execute(
            update(PeriodTeacher).where(PeriodTeacher.id == mine).values(user_id=number, period="Period 2")
        )
        db.session.commit()
    db.session.execute(update(PeriodCode).values(on_day=TODAY + timedelta(days=1), ends_at=clock.now() + timedelta(1)))
    db.session.commit()
    assert client.get(f"/substitute/{letters}").status_code == 404, "a code of another day is no code"
    assert marks_of(db.session.get_one(Pathway, first)) is None


def test_codes_that_cannot_be_made(made, rows, teacher, client_as):
    team = client_as(made.world.coordinator)
    tries = (
        ({"period": f"{teacher.id}|Lunch", "on_day": "2026-11-24"}, "Not a valid choice"),
        ({"period": f"{teacher.id}|Period 2", "on_day": "2026-11-28"}, "school day within the next two weeks"),
        ({"period": f"{teacher.id}|Period 2", "on_day": "2026-12-15"}, "school day within the next two weeks"),
        ({"period": "", "on_day": "2026-11-24"}, "Choose the period"),
    )
    for values, words in tries:
        refused = team.submit("/mentoring/codes", values)
        assert refused.status_code == 400 and words in refused.text, values
    assert db.session.scalar(select(func.count()).select_from(PeriodCode)) == 0


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
