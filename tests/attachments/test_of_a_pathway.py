"""The signed papers of a pathway, each for whom its record shows; and files that go with a family's copy."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.access.world import plant
from tests.attachments.scenes import ROLES, all_attachments, attach, make_attachment, photo
from tests.factories.accounts import acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import GuardianFactory, SchoolFactory, StudentFactory, StudentGuardianFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.attachments.attachment import HOSTS, Attachment
from wss_cases.attachments.pages import remove
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.terms import Agreement
from wss_cases.records.family_copies.copy.models import FamilyRelease, Manner
from wss_cases.records.family_copies.draft import hand_on, release
from wss_cases.records.family_copies.request import ask

NOW = "2026-11-24 10:00"


@pytest.fixture
def scene(session, at):
    at(NOW)
    school = SchoolFactory()
    plant(school.id)
    agreement = db.session.query(Agreement).filter_by(school_id=school.id).one()
    people = {role.value: make_user(role, school) for role in ROLES}
    people["keeper"] = make_user(Role.COORDINATOR, school)
    people["district"], people["partner"] = make_user(Role.DISTRICT), make_user(Role.AUDITOR)
    kept = {"pathway_id": agreement.pathway_id, "case_id": agreement.case_id, "school_id": school.id}
    db.session.add(CircleKeeper(user_id=people["keeper"].id, added_at=clock.now(), **kept))
    db.session.commit()
    address = f"/cases/{agreement.case_id}/pathways/{agreement.pathway_id}"
    return SimpleNamespace(people=people, agreement=agreement, address=address)


READERS = {
    "incident_id": {"dean", "coordinator", "administrator", "keeper"},
    "circle_consent_id": {"coordinator", "keeper"},
    "referral_consent_id": {"dean", "coordinator", "administrator", "keeper"},
    "agreement_id": {"keeper"},
    "discipline_action_id": {"dean", "coordinator", "administrator", "keeper"},
    "family_release_id": {"coordinator", "administrator", "keeper"},
}
"""Who of a school opens a file on each kind of record, having attached none of them."""


def test_each_role_opens_what_its_record_shows_and_nothing_else(scene, client_as):
    files = {one.host[0]: one.id for one in all_attachments()}
    assert set(files) == set(HOSTS)
    for name, person in scene.people.items():
        client = client_as(person)
        for host, number in files.items():
            wanted = 200 if name in READERS[host] else 404
            for address in (f"/attachments/{number}", f"/attachments/{number}/file"):
                assert client.get(address).status_code == wanted, (name, host, address)


def test_the_keeper_photographs_the_signed_sheet_and_the_dean_reads_that_it_was_signed(scene, client_as):
    keeper, dean = client_as(scene.people["keeper"]), client_as(scene.people["dean"])
    assert attach(keeper, f"{scene.address}/agreement/files", photo(), title="Signed sheet").status_code == 303
    assert "Signed agreement" in keeper.page(f"{scene.address}/files").text
    assert "Signed agreement" not in dean.page(f"{scene.address}/files").text
    assert "Signed papers" in dean.page(f"{scene.address}/agreement").text
    newest = db.session.query(Attachment).order_by(Attachment.id.desc()).first()
    assert newest.agreement_id is not None
    assert keeper.get(f"/attachments/{newest.id}/file").mimetype == "image/jpeg"


def test_a_consent_leads_to_its_own_pathway_alone(scene, client_as):
    client = client_as(scene.people["coordinator"])
    consent = next(one.circle_consent_id for one in all_attachments() if one.circle_consent_id)
    assert client.get(f"{scene.address}/consents/{consent}/files").status_code == 200
    other = scene.address.rpartition("/")[0] + f"/{int(scene.address.rpartition('/')[2]) - 1}"
    assert client.get(f"{other}/consents/{consent}/files").status_code == 404


@pytest.fixture
def asked_copy(session, at):
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


def choose(client, asked_copy):
    return client.submit(f"/family-copies/{asked_copy.id}/choose-files", {"files": [str(asked_copy.file)]})


def copy_of(asked_copy):
    return db.session.get_one(FamilyRelease, asked_copy.id, populate_existing=True)


def test_it_goes_along_once_it_was_opened_and_is_not_removed_afterwards(asked_copy, client_as):
    client = client_as(asked_copy.people[0])
    assert "Broken window" not in client.page(f"/family-copies/{asked_copy.id}").text
    unread = choose(client, asked_copy)
    assert unread.status_code == 400 and "Open each file before you choose it" in unread.get_data(as_text=True)
    assert copy_of(asked_copy).parts == []
    assert client.get(f"/attachments/{asked_copy.file}/file").status_code == 200
    assert choose(client, asked_copy).status_code == 303
    assert "Broken window" in client.page(f"/family-copies/{asked_copy.id}").text
    hand_on(Invocation(asked_copy.coordinator, clock.now()), asked_copy.id)
    release(
        Invocation(asked_copy.administrator, clock.now()), asked_copy.id, manner=Manner.IN_PERSON, identity="Known here"
    )
    assert f"/attachments/{asked_copy.file}" in client.get(f"/family-copies/{asked_copy.id}/copy").get_data(
        as_text=True
    )
    with pytest.raises(Refused, match="went to a family"):
        remove(Invocation(asked_copy.coordinator, clock.now()), asked_copy.file, why="A mistake")


def test_a_file_that_is_removed_while_the_copy_waits_is_looked_at_again(asked_copy, client_as):
    client = client_as(asked_copy.people[0])
    client.get(f"/attachments/{asked_copy.file}/file")
    choose(client, asked_copy)
    hand_on(Invocation(asked_copy.coordinator, clock.now()), asked_copy.id)
    remove(Invocation(asked_copy.coordinator, clock.now()), asked_copy.file, why="Shows another child")
    with pytest.raises(Refused, match="The records changed"):
        release(
            Invocation(asked_copy.administrator, clock.now()), asked_copy.id, manner=Manner.IN_PERSON, identity="Known"
        )


def test_a_signed_sheet_is_never_offered(asked_copy, client_as):
    other = make_attachment("family_release_id", asked_copy.id, asked_copy.coordinator.user_id, title="A letter")
    db.session.commit()
    page = client_as(asked_copy.people[0]).page(f"/family-copies/{asked_copy.id}/choose-files").text
    assert "Broken window" in page and "A letter" not in page and str(other.id) not in copy_of(asked_copy).parts
