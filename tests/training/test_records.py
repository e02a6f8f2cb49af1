"""Trainings on record: who puts them there, what is refused, until when they count, and what is taken back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.base import fresh
from tests.training.conftest import NOW, TODAY, Scene
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.queries import history
from wss_cases.journal.timeline import sentence
from wss_cases.training.records.models import TrainingRecord, counts_on
from wss_cases.training.records.pages import end_training, hours_words, in_force, minutes_in, take_back


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("completed_on", {"on": TODAY + timedelta(days=1)}),
        ("valid_until", {"valid_until": date(2026, 8, 31)}),
        ("topic", {"topic": "juggling"}),
        ("hours", {"hours": "-0.5"}),
        ("hours", {"hours": "200.02"}),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(scene: Scene, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        scene.record(scene.teacher, **values)
    assert refused.value.field == field
    assert db.session.scalars(select(TrainingRecord)).all() == []


def test_who_works_elsewhere_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused) as refused:
        scene.record(scene.stranger)
    assert refused.value.field == "user"


def test_what_was_taken_back_stays_with_its_reason_and_counts_no_more(scene: Scene) -> None:
    number = scene.record(scene.teacher)
    with pytest.raises(Refused):
        take_back(scene.call(scene.head), number, reason="  ")
    take_back(scene.call(scene.head), number, reason="The wrong Tom")
    row = fresh(db.session.get(TrainingRecord, number))
    assert (row.taken_back_reason, row.taken_back_by_id) == ("The wrong Tom", scene.head.id)
    assert not in_force(row, TODAY)
    assert db.session.scalars(select(TrainingRecord.id).where(counts_on(TODAY))).all() == []
    with pytest.raises(Refused):
        take_back(scene.call(scene.head), number, reason="Again")
    with pytest.raises(Refused):
        end_training(scene.call(scene.head), number, valid_until=TODAY)
    said = [sentence(one) for one in history("training_record", number)]
    assert said == ["Training taken back: De-escalation", "Training recorded: De-escalation"]
    acts = db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "training_record")).all()
    assert sorted(acts) == ["training.recorded", "training.taken_back"]


@pytest.mark.parametrize(
    ("completed", "until", "taken_back", "counts"),
    [
        (0, None, False, True),
        (1, None, False, False),
        (-9, 0, False, True),
        (-9, -1, False, False),
        (0, None, True, False),
    ],
)
def test_the_filter_and_the_rule_say_the_same(
    scene: Scene, completed: int, until: int | None, taken_back: bool, counts: bool
) -> None:
    until_on = None if until is None else TODAY + timedelta(days=until)
    row = TrainingRecord(
        school_id=scene.school.id, user_id=scene.teacher.id, topic="mentoring", recorded_at=NOW,
        completed_on=TODAY + timedelta(days=completed), valid_until=until_on,
        taken_back_at=NOW if taken_back else None, taken_back_reason="Wrong" if taken_back else "",
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    assert in_force(row, TODAY) is counts
    assert (db.session.scalars(select(TrainingRecord.id).where(counts_on(TODAY))).all() == [row.id]) is counts


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_until": date(2026, 1, 1)}, {"minutes": 0}, {"taken_back_at": NOW}, {"taken_back_reason": "Wrong"},
        {"topic": "juggling"},
    ],
)  # fmt: skip
def test_the_database_refuses_what_no_page_writes(scene: Scene, wrong: dict[str, Any]) -> None:
    values = {"topic": "mentoring", "completed_on": TODAY, "recorded_at": NOW} | wrong
    db.session.add(TrainingRecord(school_id=scene.school.id, user_id=scene.teacher.id, **values))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_hours_are_read_as_people_write_them() -> None:
    assert [minutes_in(typed) for typed in ("1.5", "1,5", "2", " 0.25 ", "200")] == [90, 90, 120, 15, 12000]
    for bad in ("", "-1", "0", "two", "1.5.5", "201", "1e3", "٣", "999999999"):
        with pytest.raises(ValueError, match=f"^{re.escape(bad)}$"):
            minutes_in(bad)
    assert [hours_words(one) for one in (90, 120, 15, 600, None)] == ["1.5", "2", "0.25", "10", ""]
