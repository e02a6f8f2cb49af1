"""A session that was wrong is put right with a trace, and what people have on record goes with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.training.conftest import NOW, TODAY, Scene
from wss_cases.access.actor import Actor, Role
from wss_cases.access.invocation import Invocation
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.training.records.pages import end_training, take_back
from wss_cases.training.records.queries import TrainingGuess, TrainingRecord, TrainingSession
from wss_cases.training.sessions.actions import Planned, add_session, change_session, sign_in, sign_in_by_code
from wss_cases.training.sessions.messages import BACK, GUESSES

BIAS = Planned("bias", TODAY, 120, "Peace Center")
YESTERDAY = TODAY - timedelta(days=1)


def held(scene: Scene, *people: Any) -> int:
    """Add a session at which these people were."""
    number = add_session(scene.call(scene.head), scene.school.id, BIAS)
    sign_in(scene.call(scene.head), number, scene.school.id, [one.id for one in people])
    return number


def test_a_session_is_put_right_with_everything_on_record_and_says_what_it_was(scene: Scene, client_as: Any) -> None:
    number, client = held(scene, scene.teacher, scene.coordinator), client_as(scene.head)
    [gone] = db.session.scalars(select(TrainingRecord.id).where(TrainingRecord.user_id == scene.coordinator.id))
    take_back(scene.call(scene.head), gone, "Was not there")
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
        ("hours", {"minutes": 0}),
    ],
)
def test_what_no_session_was_is_refused_beside_its_field(scene: Scene, field: str, values: dict[str, Any]) -> None:
    number = held(scene, scene.teacher)
    with pytest.raises(Refused) as refused:
        change_session(scene.call(scene.head), number, Planned(**(vars(BIAS) | values)))
    assert refused.value.field == field
    assert db.session.scalars(select(TrainingRecord.completed_on)).one() == TODAY


def test_a_session_in_2099_is_refused_beside_its_day_and_nothing_typed_is_lost(scene: Scene, client_as: Any) -> None:
    with pytest.raises(Refused) as refused:
        add_session(scene.call(scene.head), scene.school.id, Planned("bias", date(2099, 1, 1), 60))
    assert refused.value.field == "held_on"
    values = {"topic": "bias", "held_on": "2099-01-01", "hours": "2", "provider": "Peace Center"}
    answer = client_as(scene.head).submit("/training/sessions/new", values)
    assert answer.status_code == 400 and 'id="held_on-error"' in answer.text and "Peace Center" in answer.text
    assert db.session.scalars(select(TrainingSession)).all() == []


def test_a_day_after_the_last_on_which_a_training_counts_is_refused(scene: Scene) -> None:
    number = add_session(scene.call(scene.head), scene.school.id, Planned("bias", YESTERDAY, 60))
    sign_in(scene.call(scene.head), number, scene.school.id, [scene.teacher.id])
    end_training(scene.call(scene.head), db.session.scalars(select(TrainingRecord.id)).one(), YESTERDAY)
    with pytest.raises(Refused) as refused:
        change_session(scene.call(scene.head), number, BIAS)
    assert refused.value.field == "held_on"


def test_a_session_of_long_ago_keeps_its_day_and_takes_other_hours(scene: Scene) -> None:
    long_ago = TODAY - BACK - timedelta(days=30)
    row = TrainingSession(school_id=scene.school.id, topic="bias", held_on=long_ago, minutes=60, made_at=NOW)
    db.session.add(row)
    db.session.commit()
    change_session(scene.call(scene.head), row.id, Planned("bias", long_ago, 90))
    changed = fresh(row)
    assert (changed.held_on, changed.minutes) == (long_ago, 90)
    with pytest.raises(Refused) as refused:
        change_session(scene.call(scene.head), row.id, Planned("bias", long_ago + timedelta(days=1), 90))
    assert refused.value.field == "held_on"


def test_only_who_answers_for_the_school_puts_it_right_and_two_editors_lose_nothing(
    scene: Scene, client_as: Any
) -> None:
    number = held(scene, scene.teacher)
    for user in (scene.stranger, scene.teacher, scene.coordinator):
        with pytest.raises(NotFound):
            change_session(scene.call(user), number, BIAS)
    page, client = f"/training/sessions/{number}/change", client_as(scene.head)
    seen = {"version": str(db.session.get_one(TrainingSession, number).version), "hours": "3"}
    assert client.submit(page, seen).status_code == 303
    assert client.submit(page, seen | {"hours": "4"}).status_code == 409
    assert fresh(db.session.get_one(TrainingSession, number)).minutes == 180


def test_nothing_goes_on_record_of_who_has_left(scene: Scene, client_as: Any) -> None:
    number = add_session(scene.call(scene.head), scene.school.id, BIAS)
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == scene.teacher.id)).one()
    grant.ends_on = date(2026, 6, 30)
    db.session.commit()
    for field, record in (
        ("user", lambda: scene.record(scene.teacher)),
        ("people", lambda: sign_in(scene.call(scene.head), number, scene.school.id, [scene.teacher.id])),
    ):
        with pytest.raises(Refused) as refused:
            record()
        assert refused.value.field == field
    values = {"user": str(scene.teacher.id), "topic": "bias", "completed_on": "2026-11-01"}
    answer = client_as(scene.head).submit("/training/records/new", values, holding="user")
    assert answer.status_code == 400 and 'id="user-error"' in answer.text
    assert db.session.scalars(select(TrainingRecord)).all() == []


@pytest.mark.both_databases
def test_guesses_at_once_are_counted_one_by_one(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    at_once = GUESSES + 4
    start = Barrier(at_once)

    def guess(actor: Actor) -> str:
        with app.app_context():
            start.wait(timeout=120)
            try:
                sign_in_by_code(Invocation(actor, NOW), "AAAAAA")
            except Refused as refused:
                return refused.message
            return ""

    with app.app_context():
        teacher = make_user(Role.REPORTER, SchoolFactory())
        db.session.commit()
        actor = acting(teacher)
    with ThreadPoolExecutor(at_once) as pool:
        said = [one.result(timeout=120) for one in [pool.submit(guess, actor) for _number in range(at_once)]]
    with app.app_context():
        assert sum("No training today" in words for words in said) == GUESSES, said
        assert db.session.scalar(select(func.count(TrainingGuess.id))) == GUESSES
