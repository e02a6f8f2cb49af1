"""Where an image of a child may be sexual no file is taken, and one that is there closes at once, unread, for good."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.attachments.planting import make_attachment
from tests.attachments.samples import photo
from tests.attachments.scenes import all_attachments, attach, make_scene
from tests.factories.accounts import acting
from tests.factories.incidents import behavior_code
from wss_cases.access.actor import Invocation
from wss_cases.attachments.attachment import may_be_sexual
from wss_cases.attachments.contents import content_of
from wss_cases.attachments.handling import add
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.intake.review.acts import check_facts
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.safeguards.duties.duty.models import LegalDuty

NOW = "2026-11-24 10:00"


@pytest.fixture
def scene(session, at):
    at(NOW)
    return make_scene()


def set_sexual(scene, value="image"):
    scene.incident.facts = {"sexual": value}
    db.session.commit()


def told():
    rows = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "attachment.sealed"))
    return {row.recipient_id for row in rows}


@pytest.mark.parametrize("where", ["the report", "a person", "the behavior"])
def test_no_file_is_taken_and_the_page_says_whom_to_call(scene, client_as, where):
    form = client_as(scene.dean)
    if where == "the report":
        set_sexual(scene)
    elif where == "a person":
        scene.incident.people[0].facts = {"sexual": "contact"}
    else:
        scene.incident.people[0].behavior = behavior_code("sexual_words")
    db.session.commit()
    page = form.page(scene.address)
    assert "Call the principal and the Title IX coordinator now." in page.text
    call = Invocation(acting(scene.dean), clock.now())
    with pytest.raises(Refused) as refusal:
        add(call, "incident_id", scene.incident.id, [content_of("a.jpg", photo())], "")
    assert refusal.value.field == "files"
    assert all_attachments() == []


def test_not_answered_and_nothing_sexual_take_files(scene, client_as):
    for value in (None, "none"):
        set_sexual(scene, value)
        assert not may_be_sexual(scene.incident)
        assert attach(client_as(scene.dean), scene.address, photo()).status_code == 303


def test_what_is_there_when_the_facts_say_so_is_sealed_in_the_same_act(scene, client_as):
    school = (scene.reporter, scene.dean, scene.administrator, scene.coordinator)
    clients, must_know = [client_as(person) for person in school], {scene.administrator.id, scene.district.id}
    attach(clients[0], scene.address, photo())
    set_sexual(scene)
    call = Invocation(acting(scene.dean), clock.now(), version=scene.incident.version)
    check_facts(call, scene.incident.id, verified="yes")
    [one] = all_attachments()
    assert (one.sealed_why.value, one.sealed_at is not None, one.sealed_text is not None) == ("facts", True, True)
    for client in clients:
        for address in ("", "/file", "/remove", "/flag"):
            assert client.get(f"/attachments/{one.id}{address}").status_code == 404
        assert "Sealed" in client.page(scene.address).text
    assert told() == must_know
    assert "attachment.opened" not in set(db.session.scalars(select(AuditEntry.action)))
    assert db.session.scalar(select(LegalDuty).where(LegalDuty.code == "title_ix_contact")) is not None


def test_a_file_that_no_act_sealed_is_sealed_instead_of_opened(scene, client_as):
    attach(client_as(scene.dean), scene.address, photo())
    set_sexual(scene)
    [one] = all_attachments()
    assert "<img" not in client_as(scene.dean).get(f"/attachments/{one.id}").get_data(as_text=True)
    assert client_as(scene.dean).get(f"/attachments/{one.id}/file").status_code == 404
    [one] = all_attachments()
    assert one.sealed_why.value == "facts" and told() == {scene.administrator.id, scene.district.id}


def test_anyone_who_sees_a_file_may_have_it_sealed(scene, client_as):
    attach(client_as(scene.reporter), scene.address, photo(), title="A phone")
    [one] = all_attachments()
    answer = client_as(scene.coordinator).submit(f"/attachments/{one.id}/flag", follow=True)
    assert "The file is sealed." in answer.get_data(as_text=True)
    [one] = all_attachments()
    assert (one.sealed_why.value, one.sealed_by_id) == ("flagged", scene.coordinator.id)
    assert client_as(scene.reporter).get(f"/attachments/{one.id}/file").status_code == 404
    duty = db.session.scalars(select(LegalDuty).where(LegalDuty.code == "title_ix_contact")).one()
    assert duty.raised_by_id == scene.coordinator.id
    assert told() == {scene.administrator.id, scene.district.id}
    for person in (scene.administrator, scene.district):
        listed = client_as(person).page("/attachments/sealed").text
        assert f"File {one.id}, {scene.school.name}" in listed and "A phone" not in listed


def test_two_schools_sealed_files_are_apart(scene, client_as):
    other = make_scene()
    one = make_attachment("incident_id", other.incident.id, other.dean.id)
    db.session.commit()
    client_as(other.dean).submit(f"/attachments/{one.id}/flag")
    assert "No file is sealed." in client_as(scene.administrator).page("/attachments/sealed").text
    assert scene.administrator.id not in told()
