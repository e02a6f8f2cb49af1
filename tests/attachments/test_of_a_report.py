"""Files of a report: who attaches, sees and removes them, where none is taken, what seals one, what goes with it."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from tests.attachments.scenes import REFUSED, all_attachments, attach, make_attachment, make_scene, pdf, photo
from tests.factories.accounts import acting
from tests.factories.incidents import IncidentPersonFactory, behavior_code
from tests.factories.roster import StudentFactory
from wss_cases.access.actor import SYSTEM, Invocation
from wss_cases.attachments.attachment import SealedWhy, may_be_sexual
from wss_cases.attachments.contents import content_of
from wss_cases.attachments.handling import PURPOSE, add, keeps_record
from wss_cases.cli.common import SEALED
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.keys import Keys, key_name, unseal_bytes
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.intake.review.acts import check_facts
from wss_cases.journal import key_rotation as rotation
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.legal_holds import HoldKind, LegalHold
from wss_cases.records.retention.deletion.erasure import erase_student
from wss_cases.safeguards.duties.duty.models import LegalDuty

NOW = "2026-11-24 10:00"


@pytest.fixture
def scene(session, at):
    at(NOW)
    return make_scene()


def audited(action):
    return db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


def test_a_reporter_attaches_a_photo_and_the_dean_opens_it(scene, client_as):
    client, dean = client_as(scene.reporter), client_as(scene.dean)
    assert "Nothing is attached yet." in client.page(scene.address).text
    assert attach(client, scene.address, photo(), pdf(), title="Broken window").status_code == 303
    [picture, paper] = all_attachments()
    assert (picture.kind.value, paper.kind.value, picture.size < 5000) == ("photo", "pdf", True)
    assert b"JFIF" not in picture.sealed_text and b"%PDF" not in paper.sealed_text
    assert "Broken window" in dean.page(f"/incidents/{scene.incident.id}").text
    assert "A file was attached" in dean.page(f"/incidents/{scene.incident.id}").text
    shown = dean.get(f"/attachments/{picture.id}/file")
    assert (shown.mimetype, Image.open(BytesIO(shown.data)).size) == ("image/jpeg", (48, 64))
    assert shown.headers["Cache-Control"] == "no-store"
    downloaded = dean.get(f"/attachments/{paper.id}/file")
    assert downloaded.data == pdf()
    assert downloaded.headers["Content-Disposition"].startswith("attachment;")
    assert downloaded.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in downloaded.headers["Content-Security-Policy"]
    opened = audited("attachment.opened")
    assert [(one.actor_id, one.object_id) for one in opened] == [(scene.dean.id, one.id) for one in (picture, paper)]
    assert audited("attachment.added")[0].changes["title"] == ["…", "…"]


def test_who_may_not_see_it_finds_nothing(scene, client_as):
    attach(client_as(scene.dean), scene.address, photo())
    [one] = all_attachments()
    own = f"/attachments/{one.id}"
    for person in (scene.reporter, scene.stranger, scene.district, scene.auditor):
        for address in (own, f"{own}/file", f"{own}/remove", f"{own}/flag"):
            assert client_as(person).get(address).status_code == 404, (person.name, address)
    assert not audited("attachment.opened")
    assert "IMG" not in client_as(scene.reporter).page(scene.address).text
    for person in (scene.coordinator, scene.administrator):
        assert client_as(person).get(own).status_code == 200


@pytest.mark.parametrize("what", ["a page named png", "11 MB", "a script"])
def test_what_is_refused_is_said_at_its_field_and_nothing_is_stored(scene, client_as, what):
    sent, words = REFUSED[what]
    answer = attach(client_as(scene.dean), scene.address, photo(), sent, title="Room 204")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400 and words in page
    assert 'id="files-error"' in page and 'value="Room 204"' in page
    assert all_attachments() == []


def test_a_record_takes_twenty_files(scene, client_as):
    client = client_as(scene.dean)
    assert attach(client, scene.address, *[pdf()] * 21).status_code == 400
    assert attach(client, scene.address, *[pdf()] * 19).status_code == 303
    answer = attach(client, scene.address, pdf(), pdf())
    assert "1 more fits." in answer.get_data(as_text=True)
    assert attach(client, scene.address, pdf()).status_code == 303
    assert "This record has 20 files already." in client.page(scene.address).text
    assert len(all_attachments()) == 20


def test_a_file_that_is_sent_twice_is_there_once(scene, client_as):
    client = client_as(scene.dean)
    form = client.form(scene.address, holding="title").values()
    sent = {field: form[field][0] for field in ("csrf_token", "request_key")}
    for _again in range(2):
        answer = client.post(scene.address, data={**sent, "files": (BytesIO(photo()), "a.jpg")})
        assert answer.status_code == 303
    assert len(all_attachments()) == 1
    assert "Take a photo or choose a file." in attach(client, scene.address).get_data(as_text=True)


def test_who_attached_it_removes_it_with_a_reason_and_a_trace_stays(scene, client_as):
    client = client_as(scene.reporter)
    attach(client, scene.address, photo(), title="Wrong room")
    attach(client, scene.address, photo(), title="Right room")
    first, second = all_attachments()
    assert client.submit(f"/attachments/{first.id}/remove", {"why": "  "}).status_code == 400
    assert client.submit(f"/attachments/{first.id}/remove", {"why": "Another room"}).status_code == 303
    gone, stays = all_attachments()
    assert (gone.sealed_text, gone.sealed_key, gone.removed_by_id) == (None, None, scene.reporter.id)
    assert stays.sealed_text is not None
    assert client.get(f"/attachments/{first.id}/file").status_code == 404
    assert "Another room" in client_as(scene.dean).page(scene.address).text
    scene.incident.state = IncidentState.CLOSED
    db.session.commit()
    assert client.get(f"/attachments/{second.id}/remove").status_code == 404
    assert "Add a photo or PDF" not in client.page(scene.address).text
    assert client.get(f"/attachments/{second.id}").status_code == 200


def test_nothing_is_removed_under_a_hold(scene, client_as):
    attach(client_as(scene.dean), scene.address, photo())
    [one] = all_attachments()
    hold = {"kind": HoldKind.LEGAL_HOLD, "reason": "A letter", "opened_at": clock.now()}
    db.session.add(LegalHold(student_id=scene.student.id, school_id=scene.school.id, **hold))
    db.session.commit()
    answer = client_as(scene.dean).submit(f"/attachments/{one.id}/remove", {"why": "A mistake"})
    assert answer.status_code == 400 and "A hold keeps this record" in answer.get_data(as_text=True)
    assert all_attachments()[0].sealed_text is not None


@pytest.fixture
def filed(session, at):
    at(NOW)
    found = make_scene()
    found.file = make_attachment("incident_id", found.incident.id, found.dean.id)
    db.session.commit()
    return found


def beside(filed):
    other = StudentFactory(school_id=filed.school.id)
    IncidentPersonFactory(incident_id=filed.incident.id, student_id=other.id)
    db.session.commit()
    return other


def erase(student_id):
    with unit_of_work(SYSTEM, clock.now()) as uow:
        uow.no_audit()
        return erase_student(uow, student_id, permanent=False)


def test_it_goes_with_a_report_of_nobody_else(filed):
    assert erase(filed.student.id)["attachment"] == 1
    assert all_attachments() == []


def test_of_a_report_that_stays_for_another_student_the_content_goes(filed):
    beside(filed)
    assert erase(filed.student.id)["files"] == 1
    [one] = all_attachments()
    assert one.sealed_text is None and one.removed_why == "The record of a student was deleted."


def test_a_hold_on_the_other_student_keeps_it(filed):
    other = beside(filed)
    hold = {"kind": HoldKind.LEGAL_HOLD, "reason": "A letter", "opened_at": clock.now()}
    db.session.add(LegalHold(student_id=other.id, school_id=filed.school.id, **hold))
    db.session.commit()
    assert "files" not in erase(filed.student.id)
    assert all_attachments()[0].sealed_text is not None


def test_a_sealed_file_keeps_the_record(filed):
    student_id = filed.student.id
    assert not keeps_record(student_id)
    filed.file.sealed_at, filed.file.sealed_why = clock.now(), SealedWhy.FLAGGED
    db.session.commit()
    assert keeps_record(student_id)


def test_a_new_key_reaches_it_and_leaves_the_bytes_where_they_lie(filed, monkeypatch):
    before = all_attachments()[0].sealed_text
    [entry] = [one for one in SEALED if one[0] == "attachments"]
    newer = Keys(("a newer key of the district, long enough", *setting("WSS_KEYS").masters))
    monkeypatch.setattr(rotation, "setting", lambda _name: newer)
    monkeypatch.setattr(rotation, "erase_deleted", lambda _names: True)
    assert rotation.rotate([entry], clock.now())["attachments"] == {"resealed": 1, "already": 0, "unreadable": 0}
    [one] = all_attachments()
    alone = Keys(newer.masters[:1])
    assert one.key_name == key_name(alone, PURPOSE) and one.sealed_text == before
    assert unseal_bytes(alone, PURPOSE, one.sealed_text, one.sealed_key).startswith(b"%PDF")


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
