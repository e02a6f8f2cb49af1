"""Tables: partners, referrals, the written consent of each, and the days of service."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.models import InPathway, Pathway
from wss_cases.pathways.referrals.referral.rules import OPEN, ReferralState, ServiceKind, is_open

ONE_OPEN = "state in ({})".format(", ".join(f"'{state.value}'" for state in sorted(OPEN)))


class Partner(Versioned, Base):
    """An organization in the district's directory: its services, for whom, and how long its agreement runs."""

    __tablename__ = "partner"
    __table_args__ = (
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint(
            "agreement_until is null or agreement_from is null or agreement_until >= agreement_from", name="dates"
        ),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200), unique=True)
    services: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=list)
    low_grade: Mapped[int | None]
    high_grade: Mapped[int | None]
    area: Mapped[str] = mapped_column(String(200), default="")
    capacity: Mapped[int] = mapped_column(default=0)
    agreement_from: Mapped[date | None]
    agreement_until: Mapped[date | None]
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    days_to_answer: Mapped[int] = mapped_column(default=5)
    days_to_first_service: Mapped[int] = mapped_column(default=10)
    is_active: Mapped[bool] = mapped_column(default=True)
    roles: Mapped[list[str]] = mapped_column(default=list, server_default="[]")


class Referral(InPathway, OfCase, Versioned, Base):
    """A referral to a partner. `sent_fields` is exactly what was sent, and all that the partner sees.

    `partner_name`: the partner's name when the referral was written.
    """

    __tablename__ = "referral"
    __table_args__ = (
        Index("ix_referral_pathway", "pathway_id"),
        Index("ix_referral_partner_state", "partner_id", "state"),
        Index("ix_referral_school_state", "school_id", "state"),
        Index("uq_referral_open", "pathway_id", unique=True, **where(ONE_OPEN)),
        CheckConstraint(
            "state in ('drafted', 'consented', 'withdrawn', 'revoked') or sent_on is not null", name="sent"
        ),
        CheckConstraint(
            "state not in ('accepted', 'declined', 'first_seen', 'active', 'done') or answered_on is not null",
            name="answered",
        ),
        CheckConstraint(
            "state not in ('first_seen', 'active', 'done') or first_service_on is not null", name="first_service"
        ),
        CheckConstraint("state != 'done' or received <> ''", name="received"),
        CheckConstraint(
            "(state in ('declined', 'done', 'revoked', 'withdrawn')) = (ended_on is not null)", name="ended"
        ),
    )
    PRIVATE = frozenset({"sent_fields", "need", "received", "partner_name", "answer_note"})

    id: Mapped[Id]
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    partner_name: Mapped[str] = mapped_column(String(200), default="")
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    service: Mapped[str] = mapped_column(String(40), default="", server_default="")
    need: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[ReferralState] = mapped_column(
        named_enum(ReferralState, "state"), default=ReferralState.DRAFTED, server_default=ReferralState.DRAFTED.value
    )
    sent_on: Mapped[date | None]
    sent_fields: Mapped[dict[str, Any] | None]
    answer_by: Mapped[date | None]
    answered_on: Mapped[date | None]
    answer_note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    first_service_by: Mapped[date | None]
    first_service_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    received: Mapped[str] = mapped_column(String(60), default="", server_default="")
    partner: Mapped[Partner | None] = relationship()
    consent: Mapped["ReferralConsent | None"] = relationship(
        back_populates="referral",
        uselist=False,
        primaryjoin="and_(Referral.id == ReferralConsent.referral_id, ReferralConsent.replaced_at.is_(None))",
    )
    services: Mapped[list["ServiceDate"]] = relationship(order_by="(ServiceDate.on_day, ServiceDate.id)")
    pathway: Mapped[Pathway] = relationship()

    def is_open_to_partner(self, now: datetime) -> bool:
        """Whether the partner may see it now: sent, consent in force, and pathway not cut short."""
        return is_open(self, today_at(None, now))


class ReferralConsent(Versioned, Base):
    """A guardian's written consent (FERPA 99.30): who, which records, why, to whom, until when. It can be revoked at
    once.

    A renewed consent stays as it was signed, with `replaced_at` the time when the new one was recorded. The consent
    without it counts.
    """

    __tablename__ = "referral_consent"
    __table_args__ = (
        CheckConstraint("until_on >= signed_on", name="dates"),
        CheckConstraint("(revoked_at is null) = (revoked_on is null)", name="revoked"),
        Index("uq_referral_consent_counts", "referral_id", unique=True, **where("replaced_at IS NULL")),
    )
    PRIVATE = frozenset({"signed_by", "purpose"})

    id: Mapped[Id]
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_record.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    signed_by: Mapped[str] = mapped_column(String(200))
    relation: Mapped[str] = mapped_column(String(40))
    manner: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(20), default="en")
    fields: Mapped[list[str]]
    purpose: Mapped[str] = mapped_column(String(300))
    signed_on: Mapped[date]
    until_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    replaced_at: Mapped[datetime | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("referral_consent.id"), unique=True)
    replaces: Mapped["ReferralConsent | None"] = relationship(remote_side="ReferralConsent.id")
    referral: Mapped[Referral] = relationship(back_populates="consent")


class ServiceDate(Base):
    """A day of service, as the partner or the school logged it. Nothing of what was said there."""

    __tablename__ = "referral_service_date"
    __table_args__ = (Index("ix_referral_service_date_referral", "referral_id"),)

    id: Mapped[Id]
    referral_id: Mapped[int] = mapped_column(ForeignKey("referral.id"))
    kind: Mapped[ServiceKind] = mapped_column(named_enum(ServiceKind, "kind"))
    on_day: Mapped[date]
    logged_at: Mapped[datetime]
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
