"""A session that was wrong is put right with a trace, and what people have on record goes with it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.base import fresh
from tests.training.conftest import NOW, TODAY, Scene
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import filled_from
from wss_cases.journal.models import AuditEntry
from wss_cases.training.records.models import TrainingRecord, TrainingSession, records_of
from wss_cases.training.records.pages import end_training, take_back, total_minutes
from wss_cases.training.sessions import BACK, SessionForm, TakeOffForm, add_session, change_session, sign_in, take_off

BIAS = {"topic": "bias", "held_on": TODAY, "hours": "2", "provider": "Peace Center"}
YESTERDAY = TODAY - timedelta(days=1)


def add(scene: Scene, **answers: Any) -> int:
    """Add a session of the school."""
    return add_session(scene.call(scene.head), scene.school.id, filled_from(SessionForm, None, BIAS | answers))


def held(scene: Scene, *people: Any, **answers: Any) -> int:
    """Add a session at which these people were."""
    number = add(scene, **answers)
    sign_in(scene.call(scene.head), number, people=[str(one.id) for one in people])
    return number


def change(scene: Scene, user: Any, number: int, **answers: Any) -> None:
    """Put a session right; what is not named stays as BIAS has it."""
    change_session(scene.call(user), number, **(BIAS | {"school": str(scene.school.id)} | answers))


def test_a_session_is_put_right_with_everything_on_record_and_says_what_it_was(scene: Scene, client_as: Any) -> None:
    number, client = held(scene, scene.teacher, scene.coordinator), client_as(scene.head)
    [gone] = db.session.scalars(select(TrainingRecord.id).where(TrainingRecord.user_id == scene.coordinator.id))
    take_back(scene.call(scene.head), gone, reason="Was not there")
    page = f"/training/sessions/{number}"
    right = {"topic": "circle_keeping", "held_on": YESTERDAY.isoformat(), "hours": "1.5", "provider": "Quiet River"}
    assert client.submit(f"{page}/change", right).status_code == 303
    row = db.session.scalars(select(TrainingRecord).where(TrainingRecord.user_id == scene.teacher.id)).one()
    assert (row.topic, row.completed_on, row.minutes, row.provider) == ("circle_keeping", YESTERDAY, 90, "Quiet River")
    kept = db.session.get_one(TrainingRecord, gone)
    assert (kept.topic, kept.completed_on) == ("bias", TODAY), "what was taken back stays as it was"
    shown = client.page(page).text
    assert "Before: Bias and equity, Tue, Nov 24, 2026, 2 hours" in shown and "Ada Stone" in shown
    assert "Corrected with its session" in client.page(f"/training/records/{row.id}").text
    changes = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "training.corrected")).one()
    assert changes["completed_on"] == [TODAY.isoformat(), YESTERDAY.isoformat()]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("held_on", {"held_on": TODAY + timedelta(days=1)}),
        ("held_on", {"held_on": date(2099, 1, 1)}),
        ("held_on", {"held_on": date(2019, 1, 1)}),
        ("topic", {"topic": "juggling"}),
        ("hours", {"hours": "0"}),
    ],
)
def test_what_no_session_was_is_refused_beside_its_field(scene: Scene, field: str, values: dict[str, Any]) -> None:
    number = held(scene, scene.teacher)
    with pytest.raises(Refused) as refused:
        change(scene, scene.head, number, **values)
    assert refused.value.field == field
    assert db.session.scalars(select(TrainingRecord.completed_on)).one() == TODAY


def test_a_session_in_2099_is_refused_beside_its_day_and_nothing_typed_is_lost(scene: Scene, client_as: Any) -> None:
    values = {"topic": "bias", "held_on": "2099-01-01", "hours": "2", "provider": "Peace Center"}
    answer = client_as(scene.head).submit("/training/sessions/new", values)
    assert answer.status_code == 400 and 'id="held_on-error"' in answer.text and "Peace Center" in answer.text
    assert db.session.scalars(select(TrainingSession)).all() == []


def test_a_day_after_the_last_on_which_a_training_counts_is_refused(scene: Scene) -> None:
    number = held(scene, scene.teacher, held_on=YESTERDAY)
    end_training(scene.call(scene.head), db.session.scalars(select(TrainingRecord.id)).one(), valid_until=YESTERDAY)
    with pytest.raises(Refused) as refused:
        change(scene, scene.head, number)
    assert refused.value.field == "held_on"


def test_a_session_of_long_ago_keeps_its_day_and_takes_other_hours(scene: Scene) -> None:
    long_ago = TODAY - BACK - timedelta(days=30)
    row = TrainingSession(school_id=scene.school.id, topic="bias", held_on=long_ago, minutes=60, made_at=NOW)
    db.session.add(row)
    db.session.commit()
    change(scene, scene.head, row.id, held_on=long_ago, hours="1.5")
    changed = fresh(row)
    assert (changed.held_on, changed.minutes) == (long_ago, 90)
    with pytest.raises(Refused) as refused:
        change(scene, scene.head, row.id, held_on=long_ago + timedelta(days=1))
    assert refused.value.field == "held_on"


def test_only_who_answers_for_the_school_puts_it_right_and_two_editors_lose_nothing(
    scene: Scene, client_as: Any
) -> None:
    number = held(scene, scene.teacher)
    for user in (scene.stranger, scene.teacher, scene.coordinator):
        with pytest.raises(NotFound):
            change(scene, user, number)
    page, client = f"/training/sessions/{number}/change", client_as(scene.head)
    seen = {"version": str(db.session.get_one(TrainingSession, number).version), "hours": "3"}
    assert client.submit(page, seen).status_code == 303
    assert client.submit(page, seen | {"hours": "4"}).status_code == 409
    assert fresh(db.session.get_one(TrainingSession, number)).minutes == 180


def test_who_was_not_there_is_taken_off_with_a_reason_and_both_histories_say_so(scene: Scene, client_as: Any) -> None:
    number, client = held(scene, scene.teacher, scene.coordinator, scene.head), client_as(scene.head)
    page = f"/training/sessions/{number}"
    both = {"people": [str(scene.teacher.id), str(scene.coordinator.id)]}
    refused = client.submit(f"{page}/take-off", both | {"reason": " "}, holding="people")
    assert refused.status_code == 400 and 'id="reason-error"' in refused.text
    none = client.submit(f"{page}/take-off", {"reason": "Left early"}, holding="people")
    assert none.status_code == 400 and "Choose who was not there" in none.text
    assert total_minutes(records_of([scene.teacher.id, scene.coordinator.id, scene.head.id])) == 360
    assert client.submit(f"{page}/take-off", both | {"reason": "Left early"}, holding="people").status_code == 303
    assert total_minutes(records_of([scene.teacher.id, scene.coordinator.id, scene.head.id])) == 120
    shown = client.page(page).text
    assert "Taken off the list: 2" in shown and "Tom Teacher" in shown, "Tom can be signed in again"
    assert "Left early" in client_as(scene.teacher).page("/training/mine").text
    left = db.session.scalars(select(TrainingRecord.id).where(TrainingRecord.user_id == scene.head.id)).one()
    take_back(scene.call(scene.head), left, reason="Was elsewhere")
    assert "Taken off the list: 1" in client.page(page).text


def test_only_who_is_signed_in_is_taken_off_by_who_answers_for_the_school(scene: Scene) -> None:
    number = held(scene, scene.teacher)
    answers = {"people": [str(scene.teacher.id)], "reason": "Left early"}
    for user in (scene.stranger, scene.teacher, scene.coordinator):
        with pytest.raises(NotFound):
            take_off(scene.call(user), number, **answers)
    with pytest.raises(Refused) as refused:
        take_off(scene.call(scene.head), number, **(answers | {"people": [str(scene.coordinator.id)]}))
    assert refused.value.field == "people"
    row = db.session.get_one(TrainingSession, number)
    form = filled_from(TakeOffForm, row, answers)
    take_off(scene.call(scene.head), number, **answers)
    with pytest.raises(Refused, match="no longer on the list"):
        take_off.carry_out(scene.call(scene.head), row, form)
    sign_in(scene.call(scene.head), number, people=[str(scene.teacher.id)])
    assert total_minutes(records_of([scene.teacher.id])) == 120


def test_a_session_entered_at_the_wrong_school_is_moved_by_the_district(scene: Scene, client_as: Any) -> None:
    number, district = held(scene, scene.teacher), client_as(scene.district)
    page = f"/training/sessions/{number}"
    asked = client_as(scene.head).page(f"{page}/change").find_all("select")
    assert "school" not in [field.get("name") for field in asked]
    taken = district.submit(f"{page}/change", {"school": str(scene.other.id)})
    assert taken.status_code == 400 and 'id="school-error"' in taken.text
    answers = {"people": [str(scene.teacher.id)], "reason": "The other school"}
    take_off(scene.call(scene.head), number, **answers)
    assert district.submit(f"{page}/change", {"school": str(scene.other.id)}).status_code == 303
    assert client_as(scene.head).get(page).status_code == 404
    assert "Training session moved. Before: Willow" in client_as(scene.stranger).page(page).text
    assert district.submit(f"{page}/change", {"school": ""}).status_code == 303
    assert client_as(scene.stranger).get(page).status_code == 404
    assert "For the whole district" in district.page(page).text
    with pytest.raises(NotFound):
        change(scene, scene.head, held(scene), school=str(scene.other.id))


def test_nothing_goes_on_record_of_who_has_left(scene: Scene, client_as: Any) -> None:
    number = add(scene)
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == scene.teacher.id)).one()
    grant.ends_on = date(2026, 6, 30)
    db.session.commit()
    for field, record in (
        ("user", lambda: scene.record(scene.teacher)),
        ("people", lambda: sign_in(scene.call(scene.head), number, people=[str(scene.teacher.id)])),
    ):
        with pytest.raises(Refused) as refused:
            record()
        assert refused.value.field == field
    values = {"user": str(scene.teacher.id), "topic": "bias", "completed_on": "2026-11-01"}
    answer = client_as(scene.head).submit("/training/records/new", values, holding="user")
    assert answer.status_code == 400 and 'id="user-error"' in answer.text
    assert db.session.scalars(select(TrainingRecord)).all() == []
