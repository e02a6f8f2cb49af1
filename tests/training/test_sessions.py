"""Sessions: who may add one, and signing people in by the list."""

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
from wss_cases.foundation.forms import filled_from
from wss_cases.training.records.models import TrainingRecord, TrainingSession
from wss_cases.training.sessions import SessionForm, SignInForm, add_session, sign_in


def make_session(scene: Scene, school: Any = None, days: int = 0, by: Any = None, **more: Any) -> int:
    answers = {"topic": "restorative_practice", "held_on": TODAY + timedelta(days=days), "hours": "2"} | more
    place = school or scene.school
    form = filled_from(SessionForm, None, answers)
    return add_session(scene.call(by or scene.head), place.id if place != "district" else None, form)


def records() -> list[tuple[int, int | None, int]]:
    return [(one.user_id, one.minutes, one.school_id) for one in db.session.scalars(select(TrainingRecord))]


def test_whoever_was_ticked_is_on_record_once(scene: Scene) -> None:
    partner = PartnerFactory(name="Peace Partners")
    number = make_session(scene, partner=str(partner.id))
    people, call = [scene.teacher.id, scene.coordinator.id], scene.call(scene.head)
    row = db.session.get_one(TrainingSession, number)
    form = filled_from(SignInForm, row, {"people": list(map(str, people))})
    sign_in.carry_out(call, row, form)
    sign_in.carry_out(call, row, form)
    assert sorted(records()) == sorted((user_id, 120, scene.school.id) for user_id in people)
    assert {one.provider for one in db.session.scalars(select(TrainingRecord))} == {"Peace Partners"}


def test_the_list_takes_only_people_of_its_school_on_its_day_by_who_answers_for_it(scene: Scene) -> None:
    number, later = make_session(scene), make_session(scene, days=1)
    with pytest.raises(Refused):
        sign_in(scene.call(scene.head), number, people=[str(scene.stranger.id)])
    with pytest.raises(Refused):
        sign_in(scene.call(scene.head), later, people=[str(scene.teacher.id)])
    for user in (scene.stranger, scene.teacher):
        with pytest.raises(NotFound):
            sign_in(scene.call(user), number, people=[str(scene.teacher.id)])
    assert records() == []


def test_a_partner_or_a_name_not_both(scene: Scene) -> None:
    partner = PartnerFactory(name="Peace Partners")
    with pytest.raises(Refused) as refused:
        make_session(scene, partner=str(partner.id), provider="Somebody")
    assert refused.value.field == "provider"
    with pytest.raises(Refused):
        make_session(scene, partner=str(partner.id + 999))


@pytest.mark.both_databases
def test_nobody_is_signed_in_twice(scene: Scene) -> None:
    number = make_session(scene)
    sign_in(scene.call(scene.head), number, people=[str(scene.teacher.id)])
    again = {"school_id": scene.school.id, "user_id": scene.teacher.id, "session_id": number, "recorded_at": NOW}
    db.session.add(TrainingRecord(topic="restorative_practice", completed_on=TODAY, **again))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_a_session_is_added_by_who_answers_for_its_school_and_the_districts_by_the_district(scene: Scene) -> None:
    reporter = make_user(Role.REPORTER, scene.school)
    with pytest.raises(NotFound):
        make_session(scene, by=reporter)
    with pytest.raises(NotFound):
        make_session(scene, "district", by=scene.head)
