"""The daily grid: cell by cell and as one form, two people at once, what is taken back, and who sees which rows."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.cases.making import make_user
from tests.pathways.mentoring.making import TODAY, make_carded, make_mentored
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.mentoring.card import Cell, mark_cell, note_arrival, note_departure
from wss_cases.pathways.mentoring.day_grid import Place, changes_in, columns_of, name_of, place_in
from wss_cases.pathways.mentoring.plan.models import Came, DailyCard, DailyCardDay, Missed
from wss_cases.pathways.mentoring.plan.queries import session_on

PAGE = "/mentoring/today"


@pytest.fixture
def made(session, at):
    at("2026-11-24 10:42")
    return make_mentored()


def day_of(row):
    db.session.expire_all()
    statement = select(DailyCardDay).join(DailyCard, DailyCard.id == DailyCardDay.card_id)
    return db.session.scalar(statement.where(DailyCard.pathway_id == row.id, DailyCardDay.on_day == TODAY))


def call(actor, key=None):
    return Invocation(actor, clock.now(), key)


def cell(client, name, value, seen="", key="k1"):
    sent = {"csrf_token": client.csrf_token("/account"), "request_key": key}
    return client.post(f"{PAGE}/cell", data=sent | {"cell": name, "value": value, "seen": seen})


def test_each_tap_is_saved_and_says_when(made, client_as):
    row, client = make_carded(made), client_as(made.world.coordinator)
    text = client.get(PAGE).text
    assert " checked" not in text and made.world.students[0].shown_name in text  # nothing is prefilled
    assert cell(client, f"in-{row.id}", "in").json["saved_at"] == "10:42 am"
    answer = cell(client, f"c-{row.id}-1-0", "2", key="k2").json
    assert answer["total"] == "2 of 2 · 100%" and answer["reached"] is True
    assert cell(client, f"c-{row.id}-1-1", "0", key="k3").json["total"] == "2 of 4 · 50%"
    assert cell(client, f"out-{row.id}", "1", key="k4").json["value"] == "1"
    day = day_of(row)
    assert day.marks == {"Period 2": [2, 0]} and day.checked_out_at is not None
    assert session_on(row.id, TODAY).held
    assert client.get(PAGE).text.count(" checked") == 4


def test_one_tap_sent_twice_is_carried_out_once(made, client_as):
    row, coordinator = make_carded(made).id, made.world.coordinator.id
    client = client_as(made.world.coordinator)
    assert cell(client, f"c-{row}-0-0", "1", key="same").json["value"] == "1"
    mark_cell(call(made.actor), row, TODAY, Cell("Period 1", 0, None, 1))
    client = client_as(db.session.get_one(UserAccount, coordinator))
    assert cell(client, f"c-{row}-0-0", "1", key="same").json["value"] == ""
    marked = select(func.count()).where(AuditEntry.action == "daily_card_day.marked")
    assert db.session.scalar(marked) == 2


def test_two_people_never_overwrite_each_other(made, client_as):
    row, team, mentor = make_carded(made), made.actor, made.as_mentor
    mark_cell(call(team), row.id, TODAY, Cell("Period 1", 0, 2, None))
    mark_cell(call(mentor), row.id, TODAY, Cell("Period 1", 1, 1, None))
    mark_cell(call(mentor), row.id, TODAY, Cell("Lunch", 0, 0, None))
    assert day_of(row).marks == {"Period 1": [2, 1], "Lunch": [0, None]}
    client = client_as(made.world.coordinator)
    answer = cell(client, f"c-{row.id}-0-0", "0")
    assert answer.status_code == 409 and answer.json["value"] == "2" and "just marked" in answer.json["error"]
    mark_cell(call(team), row.id, TODAY, Cell("Period 1", 0, None, 2))
    assert day_of(row).marks["Period 1"] == [None, 1]


def test_what_was_said_of_the_morning_is_taken_back(made):
    row, team = make_carded(made), made.actor
    note_arrival(call(team), row.id, Came.ABSENT)
    assert session_on(row.id, TODAY).missed is Missed.STUDENT_ABSENT
    asked = db.session.scalar(select(FollowUp).where(FollowUp.kind == "mentoring_missed"))
    note_arrival(call(team), row.id, Came.HERE)
    note_departure(call(team), row.id, True)
    with pytest.raises(Refused, match="Take back the check-out first"):
        note_arrival(call(team), row.id, Came.ABSENT)
    note_departure(call(team), row.id, False)
    note_arrival(call(team), row.id, None)
    assert session_on(row.id, TODAY) is None and day_of(row).checked_in_at is None
    assert db.session.get_one(FollowUp, asked.id).state is FollowUpState.CANCELLED
    with pytest.raises(Refused, match="Check this student in first"):
        note_departure(call(team), row.id, True)


def test_without_a_script_it_is_one_form(made, client_as):
    one, other = make_carded(made), make_carded(made, {"given_name": "Zed"})
    client = client_as(made.world.coordinator)
    sent = {f"in-{one.id}": "in", f"in-{other.id}": "absent", f"c-{one.id}-0-1": "2", f"out-{one.id}": "1"}
    shown = {"csrf_token": client.csrf_token("/account"), "request_key": "whole"}
    assert client.post(PAGE, data=shown | sent | {"shown": ["", ""]}).status_code == 303
    assert day_of(one).marks == {"Period 1": [None, 2]} and day_of(one).checked_out_at is not None
    assert session_on(other.id, TODAY).missed is Missed.STUDENT_ABSENT
    stale = {"shown": [f"c-{one.id}-0-1=0"], f"c-{one.id}-0-1": "1"}
    refused = client.post(PAGE, data=shown | stale | {"request_key": "later"})
    assert refused.status_code == 400 and "Someone else just marked this" in refused.text
    assert day_of(one).marks == {"Period 1": [None, 2]}


def test_the_last_school_day_stands_beside(made, client_as):
    row = make_carded(made)
    card = db.session.scalar(select(DailyCard).where(DailyCard.pathway_id == row.id))
    given = {"Period 1": [2, 0], "Lunch": [1, None]}
    db.session.add(DailyCardDay(card_id=card.id, school_id=row.school_id, on_day=TODAY.replace(day=23), marks=given))
    db.session.commit()
    text = client_as(made.world.coordinator).page(PAGE).text
    assert "3 of 4" in text and "0 of 2" in text


def test_who_sees_which_rows(made, client_as):
    own = make_carded(made)
    others = make_carded(made, {"given_name": "Otto", "family_name": "Hidden"})
    mentor = client_as(made.user).get(PAGE).text
    assert mentor.count("data-student=") == 2 and "Hidden" not in mentor  # their own, by given names
    stranger = client_as(make_user(made.world.school, Role.REPORTER))
    assert "No student has a daily card now" in stranger.page(PAGE).text
    assert cell(stranger, f"in-{own.id}", "in").status_code == 404
    elsewhere = client_as(make_mentored().world.coordinator)
    assert cell(elsewhere, f"in-{others.id}", "in").status_code == 404
    bad = client_as(made.world.coordinator)
    for name, value, status in ((f"c-{own.id}-9-0", "1", 404), (f"c-{own.id}-0-0", "3", 400), ("x", "1", 400)):
        assert cell(bad, name, value).status_code == status, name


def test_cells_and_columns_pure():
    assert place_in("c-12-0-1") == Place("c", 12, 0, 1) and name_of(Place("out", 7)) == "out-7"
    assert [place_in(name) for name in ("c-1", "in-x", "in-1-2", "zz-1", "c-1-2-" + "9" * 30)] == [None] * 5
    changes = changes_in({"out-1": "1", "in-1": "in", "c-1-0-0": "2", "in-2": "why"}, ["in-1= c-1-0-1=1"])
    assert [one.name for one in changes] == ["in-1", "c-1-0-0", "c-1-0-1", "out-1"]
    assert columns_of(["B", "A"], [["A", "X"], ["B"]]) == ["B", "A", "X"]
