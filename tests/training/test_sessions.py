"""Sessions: signing people in by a list, and by the code on the wall, on its day, a few guesses at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import make_user
from tests.factories.referrals import PartnerFactory
from tests.training.conftest import NOW, TODAY, Scene
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.training.records.pages import take_back
from wss_cases.training.records.queries import TrainingGuess, TrainingRecord, TrainingSession
from wss_cases.training.sessions.actions import Planned, add_session, draw_code, sign_in, sign_in_by_code
from wss_cases.training.sessions.messages import GUESSES, new_code, plain_code


def make_session(scene: Scene, school: Any = None, days: int = 0, by: Any = None, **more: Any) -> int:
    planned = Planned("restorative_practice", TODAY + timedelta(days=days), 120, **more)
    place = school or scene.school
    return add_session(scene.call(by or scene.head), place.id if place != "district" else None, planned)


def code_of(scene: Scene, number: int, by: Any = None) -> str:
    draw_code(scene.call(by or scene.head), number)
    return db.session.get_one(TrainingSession, number).code


def records() -> list[tuple[int, int | None, int]]:
    return [(one.user_id, one.minutes, one.school_id) for one in db.session.scalars(select(TrainingRecord))]


def test_whoever_was_ticked_is_on_record_once(scene: Scene) -> None:
    partner = PartnerFactory(name="Peace Partners")
    number = make_session(scene, partner_id=partner.id)
    people = [scene.teacher.id, scene.coordinator.id]
    sign_in(scene.call(scene.head), number, scene.school.id, people)
    sign_in(scene.call(scene.head), number, scene.school.id, people)
    assert sorted(records()) == sorted((user_id, 120, scene.school.id) for user_id in people)
    assert {one.provider for one in db.session.scalars(select(TrainingRecord))} == {"Peace Partners"}


def test_the_list_takes_only_people_of_its_school_on_its_day_by_who_answers_for_it(scene: Scene) -> None:
    number, later = make_session(scene), make_session(scene, days=1)
    with pytest.raises(Refused):
        sign_in(scene.call(scene.head), number, scene.school.id, [scene.stranger.id])
    with pytest.raises(Refused):
        sign_in(scene.call(scene.head), later, scene.school.id, [scene.teacher.id])
    for user in (scene.stranger, scene.teacher):
        with pytest.raises(NotFound):
            sign_in(scene.call(user), number, scene.school.id, [scene.teacher.id])
    assert records() == []


def test_a_partner_or_a_name_not_both(scene: Scene) -> None:
    partner = PartnerFactory(name="Peace Partners")
    with pytest.raises(Refused) as refused:
        make_session(scene, partner_id=partner.id, provider="Somebody")
    assert refused.value.field == "provider"
    with pytest.raises(Refused):
        make_session(scene, partner_id=partner.id + 999)


def test_the_code_on_the_wall_signs_one_in(scene: Scene) -> None:
    code = code_of(scene, make_session(scene))
    typed = f" {code[:3].lower()}-{code[3:]} "
    first = sign_in_by_code(scene.call(scene.teacher), typed)
    assert sign_in_by_code(scene.call(scene.teacher), code) == first
    assert records() == [(scene.teacher.id, 120, scene.school.id)]


@pytest.mark.parametrize("days", [-1, 1])
def test_a_code_is_good_on_its_day_alone(scene: Scene, days: int) -> None:
    code = code_of(scene, make_session(scene))
    with pytest.raises(Refused) as refused:
        sign_in_by_code(scene.call(scene.teacher, NOW + timedelta(days=days)), code)
    assert refused.value.field == "code"
    assert records() == []


def test_a_code_of_another_school_is_a_wrong_one_and_the_districts_is_for_everyone(scene: Scene) -> None:
    elsewhere = code_of(scene, make_session(scene, scene.other, by=scene.stranger), scene.stranger)
    with pytest.raises(Refused):
        sign_in_by_code(scene.call(scene.teacher), elsewhere)
    of_all = code_of(scene, make_session(scene, "district", by=scene.district), scene.district)
    sign_in_by_code(scene.call(scene.teacher), of_all)
    assert records() == [(scene.teacher.id, 120, scene.school.id)]


def test_after_too_many_wrong_codes_the_right_one_waits_too(scene: Scene) -> None:
    code = code_of(scene, make_session(scene))
    for _guess in range(GUESSES):
        with pytest.raises(Refused, match="No training today"):
            sign_in_by_code(scene.call(scene.teacher), "AAAAAA")
    with pytest.raises(Refused, match="Too many wrong codes"):
        sign_in_by_code(scene.call(scene.teacher), code)
    sign_in_by_code(scene.call(scene.coordinator), code)
    sign_in_by_code(scene.call(scene.teacher, NOW + timedelta(minutes=16)), code)
    assert {user_id for user_id, _minutes, _school in records()} == {scene.teacher.id, scene.coordinator.id}
    with pytest.raises(Refused):
        sign_in_by_code(scene.call(scene.teacher, NOW + timedelta(minutes=17)), "AAAAAA")
    assert len(db.session.scalars(select(TrainingGuess)).all()) == 1


def test_who_was_taken_off_the_list_does_not_come_back_by_the_code(scene: Scene) -> None:
    code = code_of(scene, make_session(scene))
    number = sign_in_by_code(scene.call(scene.teacher), code)
    take_back(scene.call(scene.head), number, "Left after five minutes")
    with pytest.raises(Refused, match="taken back"):
        sign_in_by_code(scene.call(scene.teacher), code)
    session = db.session.scalars(select(TrainingSession.id)).one()
    sign_in(scene.call(scene.head), session, scene.school.id, [scene.teacher.id])
    assert len(records()) == 2


def test_a_session_that_is_over_gets_no_code_and_one_that_has_a_code_keeps_it(scene: Scene) -> None:
    with pytest.raises(Refused):
        draw_code(scene.call(scene.head), make_session(scene, days=-1))
    number = make_session(scene)
    assert code_of(scene, number) == code_of(scene, number)
    with pytest.raises(NotFound):
        draw_code(scene.call(scene.stranger), number)
    with pytest.raises(NotFound):
        make_session(scene, "district", by=scene.head)


def test_codes_are_drawn_and_read_back() -> None:
    drawn = {new_code() for _ in range(50)}
    assert len(drawn) == 50
    assert all(plain_code(f"{code[:2].lower()} {code[2:]}") == code for code in drawn)


@pytest.mark.both_databases
def test_nobody_is_signed_in_twice(scene: Scene) -> None:
    number = make_session(scene)
    sign_in(scene.call(scene.head), number, scene.school.id, [scene.teacher.id])
    again = {"school_id": scene.school.id, "user_id": scene.teacher.id, "session_id": number, "recorded_at": NOW}
    db.session.add(TrainingRecord(topic="restorative_practice", completed_on=TODAY, **again))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_who_reports_anywhere_has_no_session_to_keep(scene: Scene) -> None:
    reporter = make_user(Role.REPORTER, scene.school)
    with pytest.raises(NotFound):
        make_session(scene, by=reporter)
