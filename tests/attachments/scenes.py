"""A school with a report and its people, files of every kind, and how they are sent or put there."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, date, datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pillow_heif
from PIL import Image
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Role
from wss_cases.attachments.attachment import Attachment, AttachmentKind
from wss_cases.attachments.handling import PURPOSE
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import seal_bytes
from wss_cases.foundation.settings import setting
from wss_cases.pathways.circles.circle.models import CircleConsent
from wss_cases.pathways.circles.terms import Agreement
from wss_cases.pathways.referrals.referral.models import ReferralConsent
from wss_cases.records.family_copies.copy.models import FamilyRelease
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

ROLES = (Role.REPORTER, Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR)


def make_scene() -> SimpleNamespace:
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
    db.session.expire_all()
    return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


def make_attachment(host: str, record_id: int, added_by_id: int, **more: Any) -> Attachment:
    sealed = seal_bytes(setting("WSS_KEYS"), PURPOSE, b"%PDF-1.7 walked %%EOF")
    row = Attachment(
        **{host: record_id}, kind=AttachmentKind.PDF, size=21, sealed_text=sealed.text, sealed_key=sealed.key,
        key_name=sealed.key_name, added_by_id=added_by_id, added_at=NOW, **more,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def plant_attachments(one: Any, circle: Any) -> None:
    """Add a consent to a circle, and a file to it and to everything else of the school; the report's is the newest."""
    consent = CircleConsent.of(
        circle, participant_id=one.participant.id, consented=True, given_on=date(2026, 11, 20), recorded_at=NOW
    )
    db.session.add(consent)
    db.session.flush()
    hosts = {
        "circle_consent_id": select(CircleConsent.id).where(CircleConsent.school_id == one.school.id),
        "referral_consent_id": select(ReferralConsent.id).where(ReferralConsent.school_id == one.school.id),
        "agreement_id": select(Agreement.id).where(Agreement.school_id == one.school.id),
        "discipline_action_id": select(DisciplineAction.id).where(DisciplineAction.school_id == one.school.id),
        "family_release_id": select(FamilyRelease.id).where(FamilyRelease.school_id == one.school.id),
    }
    for host, ids in hosts.items():
        record_id = db.session.execute(ids.order_by(ids.selected_columns["id"].desc()).limit(1)).scalar_one()
        make_attachment(host, record_id, one.lead.id)
    make_attachment("incident_id", one.incident.id, one.reporter.id)


PLACE = b"41.8781N 87.6298W"


def photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """A picture of one color; a JPEG says where and how it was held."""
    out = BytesIO()
    if kind == "JPEG" and not more:
        exif = Image.Exif()
        exif[0x010E], exif[0x0112] = PLACE.decode(), 6  # description, turned by a quarter
        more = {"exif": exif}
    Image.new("RGB", size, "#7a1f2b").save(out, kind, **more)
    return out.getvalue()


def heic() -> bytes:
    out = BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "#7a1f2b")).save(out, quality=50)
    return out.getvalue()


def pdf(extra: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R " + extra + b">> endobj\n"
        b"2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n3 0 obj <</Type /Page /Parent 2 0 R>> endobj\n"
        b"trailer <</Root 1 0 R>>\n%%EOF\n"
    )


def packed(objects: bytes, filters: bytes = b"/Filter /FlateDecode") -> bytes:
    """A PDF whose objects lie packed in a stream."""
    body = zlib.compress(objects)
    head = b"4 0 obj <</Type /Obj#53tm /N 1 " + filters + b">>\nstream\n"
    return pdf().replace(b"trailer", head + body + b"\nendstream\nendobj\ntrailer")


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    """A small PNG that says it has 10,000 × 10,000 pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND")


def moving() -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def moving_bomb() -> bytes:
    """A small PNG that says it moves through two billion frames of 10,000 × 10,000 pixels."""
    still = bomb()
    begin = still.index(b"IDAT") - 4
    frames = struct.pack(">II", 2**31 - 1, 0)
    return still[:begin] + chunk(b"acTL", frames) + still[begin:]


def many_scans() -> bytes:
    """A JPEG that would be drawn over and over."""
    whole = photo("JPEG", (16, 16), progressive=True)
    return whole[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 500 + whole[-2:]


REFUSED: dict[str, tuple[bytes, str]] = {
    "a page named png": (b"<!doctype html><script>alert(1)</script>", "is not a photo"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a photo"),
    "another kind of picture": (photo("GIF"), "is not a photo"),
    "nothing": (b"", "is not a photo"),
    "a bomb": (bomb(), "has too many pixels"),
    "a moving picture": (moving(), "or a moving picture"),
    "a bomb that moves": (moving_bomb(), "has too many pixels"),
    "half a photo": (photo("JPEG", (640, 480))[:-400], "is damaged, not complete"),
    "half a photo of an iPhone": (heic()[:-40], "is damaged, not complete"),
    "endless scans": (many_scans(), "is damaged, not complete"),
    "11 MB": (photo() + bytes(11 * 1024**2), "has more than 10 MB"),
    "a script": (pdf(b"/Names <</JavaScript 5 0 R>>"), "has a script"),
    "a hidden script": (pdf(b"/OpenAction <</S /Java#53cript /J#53 (x)>>"), "has a script"),
    "an action at opening": (pdf(b"/OpenAction 5 0 R"), "has a script"),
    "a program": (pdf(b"/A <</S /Launch>>"), "has a script"),
    "a file in a file": (pdf(b"/Names <</EmbeddedFiles 5 0 R>>"), "has a script"),
    "a packed script": (packed(b"5 0 <</S /JavaScript /JS (app.alert(1))>>"), "has a script"),
    "packed twice": (packed(b"5 0 <<>>", b"/Filter [/ASCIIHexDecode /FlateDecode]"), "locked with a password"),
    "a packed bomb": (packed(bytes(41_000_000)), "locked with a password"),
    "locked": (pdf(b"/Encrypt 9 0 R"), "locked with a password"),
    "half a PDF": (pdf()[:-8], "is damaged, not complete"),
}
"""What is sent, and a part of what its sender is told."""
