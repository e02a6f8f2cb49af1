"""Files on a report: attached, listed, opened with an audit row, removed with a trace, and nobody else's to see."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from tests.attachments.samples import REFUSED, pdf, photo
from tests.attachments.scenes import all_attachments, attach, make_scene
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.legal_holds import HoldKind, LegalHold

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
