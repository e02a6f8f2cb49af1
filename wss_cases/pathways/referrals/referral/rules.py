"""Pure decisions about referrals: who has them, which partner fits, and by when each answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.referrals.referral.states import (
    AWAITS_ANSWER,
    NO_SERVICE,
    OPEN,
    OUTCOME_OF,
    PARTNER_SEES,
    TRANSITIONS,
    ReferralState,
)

ENDS_SOON = timedelta(days=60)
"""How long before its end an agreement with a partner is marked."""

CUT_SHORT = frozenset({PathwayState.ENDED_EARLY, PathwayState.DECLINED})
"""A pathway that ended so takes its referral with it: there is nothing left that a partner may know."""


def may_become(state: ReferralState, next_state: ReferralState) -> bool:
    """Whether the table allows this change."""
    return next_state in TRANSITIONS[state]


def consent_in_force(consent: Any, day: date) -> bool:
    """Whether a written consent holds on a day: signed, not taken back, not run out."""
    return consent is not None and consent.revoked_at is None and consent.signed_on <= day <= consent.until_on


def is_open(referral: Any, day: date) -> bool:
    """Whether the partner that a referral went to has it on a day; `queries.open_to_partner` says the same in SQL.

    An agreement with the partner that has run out stops new referrals; these stay, as the family consented to them,
    until the district ends the work with the partner.
    """
    return (
        referral.state in PARTNER_SEES
        and referral.partner is not None
        and referral.partner.is_active
        and consent_in_force(referral.consent, day)
        and referral.pathway.state not in CUT_SHORT
    )


def agreement_in_force(partner: Any, day: date) -> bool:
    """Whether the district's agreement with a partner holds on a day. Without a first day there is none."""
    began = partner.agreement_from is not None and partner.agreement_from <= day
    return partner.is_active and began and (partner.agreement_until is None or day <= partner.agreement_until)


def agreement_ends_soon(partner: Any, day: date) -> bool:
    """Whether an agreement in force runs out within two months."""
    until = partner.agreement_until
    return agreement_in_force(partner, day) and until is not None and until <= day + ENDS_SOON


@dataclass(frozen=True)
class Wanted:
    """What a student needs a partner for; `language` is the family's, `grade` None is not known."""

    service: str
    language: str
    grade: int | None


@dataclass(frozen=True)
class Match:
    """How one partner fits: what speaks for it, what against, and whether a referral can be sent there at all."""

    partner: Any
    free: int
    reasons: Sequence[str]
    against: Sequence[str]
    can_send: bool
    offers: bool


def match(partner: Any, taken: int, wanted: Wanted, day: date) -> Match:
    """Say why a partner fits a student, or does not."""
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
    if not base or base in {spoken.split("-")[0] for spoken in partner.languages}:
        return True, _("speaks the family’s language") if base else "", ""
    return False, "", _("does not speak the family’s language")


def _grade(partner: Any, grade: int | None) -> tuple[bool, str, str]:
    low, high = partner.low_grade, partner.high_grade
    known = grade is not None and (low is not None or high is not None)
    inside = grade is None or ((low is None or low <= grade) and (high is None or grade <= high))
    return inside, _("works with this grade") if known else "", _("does not work with this grade")


def by_fit(matches: Sequence[Match]) -> list[Match]:
    """Order partners: those one can send to, then those that offer the help, then by what speaks against them."""
    return sorted(
        matches, key=lambda one: (not one.can_send, not one.offers, len(one.against), -one.free, one.partner.name)
    )


def outcome_of(referrals: Sequence[Any]) -> str | None:
    """Return what a pathway with these referrals ends with, newest first; None while nothing speaks for an end.

    It ends with what was received; where nothing was, and a partner was asked in vain, no service was available.
    """
    if any(row.state in OPEN for row in referrals):
        return None
    received = next((row.received for row in referrals if row.state is ReferralState.DONE), None)
    if received is not None:
        return OUTCOME_OF[received]
    return NO_SERVICE if any(row.state is ReferralState.DECLINED for row in referrals) else None


def waits_until(referral: Any) -> date | None:
    """Return the day by which the partner answers, or begins the service; None where it owes neither."""
    if referral.state in AWAITS_ANSWER:
        day: date | None = referral.answer_by
        return day
    return referral.first_service_by if referral.state is ReferralState.ACCEPTED else None
