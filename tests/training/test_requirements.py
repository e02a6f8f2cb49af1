"""Requirements: two shapes, when somebody is due again, minimums of schools, and one answer for school and district."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.training.conftest import NOW, TODAY, Scene
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.records.pages import take_back
from wss_cases.training.requirements.models import (
    Shape,
    Standing,
    TrainingRequirement,
    minimums_at,
    months_after,
    standing_of,
    standings_at,
    standings_of_schools,
)
from wss_cases.training.requirements.pages import add_requirement, end_requirement


def on_record(completed_on: date, valid_until: date | None = None, taken_back: bool = False) -> Any:
    return SimpleNamespace(
        completed_on=completed_on, valid_until=valid_until, taken_back_at=NOW if taken_back else None
    )


def test_the_same_day_some_months_later_is_a_day_there_is() -> None:
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_after(date(2026, 11, 24), 14) == date(2028, 1, 24)


@pytest.mark.parametrize(
    ("trainings", "standing", "due"),
    [
        ([], Standing.NONE, None),
        ([on_record(date(2026, 9, 1), taken_back=True)], Standing.NONE, None),
        ([on_record(TODAY + timedelta(days=1))], Standing.NONE, None),
        ([on_record(date(2025, 11, 23))], Standing.OVERDUE, date(2026, 11, 23)),
        ([on_record(date(2025, 11, 24))], Standing.DUE, TODAY),
        ([on_record(date(2026, 1, 23))], Standing.DUE, date(2027, 1, 23)),
        ([on_record(date(2026, 1, 24))], Standing.VALID, date(2027, 1, 24)),
        ([on_record(date(2026, 9, 1), date(2026, 10, 1))], Standing.OVERDUE, date(2026, 10, 1)),
        ([on_record(date(2020, 9, 1)), on_record(date(2026, 9, 1))], Standing.VALID, date(2027, 9, 1)),
    ],
)
def test_how_somebody_stands(trainings: list[Any], standing: Standing, due: date | None) -> None:
    assert standing_of(trainings, 12, TODAY) == (standing, due)


def test_who_has_none_and_who_is_due(scene: Scene) -> None:
    scene.require_people()
    scene.require_people(Role.COORDINATOR)
    scene.record(scene.teacher, on=date(2025, 12, 10))
    rows = {one.name: (one.standing, one.due_on) for one in standings_at(scene.school.id, TODAY)}
    assert rows == {
        "Tom Teacher": (Standing.DUE, date(2026, 12, 10)), "Cora Coordinator": (Standing.NONE, None),
    }  # fmt: skip


def test_a_minimum_counts_people_who_work_there_and_whose_training_counts(scene: Scene) -> None:
    scene.require_minimum(2)
    first = scene.record(scene.coordinator, "circle_keeping")
    scene.record(scene.coordinator, "circle_keeping", date(2026, 10, 1))
    scene.record(scene.teacher, "circle_keeping", valid_until=TODAY - timedelta(days=1))
    [minimum] = minimums_at(scene.school.id, TODAY)
    assert (minimum.trained, minimum.met) == (1, False)
    second = scene.record(scene.head, "circle_keeping")
    assert minimums_at(scene.school.id, TODAY)[0].met
    take_back(scene.call(scene.head), second, reason="Not completed")
    take_back(scene.call(scene.head), first, reason="Twice")
    assert minimums_at(scene.school.id, TODAY)[0].trained == 1
    assert minimums_at(scene.other.id, TODAY)[0].trained == 0


def test_the_unmet_stand_first(scene: Scene) -> None:
    scene.require_minimum(1, "bias")
    scene.require_minimum(1, "mentoring")
    scene.record(scene.teacher, "bias")
    assert [(one.requirement.topic, one.met) for one in minimums_at(scene.school.id, TODAY)] == [
        ("mentoring", False), ("bias", True),
    ]  # fmt: skip


def test_only_the_whole_district_says_what_is_required(scene: Scene) -> None:
    network = scene.call(make_user(Role.DISTRICT, scene.school))
    with pytest.raises(NotFound):
        add_requirement(network, topic="mentoring", shape=Shape.SCHOOL_MINIMUM, minimum=1, starts_on=TODAY)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("role", {"role": None}),
        ("role", {"role": Role.PARTNER}),
        ("months", {"months": None}),
        ("months", {"months": 0}),
        ("months", {"months": 121}),
        ("minimum", {"minimum": 2}),
        ("minimum", {"shape": Shape.SCHOOL_MINIMUM, "role": None, "months": None}),
        ("role", {"shape": Shape.SCHOOL_MINIMUM, "minimum": 2}),
        ("topic", {"topic": "juggling"}),
    ],
)
def test_a_shape_asks_its_own_and_nothing_else(scene: Scene, field: str, values: dict[str, Any]) -> None:
    given = {
        "topic": "mentoring", "shape": Shape.EVERY_PERSON, "role": Role.DEAN, "months": 12, "minimum": None,
        "source": "", "confirmed": "no", "starts_on": TODAY,
    } | values  # fmt: skip
    with pytest.raises(Refused) as refused:
        add_requirement(scene.call(scene.district), **given)
    assert refused.value.field == field


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": Shape.EVERY_PERSON, "minimum": 1},
        {"shape": Shape.EVERY_PERSON, "role": Role.DEAN, "months": 0},
        {"shape": Shape.SCHOOL_MINIMUM, "minimum": 1, "role": Role.DEAN},
        {"shape": Shape.SCHOOL_MINIMUM},
    ],
)
def test_the_database_has_two_shapes(scene: Scene, wrong: dict[str, Any]) -> None:
    db.session.add(TrainingRequirement(topic="mentoring", starts_on=TODAY, **wrong))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_a_requirement_ends_and_another_follows(scene: Scene) -> None:
    number = scene.require_minimum(1)
    with pytest.raises(Refused):
        scene.require_minimum(3)
    with pytest.raises(Refused):
        end_requirement(scene.call(scene.district), number, ends_on=TODAY - timedelta(days=1))
    end_requirement(scene.call(scene.district), number, ends_on=TODAY)
    answers = {"topic": "circle_keeping", "shape": Shape.SCHOOL_MINIMUM, "minimum": 3}
    with pytest.raises(Refused):
        add_requirement(scene.call(scene.district), **answers, starts_on=TODAY)
    add_requirement(scene.call(scene.district), **answers, starts_on=TODAY + timedelta(days=1))
    assert [one.requirement.minimum for one in minimums_at(scene.school.id, TODAY)] == [1]
    assert [one.requirement.minimum for one in minimums_at(scene.school.id, TODAY + timedelta(days=1))] == [3]


def test_the_district_and_its_schools_get_one_answer(scene: Scene) -> None:
    """What a district reads of many schools at once is what each school reads of itself."""
    draw, topics = Random(17), ("bias", "mentoring")
    for topic in topics:
        scene.require_minimum(2, topic)
        scene.require_people(Role.REPORTER, 12, topic)
    schools = [SchoolFactory() for _ in range(4)]
    for school in schools:
        for _person in range(draw.randrange(5)):
            user = make_user(draw.choice((Role.REPORTER, Role.DEAN)), school)
            db.session.add(RoleGrant(user_id=user.id, role=Role.REPORTER, school_id=school.id, starts_on=TODAY))
            for _training in range(draw.randrange(4)):
                completed = TODAY - timedelta(days=draw.randrange(800))
                gone = draw.random() < 0.3
                db.session.add(
                    TrainingRecord(
                        school_id=draw.choice(schools).id, user_id=user.id, topic=draw.choice(topics),
                        completed_on=completed, recorded_at=NOW, taken_back_at=NOW if gone else None,
                        valid_until=completed + timedelta(days=400) if draw.random() < 0.5 else None,
                        taken_back_reason="Wrong" if gone else "",
                    )
                )  # fmt: skip
    db.session.commit()
    found = standings_of_schools(acting(scene.district), TODAY)
    assert {one.id for one in schools} < found.keys()
    for school in schools:
        unmet = {one.requirement.topic for one in minimums_at(school.id, TODAY) if not one.met}
        assert {one.requirement.topic for one in found[school.id].unmet} == unmet
        people = Counter((one.user_id, one.requirement.topic, one.standing) for one in standings_at(school.id, TODAY))
        assert found[school.id].people == Counter(standing for _user, _topic, standing in people)
    assert standings_of_schools(acting(scene.head), TODAY).keys() == {scene.school.id}
    assert standings_of_schools(acting(scene.teacher), TODAY) == {}
