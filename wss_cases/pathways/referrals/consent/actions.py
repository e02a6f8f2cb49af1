"""Written consent (FERPA 99.30), what it lets go to the partner (99.32), and taking it back at once."""

from dataclasses import dataclass
from datetime import date, timedelta

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import note_acceptance, note_start
from wss_cases.pathways.common.follow_ups import close_open, follow
from wss_cases.pathways.common.states import PathwayState
from wss_cases.pathways.referrals.referral.letters import record_of
from wss_cases.pathways.referrals.referral.lifecycle import check_step, drop_follow_ups, load_with_pathway, tell_partner
from wss_cases.pathways.referrals.referral.messages import ENDED, SENT
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent
from wss_cases.pathways.referrals.referral.rules import agreement_in_force, consent_in_force, is_open, may_become
from wss_cases.pathways.referrals.referral.states import (
    ALWAYS,
    FIELD_LABELS,
    MANNER_LABELS,
    RELATION_LABELS,
    RENEWABLE,
    ReferralState,
    Service,
)
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import refuse_kept_off

LONGEST = timedelta(days=366)
BEFORE_END = 5
"""School days before a consent runs out on which its renewal is asked for."""


@dataclass(frozen=True)
class Signed:
    """A consent as it was signed: by whom, how, in which language, on what day, until when."""

    by: str
    relation: str
    manner: str
    language: str
    on: date
    until: date


@use_case
def record_consent(uow: UnitOfWork, referral_id: int, signed: Signed, fields: list[str], purpose: str) -> int:
    """Record the written consent to a drafted referral, with exactly the fields that were agreed to.

    A pathway that was only proposed is accepted with it. Raises Refused naming what is missing.
    """
    pathway, row = load_with_pathway(uow, referral_id, uow.version)
    _check(signed, row.student_id, today_at(row.school_id, uow.now))
    if set(fields) - set(FIELD_LABELS) or not set(ALWAYS) <= set(fields):
        raise Refused("fields", _("Choose what the family agreed to. Nothing can be sent without the name."))
    if not purpose.strip():
        raise Refused("purpose", _("Write why it is shared, as the family read it."))
    check_step(row, ReferralState.CONSENTED)
    row.state = ReferralState.CONSENTED
    consent = ReferralConsent(
        referral_id=row.id, case_id=row.case_id, school_id=row.school_id, purpose=purpose,
        fields=[code for code in FIELD_LABELS if code in fields],
    )  # fmt: skip
    _write(uow, consent, signed)
    uow.add(consent)
    uow.audit("referral.consented", "referral_consent", consent.id, {"fields": [None, consent.fields]})
    uow.record(row, "referral.consented", partner=row.partner_name, until=signed.until.isoformat())
    if pathway.state is PathwayState.PROPOSED:
        note_acceptance(uow, pathway, signed.on)
    return row.id


def _check(signed: Signed, student_id: int | None, today: date) -> None:
    if not signed.by.strip():
        raise Refused("by", _("Enter who signed."))
    if student_id is not None and signed.relation != "student":
        refuse_kept_off("by", [student_id], signed.by)
    if signed.relation not in RELATION_LABELS:
        raise Refused("relation", _("Choose who that is."))
    if signed.manner not in MANNER_LABELS:
        raise Refused("manner", _("Choose how it was given."))
    if signed.on > today:
        raise Refused("on", _("Choose today or an earlier day."))
    if signed.until < today:
        raise Refused("until", _("Choose a day that has not passed."))
    if signed.until - signed.on > LONGEST:
        raise Refused("until", _("Choose a day within one year of signing."))


def _write(uow: UnitOfWork, consent: ReferralConsent, signed: Signed) -> None:
    consent.signed_by, consent.relation, consent.manner = signed.by, signed.relation, signed.manner
    consent.language, consent.signed_on, consent.until_on = signed.language, signed.on, signed.until
    consent.recorded_at, consent.recorded_by_id = uow.now, uow.actor.user_id


@use_case
def send(uow: UnitOfWork, referral_id: int) -> int:
    """Send a consented referral: only the fields agreed to, written down as a disclosure; clocks and mail begin.

    Raises Refused where the consent has run out, or no agreement with the partner is in force.
    """
    pathway, row = load_with_pathway(uow, referral_id, uow.version)
    today = today_at(row.school_id, uow.now)
    check_step(row, ReferralState.SENT)
    consent, partner = row.consent, row.partner
    if consent is None or not consent_in_force(consent, today):
        raise Refused("", _("The consent has expired. Ask the family again."))
    if partner is None or row.student_id is None or not agreement_in_force(partner, today):
        raise Refused("", _("No agreement with this partner is in force, so nothing can be sent to it."))
    known = record_of(row)
    answer_by = school_days(row.school_id).add(today, partner.days_to_answer)
    row.state, row.sent_on, row.answer_by = ReferralState.SENT, today, answer_by
    row.sent_fields = {code: known[code] for code in consent.fields if code in known}
    uow.record(row, "referral.sent", partner=partner.name, by=answer_by.isoformat())
    uow.disclose(
        row, row.student_id, told_whom=partner.name, interest=row.service,
        purpose=consent.purpose, fields=list(row.sent_fields), of_housing=row.service == Service.HOUSING_BASIC_NEEDS,
    )  # fmt: skip
    if pathway.state is PathwayState.PREPARING:
        note_start(uow, pathway, today)
    follow(uow, pathway, "referral_answer", answer_by)
    _ask_to_renew(uow, row, today, consent.until_on)
    tell_partner(uow, row, SENT)
    return row.id


def _ask_to_renew(uow: UnitOfWork, row: Referral, today: date, until: date) -> None:
    due_on = max(today, school_days(row.school_id).add(until, -BEFORE_END))
    follow(uow, row.pathway, "referral_consent_ends", due_on)


@use_case
def renew(uow: UnitOfWork, referral_id: int, signed: Signed) -> int:
    """Record that the family signed again for the same partner and the same fields, until a later day.

    What was signed before stays as it was, and no longer counts.
    """
    _pathway, row = load_with_pathway(uow, referral_id, uow.version)
    before = row.consent
    if row.state not in RENEWABLE or before is None or before.revoked_at is not None:
        raise Refused("", _("There is no consent here to renew."))
    today = today_at(row.school_id, uow.now)
    _check(signed, row.student_id, today)
    before.replaced_at = uow.now
    uow.session.flush()
    consent = ReferralConsent(
        referral_id=row.id, case_id=row.case_id, school_id=row.school_id, purpose=before.purpose, fields=before.fields,
        replaces_id=before.id,
    )  # fmt: skip
    _write(uow, consent, signed)
    uow.add(consent)
    uow.session.expire(row, ["consent"])
    uow.audit("referral.renewed", "referral_consent", consent.id, {"replaces_id": [None, before.id]})
    uow.record(row, "referral.renewed", partner=row.partner_name, until=signed.until.isoformat())
    if row.sent_on is not None:
        close_open(uow, row.pathway_id, "referral_consent_ends", "renewed")
        _ask_to_renew(uow, row, today, signed.until)
    return row.id


@use_case
def revoke(uow: UnitOfWork, referral_id: int) -> int:
    """Record that the family took its consent back; the partner's access ends with this commit.

    Works from every state, also after the service, the pathway or the case has ended. What was disclosed, and the
    history, stay. Raises Refused where there is no consent to take back.
    """
    row = uow.load(Referral, referral_id, Permission.CASE_WORK, uow.version)
    consent = row.consent
    if consent is None or consent.revoked_at is not None:
        raise Refused("", _("There is no consent here to revoke."))
    today = today_at(row.school_id, uow.now)
    was_open = is_open(row, today)
    consent.revoked_on, consent.revoked_at, consent.revoked_by_id = today, uow.now, uow.actor.user_id
    uow.audit("referral.revoked", "referral_consent", consent.id, changes_of(consent))
    if may_become(row.state, ReferralState.REVOKED):
        row.state, row.ended_on = ReferralState.REVOKED, today
        # a referral that was over had settled its own; what waits now is the next one's
        drop_follow_ups(uow, row)
    uow.record(row, "referral.revoked", partner=row.partner_name)
    if was_open:
        tell_partner(uow, row, ENDED)
    return row.id
