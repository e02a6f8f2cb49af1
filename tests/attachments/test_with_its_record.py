"""A file goes with its record, stays under a hold or a seal, and lies under the newest key."""

from __future__ import annotations

import pytest

from tests.attachments.planting import make_attachment
from tests.attachments.scenes import all_attachments, make_scene
from tests.factories.incidents import IncidentPersonFactory
from tests.factories.roster import StudentFactory
from wss_cases.access.actor import SYSTEM
from wss_cases.attachments.attachment import SealedWhy
from wss_cases.attachments.handling import PURPOSE, keeps_record
from wss_cases.cli.common import SEALED
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import Keys, key_name, unseal_bytes
from wss_cases.foundation.settings import setting
from wss_cases.journal import key_rotation as rotation
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.legal_holds import HoldKind, LegalHold
from wss_cases.records.retention.deletion.erasure import erase_student

NOW = "2026-11-24 10:00"


@pytest.fixture
def scene(session, at):
    at(NOW)
    found = make_scene()
    found.file = make_attachment("incident_id", found.incident.id, found.dean.id)
    db.session.commit()
    return found


def beside(scene):
    other = StudentFactory(school_id=scene.school.id)
    IncidentPersonFactory(incident_id=scene.incident.id, student_id=other.id)
    db.session.commit()
    return other


def erase(student_id):
    with unit_of_work(SYSTEM, clock.now()) as uow:
        uow.no_audit()
        return erase_student(uow, student_id, permanent=False)


def test_it_goes_with_a_report_of_nobody_else(scene):
    assert erase(scene.student.id)["attachment"] == 1
    assert all_attachments() == []


def test_of_a_report_that_stays_for_another_student_the_content_goes(scene):
    beside(scene)
    assert erase(scene.student.id)["files"] == 1
    [one] = all_attachments()
    assert one.sealed_text is None and one.removed_why == "The record of a student was deleted."


def test_a_hold_on_the_other_student_keeps_it(scene):
    other = beside(scene)
    hold = {"kind": HoldKind.LEGAL_HOLD, "reason": "A letter", "opened_at": clock.now()}
    db.session.add(LegalHold(student_id=other.id, school_id=scene.school.id, **hold))
    db.session.commit()
    assert "files" not in erase(scene.student.id)
    assert all_attachments()[0].sealed_text is not None


def test_a_sealed_file_keeps_the_record(scene):
    student_id = scene.student.id
    assert not keeps_record(student_id)
    scene.file.sealed_at, scene.file.sealed_why = clock.now(), SealedWhy.FLAGGED
    db.session.commit()
    assert keeps_record(student_id)


def test_a_new_key_reaches_it_and_leaves_the_bytes_where_they_lie(scene, monkeypatch):
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
