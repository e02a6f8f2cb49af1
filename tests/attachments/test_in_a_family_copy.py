"""A file goes with a copy for the family when a person has looked at it and chosen it, and then it stays."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.attachments.planting import make_attachment
from tests.factories.accounts import acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory, StudentGuardianFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.attachments.pages import remove
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.records.family_copies.copy.models import FamilyRelease, Manner
from wss_cases.records.family_copies.draft import hand_on, release
from wss_cases.records.family_copies.request import ask

NOW = "2026-11-24 10:00"


@pytest.fixture
def scene(session, at):
    at(NOW)
    school = SchoolFactory()
    student, guardian = StudentFactory(school=school), GuardianFactory()
    StudentGuardianFactory(student=student, guardian=guardian)
    coordinator, administrator = make_user(Role.COORDINATOR, school), make_user(Role.ADMINISTRATOR, school)
    incident = make_incident(school, [student])
    file = make_attachment("incident_id", incident.id, coordinator.id, title="Broken window")
    db.session.commit()
    today = clock.now().date()
    asked = {
        "who": str(guardian.id), "asked_on": today, "purpose": "", "language": "en", "reports": [incident.id],
        "parts": (), "orders_checked": True,
    }  # fmt: skip
    release_id = ask(Invocation(acting(coordinator), clock.now()), student.id, **asked)
    actors = {"coordinator": acting(coordinator), "administrator": acting(administrator)}
    return SimpleNamespace(id=release_id, file=file.id, people=(coordinator, administrator), **actors)


def choose(client, scene):
    return client.submit(f"/family-copies/{scene.id}/choose-files", {"files": [str(scene.file)]})


def copy_of(scene):
    return db.session.get_one(FamilyRelease, scene.id, populate_existing=True)


def test_it_goes_along_once_it_was_opened_and_is_not_removed_afterwards(scene, client_as):
    client = client_as(scene.people[0])
    assert "Broken window" not in client.page(f"/family-copies/{scene.id}").text
    unread = choose(client, scene)
    assert unread.status_code == 400 and "Open each file before you choose it" in unread.get_data(as_text=True)
    assert copy_of(scene).parts == []
    assert client.get(f"/attachments/{scene.file}/file").status_code == 200
    assert choose(client, scene).status_code == 303
    assert "Broken window" in client.page(f"/family-copies/{scene.id}").text
    hand_on(Invocation(scene.coordinator, clock.now()), scene.id)
    release(Invocation(scene.administrator, clock.now()), scene.id, manner=Manner.IN_PERSON, identity="Known here")
    assert f"/attachments/{scene.file}" in client.get(f"/family-copies/{scene.id}/copy").get_data(as_text=True)
    with pytest.raises(Refused, match="went to a family"):
        remove(Invocation(scene.coordinator, clock.now()), scene.file, why="A mistake")


def test_a_file_that_is_removed_while_the_copy_waits_is_looked_at_again(scene, client_as):
    client = client_as(scene.people[0])
    client.get(f"/attachments/{scene.file}/file")
    choose(client, scene)
    hand_on(Invocation(scene.coordinator, clock.now()), scene.id)
    remove(Invocation(scene.coordinator, clock.now()), scene.file, why="Shows another child")
    with pytest.raises(Refused, match="The records changed"):
        release(Invocation(scene.administrator, clock.now()), scene.id, manner=Manner.IN_PERSON, identity="Known")


def test_a_signed_sheet_is_never_offered(scene, client_as):
    other = make_attachment("family_release_id", scene.id, scene.coordinator.user_id, title="A letter")
    db.session.commit()
    page = client_as(scene.people[0]).page(f"/family-copies/{scene.id}/choose-files").text
    assert "Broken window" in page and "A letter" not in page and str(other.id) not in copy_of(scene).parts
