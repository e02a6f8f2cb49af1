"""The paper of a consent is for those who may know who said what, a signed agreement for its parties and keepers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.access.world import plant
from tests.attachments.samples import photo
from tests.attachments.scenes import ROLES, all_attachments, attach
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.attachments.attachment import HOSTS, Attachment
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.terms import Agreement

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
