"""A school with a report and its people, and how they send files."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Role
from wss_cases.attachments.attachment import Attachment
from wss_cases.foundation.db import db

ROLES = (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)


def make_scene() -> SimpleNamespace:
    """A report of a student at a school; each role of the school, and who has nothing to do with it."""
    school, other = SchoolFactory(), SchoolFactory()
    scene = SimpleNamespace(school=school, other=other, **{role.value: make_user(role, school) for role in ROLES})
    scene.stranger = make_user(Role.DEAN, other)
    scene.district, scene.auditor = make_user(Role.DISTRICT), make_user(Role.AUDITOR)
    scene.student = StudentFactory(school_id=school.id)
    scene.incident = make_incident(school, [scene.student], reporter_id=scene.reporter.id)
    scene.address = f"/incidents/{scene.incident.id}/files"
    db.session.commit()
    return scene


def attach(client: Any, address: str, *files: bytes, name: str = "IMG_0001.HEIC", title: str = "") -> Any:
    """Open the page, choose files and send them."""
    form = client.form(address, holding="title").values()
    sent = {field: form[field][0] for field in ("csrf_token", "request_key")}
    chosen = [(BytesIO(one), name) for one in files]
    return client.post(address, data={**sent, "title": title, "files": chosen})


def all_attachments() -> list[Attachment]:
    """Return every attachment, the oldest first."""
    db.session.expire_all()
    return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))
