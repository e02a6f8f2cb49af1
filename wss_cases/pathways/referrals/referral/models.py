"""Referrals: tables, states, who may see them, which partner fits, deadlines; their labels and history sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wss_cases.cases.case.models import OfCase
from wss_cases.foundation.db import Base, Id, Versioned, named_enum, where
from wss_cases.foundation.i18n import Labelled, _, _l, ngettext
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.models import InPathway, Pathway, PathwayState


class ReferralState(Labelled):
    """Drafted → written consent → sent → accepted | declined | waitlisted → first seen → active → done | revoked."""

    DRAFTED = "drafted", _l("Drafted")
    CONSENTED = "consented", _l("Consent given")
    SENT = "sent", _l("Sent")
    ACCEPTED = "accepted", _l("Accepted")
    WAITLISTED = "waitlisted", _l("On a waiting list")
    DECLINED = "declined", _l("The partner cannot accept it")
    FIRST_SEEN = "first_seen", _l("First seen")
    ACTIVE = "active", _l("Service under way")
    DONE = "done", _l("Done")
    REVOKED = "revoked", _l("Consent revoked")
    WITHDRAWN = "withdrawn", _l("Withdrawn by the school")


R = ReferralState
TRANSITIONS: dict[ReferralState, frozenset[ReferralState]] = {
    **dict.fromkeys(ReferralState, frozenset()),
    R.DRAFTED: frozenset({R.CONSENTED, R.WITHDRAWN}),
    R.CONSENTED: frozenset({R.SENT, R.REVOKED, R.WITHDRAWN}),
    R.SENT: frozenset({R.ACCEPTED, R.WAITLISTED, R.DECLINED, R.REVOKED, R.WITHDRAWN}),
    R.WAITLISTED: frozenset({R.ACCEPTED, R.DECLINED, R.REVOKED, R.WITHDRAWN}),
    R.ACCEPTED: frozenset({R.FIRST_SEEN, R.REVOKED, R.WITHDRAWN}),
    R.FIRST_SEEN: frozenset({R.ACTIVE, R.DONE, R.REVOKED, R.WITHDRAWN}),
    R.ACTIVE: frozenset({R.DONE, R.REVOKED, R.WITHDRAWN}),
}
"""`revoked`: the family revoked its consent. `withdrawn`: the school withdrew the referral."""

PARTNER_SEES = frozenset({R.SENT, R.WAITLISTED, R.ACCEPTED, R.FIRST_SEEN, R.ACTIVE, R.DONE})
"""States in which the partner may see the referral, while consent is in force."""

OPEN = frozenset(state for state, later in TRANSITIONS.items() if later)
"""States that are not final. A pathway has at most one such referral."""

AWAITS_ANSWER = frozenset({R.SENT, R.WAITLISTED})
SERVED = frozenset({R.FIRST_SEEN, R.ACTIVE, R.DONE})
RENEWABLE = OPEN - {R.DRAFTED}
"""States in which a consent can be renewed."""

TAKES_A_PLACE = frozenset({R.ACCEPTED, R.FIRST_SEEN, R.ACTIVE})
"""States in which a referral takes one of the partner's places."""


class Service(Labelled):
    """The kinds of help of wrap-around support, as partners offer them."""

    BEHAVIORAL_HEALTH = "behavioral_health", _l("Behavioral health")
    SUBSTANCE_USE = "substance_use", _l("Substance use")
    HOUSING_BASIC_NEEDS = "housing_basic_needs", _l("Housing and basic needs")
    VIOLENCE_INTERVENTION = "violence_intervention", _l("Violence intervention")
    FAMILY_SUPPORT = "family_support", _l("Family support")
    ACADEMIC = "academic", _l("Academic support")


class PartnerRole(Labelled):
    STEERING = "steering", _l("On the steering committee")
    SAFE_PASSAGE = "safe_passage", _l("Safe Passage vendor")
    SERVICE = "service", _l("Service provider")
    FACILITATOR = "facilitator", _l("Facilitator")


class ServiceKind(Labelled):
    FIRST = "first", _l("First service")
    LATER = "later", _l("Later service")
    LAST = "last", _l("Last service")


FIELD_LABELS = {
    "name": _l("The student’s name"),
    "service": _l("The kind of help asked for"),
    "grade": _l("Grade"),
    "birth_date": _l("Date of birth"),
    "language": _l("Language of the family"),
    "guardian_name": _l("Name of a parent or guardian"),
    "guardian_phone": _l("Phone of a parent or guardian"),
    "need": _l("What the student needs, in one sentence"),
    "school_contact": _l("Who to ask at the school"),
}
"""The fields that may go to a partner, each only when the family agreed to it."""

ALWAYS = ("name", "service")
"""Fields that every consent includes, because no partner can help without them."""

RELATION_LABELS = {
    "parent": _l("Parent"),
    "guardian": _l("Guardian"),
    "student": _l("The student, 18 or older"),
    "other": _l("Another person with the right to sign"),
}

MANNER_LABELS = {
    "paper": _l("Signed on paper"),
    "electronic": _l("Signed electronically"),
    "mail": _l("Signed and sent back by mail"),
}
"""How a consent was given. It must be written, so a phone call is not one."""

DECLINE_LABELS = {
    "no_place": _l("There is no open spot"),
    "not_our_service": _l("We do not offer this kind of help"),
    "outside_area": _l("The family lives outside our area"),
    "age": _l("The student is outside the ages we work with"),
    "language": _l("No one here speaks the family’s language"),
    "not_reached": _l("We could not reach the family"),
    "family_does_not_wish": _l("The family does not want it"),
    "other": _l("Another reason"),
}

ANSWER_LABELS = {
    "accepted": _l("It accepts"),
    "waitlisted": _l("It put it on its waiting list"),
    "declined": _l("It cannot accept it"),
}

LANGUAGES = (
    *("en", "es", "ar", "zh", "fr", "gu", "hi", "ko", "pl", "ps", "pt", "ro", "ru", "sw", "tl", "uk", "ur"),
    *("vi", "yo"),
)
"""Languages that a partner's entry and a consent can name, besides those of families on the roster."""

WITHDRAW_LABELS = {
    "no_answer": _l("The partner did not answer"),
    "other_partner": _l("Another partner fits better"),
    "not_needed": _l("The help is no longer needed"),
    "moved": _l("The student moved away"),
    "mistake": _l("It was drafted by mistake"),
}

PATHWAY_ENDED = "pathway_ended"
"""The reason when the system withdraws a referral; nobody chooses it."""

RECEIVED_LABELS = {
    "all": _l("All of the help that was planned"),
    "partly": _l("Part of the help that was planned"),
    "stopped": _l("It began, and the family stopped it early"),
}

OUTCOME_OF = {"all": "service_received", "partly": "service_partly_received", "stopped": "service_partly_received"}
"""The outcome of a pathway by what was received."""

NO_SERVICE = "service_not_available"
"""The outcome of a pathway when no partner could help."""

FOLLOW_UPS = ("referral_answer", "referral_first_service", "referral_consent_ends")
"""Kinds of follow-ups that a referral makes and closes."""

SENTENCES = {
    "partner.added": _l("Partner added to the directory"),
    "partner.changed": _l("Partner’s entry changed"),
    "partner.ended": _l("Partner deactivated"),
    "partner.resumed": _l("Partner reactivated"),
    "partner.user_ended": _l("Access for the partner ended: %(name)s"),
    "referral.saved": _l("Referral details saved"),
    "referral.drafted": _l("Referral to %(partner)s drafted"),
    "referral.consented": _l("Written consent to a referral to %(partner)s, until %(until)s"),
    "referral.renewed": _l("Consent to the referral to %(partner)s renewed, until %(until)s"),
    "referral.sent": _l("Referral sent to %(partner)s; an answer is due by %(by)s"),
    "referral.accepted": _l("%(partner)s accepted the referral; first service is due by %(by)s"),
    "referral.waitlisted": _l("%(partner)s put the referral on its waiting list"),
    "referral.declined": (_l("%(partner)s cannot accept the referral: %(reason)s"), {"reason": DECLINE_LABELS}),
    "referral.late": _l("The partner is late since %(on)s; the person responsible for the case was told"),
    "referral.first_seen": _l("First service at %(partner)s on %(on)s"),
    "referral.service": _l("Service at %(partner)s on %(on)s"),
    "referral.done": (_l("Service at %(partner)s ended: %(received)s"), {"received": RECEIVED_LABELS}),
    "referral.revoked": _l("The family revoked its consent; %(partner)s no longer has the referral"),
    "referral.withdrawn": (
        _l("Referral to %(partner)s withdrawn: %(reason)s"),
        {"reason": {**WITHDRAW_LABELS, PATHWAY_ENDED: _l("The pathway has ended.")}},
    ),
}


ENDS_SOON = timedelta(days=60)
"""How long before its end an agreement with a partner is flagged."""

CUT_SHORT = frozenset({PathwayState.ENDED_EARLY, PathwayState.DECLINED})
"""Ends of a pathway that also end the partner's access to its referral."""


def may_become(state: ReferralState, next_state: ReferralState) -> bool:
    return next_state in TRANSITIONS[state]


def consent_in_force(consent: Any, day: date) -> bool:
    """Whether a written consent is in force on a day: signed, not revoked, not expired."""
    return consent is not None and consent.revoked_at is None and consent.signed_on <= day <= consent.until_on


def is_open(referral: Any, day: date) -> bool:
    """Whether the partner may see its referral on a day; `queries.open_to_partner` is the same rule in SQL.

    An expired agreement with the partner stops new referrals. Existing ones stay, as the family consented to them,
    until the district deactivates the partner.
    """
    return (
        referral.state in PARTNER_SEES
        and referral.partner is not None
        and referral.partner.is_active
        and consent_in_force(referral.consent, day)
        and referral.pathway.state not in CUT_SHORT
    )


def agreement_in_force(partner: Any, day: date) -> bool:
    """Whether the district's agreement with a partner is in force on a day. Without a first day there is none."""
    began = partner.agreement_from is not None and partner.agreement_from <= day
    return partner.is_active and began and (partner.agreement_until is None or day <= partner.agreement_until)


def agreement_ends_soon(partner: Any, day: date) -> bool:
    """Whether an agreement in force ends within two months."""
    until = partner.agreement_until
    return agreement_in_force(partner, day) and until is not None and until <= day + ENDS_SOON


@dataclass(frozen=True)
class Wanted:
    """What a student needs a partner for. `language` is the family's; `grade` None: unknown."""

    service: str
    language: str
    grade: int | None


@dataclass(frozen=True)
class Match:
    """How a partner fits: reasons for and against, and whether a referral can be sent there at all."""

    partner: Any
    free: int
    reasons: Sequence[str]
    against: Sequence[str]
    can_send: bool
    offers: bool


def match(partner: Any, taken: int, wanted: Wanted, day: date) -> Match:
    """How a partner fits a student, with reasons for and against."""
    free = max(partner.capacity - taken, 0)
    can_send = agreement_in_force(partner, day)
    offers = wanted.service in partner.services
    labels = [
        (offers, _("offers this help"), _("does not offer this help")),
        _language(partner, wanted.language),
        _grade(partner, wanted.grade),
        (free > 0, ngettext("%(num)d open spot", "%(num)d open spots", free), _("no open spot")),
        (can_send, _("agreement in force"), _("no agreement in force: nothing can be sent")),
    ]
    reasons = [words for good, words, _bad in labels if good and words]
    return Match(partner, free, reasons, [words for good, _words, words in labels if not good], can_send, offers)


def _language(partner: Any, language: str) -> tuple[bool, str, str]:
    base = language.split("-")[0]
    if not base or base in {code.split("-")[0] for code in partner.languages}:
        return True, _("speaks the family’s language") if base else "", ""
    return False, "", _("does not speak the family’s language")


def _grade(partner: Any, grade: int | None) -> tuple[bool, str, str]:
    low, high = partner.low_grade, partner.high_grade
    known = grade is not None and (low is not None or high is not None)
    inside = grade is None or ((low is None or low <= grade) and (high is None or grade <= high))
    return inside, _("works with this grade") if known else "", _("does not work with this grade")


def by_fit(matches: Sequence[Match]) -> list[Match]:
    """Sort partners: those that can be sent a referral, then those that offer the help, then by reasons against."""
    return sorted(
        matches,
        key=lambda candidate: (
            not candidate.can_send,
            not candidate.offers,
            len(candidate.against),
            -candidate.free,
            candidate.partner.name,
        ),
    )


def outcome_of(referrals: Sequence[Any]) -> str | None:
    """The outcome that a pathway's referrals give, newest first; None while one is open or none was answered.

    It follows from what was received. If nothing was received and a partner declined, no service was available.
    """
    if any(row.state in OPEN for row in referrals):
        return None
    received = next((row.received for row in referrals if row.state is ReferralState.DONE), None)
    if received is not None:
        return OUTCOME_OF[received]
    return NO_SERVICE if any(row.state is ReferralState.DECLINED for row in referrals) else None


def waits_until(referral: Any) -> date | None:
    """The day by which the partner must answer or begin the service; None when it owes neither."""
    if referral.state in AWAITS_ANSWER:
        day: date | None = referral.answer_by
        return day
    return referral.first_service_by if referral.state is ReferralState.ACCEPTED else None


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
