"""The papers of one pathway: each consent and the agreement, as far as the actor reads them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.attachments.attachment.queries import counts_on, readable
from wss_cases.attachments.hosts.queries import Host, host_of
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.circle.models import CircleConsent
from wss_cases.pathways.circles.terms.models import Agreement
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent


@dataclass(frozen=True)
class Paper:
    """One thing that may have files: what it is, of whom (None: of nobody alone), its day, and how many it has."""

    host: Host
    participant: CaseParticipant | None
    day: date
    count: int


def papers_of(actor: Actor, row: Pathway) -> list[Paper]:
    """Return what may have files in a pathway that the actor may see, consents first."""
    circle = select(CircleConsent).where(
        CircleConsent.pathway_id == row.id, CircleConsent.id.in_(readable("circle_consent_id", actor))
    )
    referral = (
        select(ReferralConsent)
        .join(Referral, Referral.id == ReferralConsent.referral_id)
        .where(Referral.pathway_id == row.id, ReferralConsent.id.in_(readable("referral_consent_id", actor)))
    )
    agreement = select(Agreement).where(
        Agreement.pathway_id == row.id, Agreement.id.in_(readable("agreement_id", actor))
    )
    return [
        *_papers(actor, "circle_consent_id", circle.order_by(CircleConsent.id), "given_on"),
        *_papers(actor, "referral_consent_id", referral.order_by(ReferralConsent.id), "signed_on"),
        *_papers(actor, "agreement_id", agreement, "agreed_on"),
    ]


def _papers(actor: Actor, name: str, statement: Any, day: str) -> list[Paper]:
    rows = db.session.scalars(statement).all()
    counts = counts_on(actor, name, [row.id for row in rows])
    found = []
    for row in rows:
        participant_id = getattr(row, "participant_id", None)
        whose = db.session.get(CaseParticipant, participant_id) if participant_id is not None else None
        found.append(Paper(host_of(actor, name, row.id), whose, getattr(row, day), counts.get(row.id, 0)))
    return found
