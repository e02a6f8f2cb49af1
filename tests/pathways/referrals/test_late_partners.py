"""Whom a partner reaches that has not answered, and that a need for housing reaches coordinators alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import make_user
from tests.pathways.referrals.making import Scene, accept, make_scene, sent
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.queries import late_referrals
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.workday.sweep import sweep


@pytest.fixture
def scene(session: Any, at: Any) -> Scene:
    """A scene at the moment that `NOW` names."""
    at("2026-11-24 10:00")
    return make_scene()


def test_late_partners_reach_the_lead_then_the_administrators(scene: Scene, at: Any) -> None:
    administrator = make_user(scene.world.school, Role.ADMINISTRATOR)
    referral_id = sent(scene)
    assert db.session.get_one(Referral, referral_id).answer_by == date(2026, 12, 1)
    schools = [scene.world.school.id]

    def reached(wall: str) -> set[int]:
        return {user_id for late in late_referrals(at(wall), schools) for user_id in late.people}

    assert reached("2026-12-01 18:00") == set()
    assert reached("2026-12-02 09:00") == {scene.world.coordinator.id}
    told = reached("2026-12-04 09:00")
    assert told == {scene.world.coordinator.id, administrator.id}
    assert sweep(at("2026-12-04 09:00"))["queued"] >= 2
    late = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "referral.overdue")).all()
    assert {mail.recipient_id for mail in late} == told
    said = str(compose(late[0], at("2026-12-04 09:00")))
    assert scene.pathway.kind not in said and scene.world.students[0].family_name not in said
    accept(scene, referral_id, at("2026-12-04 10:00"))
    assert compose(late[0], at("2026-12-04 10:01")) is None
    assert reached("2026-12-07 09:00") == set()


def test_a_late_partner_in_a_need_for_housing_reaches_coordinators_alone(scene: Scene, at: Any) -> None:
    world = scene.world
    dean, _administrator = (make_user(world.school, role) for role in (Role.DEAN, Role.ADMINISTRATOR))
    other = make_user(world.school, Role.COORDINATOR)
    sent(scene)
    db.session.get_one(Pathway, scene.pathway.id).kind = Kind.HOUSING_BASIC_NEEDS.value
    db.session.get_one(Case, world.case.id).lead_id = dean.id
    db.session.commit()
    for wall, told in (
        ("2026-12-02 09:00", {world.coordinator.id}), ("2026-12-04 09:00", {world.coordinator.id, other.id})
    ):  # fmt: skip
        sweep(at(wall))
        late = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "referral.overdue")).all()
        assert {mail.recipient_id for mail in late} == told
        assert all(compose(mail, at(wall)) for mail in late), "whoever is said to be told is told"
