"""Police notifications: what is refused, and who counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.incidents import IncidentPersonFactory, make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import LegalDutyFactory
from wss_cases.access.actor import Role
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.incidents.states import PersonRole
from wss_cases.safeguards.actions_records import Notification, record_notification
from wss_cases.safeguards.models import NotifiedStudent, PoliceNotification
from wss_cases.safeguards.states import NotificationDoor

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


class Scene:
    def __init__(self) -> None:
        self.school = SchoolFactory()
        self.dean = make_user(Role.DEAN, self.school)
        self.administrator = make_user(Role.ADMINISTRATOR, self.school)
        self.student = StudentFactory(school=self.school)
        self.small = StudentFactory(school=self.school, grade=2)
        self.witness = StudentFactory(school=self.school)
        self.incident = make_incident(self.school, [self.student, self.small], PersonRole.CAUSED_HARM)
        IncidentPersonFactory(
            incident_id=self.incident.id, student_id=self.witness.id, role=PersonRole.WITNESS
        )


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Scene:
    at("2026-11-24 11:00")
    return Scene()


def given(scene: Scene, **more: Any) -> Notification:
    values = {"notified_at": NOW, "told_whom": "School Sergeant", "student_ids": (scene.student.id,)} | more
    return Notification(**values)


def test_a_notification_names_only_those_who_caused_harm(scene: Scene, session: Any) -> None:
    actor = acting(scene.administrator)
    with pytest.raises(Refused) as refused:
        record_notification(
            actor,
            scene.incident.id,
            given(scene, door=NotificationDoor.EMERGENCY, student_ids=(scene.witness.id,)),
            NOW,
        )
    assert refused.value.field == "student_ids"
    late = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    record_notification(
        actor, scene.incident.id, given(scene, door=NotificationDoor.EMERGENCY, notified_at=late), late
    )
    made = session.scalars(select(PoliceNotification)).one()
    assert made.local_date == date(2026, 11, 24)
    assert session.scalars(select(NotifiedStudent.student_id)).all() == [scene.student.id]


def test_the_doors(scene: Scene) -> None:
    actor = acting(scene.administrator)
    other = make_incident(scene.school)
    foreign = LegalDutyFactory(incident_id=other.id, school_id=scene.school.id)
    own = LegalDutyFactory(incident_id=scene.incident.id, school_id=scene.school.id, code="drug_incident")
    law = NotificationDoor.REQUIRED_BY_LAW
    for field, wrong in (
        ("door", given(scene, door=NotificationDoor.OTHER)),
        ("duty_id", given(scene, door=law)),
        ("duty_id", given(scene, door=law, duty_id=foreign.id)),
        ("duty_id", given(scene, door=NotificationDoor.EMERGENCY, duty_id=foreign.id)),
        ("notified_at", given(scene, door=law, duty_id=own.id, notified_at=NOW + timedelta(hours=1))),
        ("told_whom", given(scene, door=law, duty_id=own.id, told_whom="")),
    ):
        with pytest.raises(Refused) as refused:
            record_notification(actor, scene.incident.id, wrong, NOW)
        assert refused.value.field == field
    assert record_notification(actor, scene.incident.id, given(scene, door=law, duty_id=own.id), NOW)


def test_only_the_schools_administrator_records_a_notification(scene: Scene) -> None:
    stranger = make_user(Role.ADMINISTRATOR, SchoolFactory())
    for person in (scene.dean, stranger):
        with pytest.raises(NotFound):
            record_notification(
                acting(person), scene.incident.id, given(scene, door=NotificationDoor.EMERGENCY), NOW
            )


def test_the_pages_keep_every_answer(scene: Scene, client_as: Callable[[Any], Any], session: Any) -> None:
    client = client_as(scene.administrator)
    address = f"/incidents/{scene.incident.id}/police-notification"
    refused = client.submit(address, {"door": "other", "told_whom": "Sergeant"})
    assert refused.status_code == 400
    assert "The review comes first" in refused.get_data(as_text=True)
    assert client.submit(address, {"door": "emergency", "told_whom": "Sergeant"}).status_code == 303
    assert len(session.scalars(select(PoliceNotification)).all()) == 1
