"""A file on a record of each kind, of one school, for the walk of all roles and for the filters."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

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

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)


def make_attachment(host: str, record_id: int, added_by_id: int, **more: Any) -> Attachment:
    """Return a stored PDF on a record."""
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
