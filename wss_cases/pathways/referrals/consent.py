"""A family's written consent: recording, renewing and revoking it, sending the referral, the letter, and their
pages.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import close_open, follow, note_acceptance, note_start
from wss_cases.pathways.common.pages import ConfirmForm, act_context, act_on, page_of
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.rules import LIVE, Pathway, PathwayState
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent
from wss_cases.pathways.referrals.referral.pages import (
    ENDED,
    SENT,
    TO_CHOOSE,
    ConsentForm,
    LetterForm,
    RenewForm,
    check_step,
    drop_follow_ups,
    load_with_pathway,
    tell_partner,
)
from wss_cases.pathways.referrals.referral.queries import (
    family_language,
    field_words,
    get_referral,
    lacks_text,
    letter,
    purpose_words,
    record_of,
)
from wss_cases.pathways.referrals.referral.rules import (
    ALWAYS,
    FIELD_LABELS,
    LANGUAGES,
    MANNER_LABELS,
    RELATION_LABELS,
    RENEWABLE,
    ReferralState,
    Service,
    agreement_in_force,
    consent_in_force,
    is_open,
    may_become,
)
from wss_cases.roster.directory.pages import language_words, languages_by_name
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import refuse_kept_off

LONGEST = timedelta(days=366)
BEFORE_END = 5
"""School days before the end of a consent on which its renewal is due."""


@dataclass(frozen=True)
class Signed:
    """A signed consent: by whom, how, in which language, on what day, until when."""

    by: str
    relation: str
    manner: str
    language: str
    on: date
    until: date


@use_case
def record_consent(uow: UnitOfWork, referral_id: int, signed: Signed, fields: list[str], purpose: str) -> int:
    """Record the written consent to a drafted referral, with exactly the fields agreed to. Returns its id.

    A proposed pathway is accepted with it. Raises Refused naming what is missing.
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
    """Send a consented referral: only the fields agreed to, recorded as a disclosure. Deadlines and mail begin.

    Raises Refused when the consent has expired, or no agreement with the partner is in force.
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
    """Record that the family signed again for the same partner and fields, until a later day.

    The earlier consent stays as it was signed, and no longer counts.
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
    """Record that the family revoked its consent. The partner's access ends with this commit.

    Possible in every state, also after the service, the pathway or the case has ended. Disclosures and history stay.
    Raises Refused when there is no consent to revoke.
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
        # an ended referral had closed its own follow-ups; open ones belong to the next referral
        drop_follow_ups(uow, row)
    uow.record(row, "referral.revoked", partner=row.partner_name)
    if was_open:
        tell_partner(uow, row, ENDED)
    return row.id


blueprint = Blueprint("referral_consent", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

MONTHS = (3, 6, 12)


def load(actor: Actor, case_id: int, pathway_id: int, referral_id: int) -> tuple[Pathway, Referral]:
    """A referral and its pathway for the case team. Raises NotFound."""
    row = get_pathway(actor, case_id, pathway_id)
    return row, get_referral(actor, row.id, referral_id)


def _record(row: Pathway, referral: Referral) -> dict[str, Any]:
    """The fields that may be sent. Empty once the pathway has ended, because a student who left is no longer
    looked up.
    """
    return record_of(referral) if row.state in LIVE else {}


def language_choices(*more: str) -> list[tuple[str, str]]:
    """Languages by name, including those on record (`more`)."""
    return languages_by_name([*LANGUAGES, *(code for code in more if code)])


@blueprint.get("/referral/<int:referral_id>/letter")
@gate(Permission.CASE_WORK)
def consent_letter(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """The letter for the family, to be read together and signed. It shows what the form above it selects."""
    row, referral = load(current_actor(), case_id, pathway_id, referral_id)
    today, consent = today_at(row.school_id, clock.now()), referral.consent
    own = family_language(referral.student_id)
    form = LetterForm(formdata=request.args) if request.args else LetterForm(formdata=None)
    form.language.choices = choices(language_choices(own))
    form.validate()
    known = [code for code in form.fields.data or [] if code in FIELD_LABELS]
    fields = [*ALWAYS, *(consent.fields if consent else known)]
    until = consent.until_on if consent else form.until.data or today + timedelta(days=30 * MONTHS[0])
    language = form.language.data if form.language.data in dict(language_choices(own)) else own
    form.language.data, form.until.data = language, until
    purpose = consent.purpose if consent else ""
    return render_template(
        "pathways/referrals/consent/letter.html",
        form=form,
        text=letter(referral, language, fields, purpose, until, today),
        missing=language_words(language) if lacks_text(language, today) else "",
        signed=consent,
        back_href=page_of(row),
    )


@blueprint.route("/referral/<int:referral_id>/consent", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def consent(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Record the written consent, with exactly what was agreed to."""
    row, referral = load(current_actor(), case_id, pathway_id, referral_id)
    today, own = today_at(row.school_id, clock.now()), family_language(referral.student_id)
    form = ConsentForm(
        version=referral.version, fields=["name"], purpose=purpose_words(referral), language=own, on=today
    )
    form.language.choices = choices(language_choices(own))
    known = _record(row, referral)
    not_known = _("not on record")
    hints = {code: field_words(code, known[code]) if code in known else not_known for code, _w in TO_CHOOSE}
    return form_page(
        form,
        lambda: record_consent(
            submitted(form), referral.id, filled(form, Signed), [*form.fields.data, "service"], form.purpose.data
        ),
        page_of(row),
        "pathways/referrals/consent/record.html",
        referral=referral,
        hints=hints,
        quick=until_days(today),
        **act_context(row, _("Record the written consent"), _("Save the consent")),
    )


def until_days(today: date) -> list[tuple[str, str]]:
    """Usual ends of a consent as (words, ISO date)."""
    words = {3: _("in 3 months"), 6: _("in 6 months"), 12: _("in a year")}
    return [(words[months], (today + timedelta(days=round(30.4 * months))).isoformat()) for months in MONTHS]


@blueprint.route("/referral/<int:referral_id>/renew", methods=["GET", "POST"], endpoint="renew")
@gate(Permission.CASE_WORK)
def renew_page(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Record that the family signed again, until a later day."""
    row, referral = load(current_actor(), case_id, pathway_id, referral_id)
    today, current = today_at(row.school_id, clock.now()), referral.consent
    form = RenewForm(
        version=referral.version,
        by=current.signed_by if current else "",
        relation=current.relation if current else None,
        language=current.language if current else "en",
        on=today,
    )
    form.language.choices = choices(language_choices(current.language if current else ""))
    form.until.quick = until_days(today)
    words = act_context(row, _("Renew the consent"), _("Save the consent"))
    return act_on(row, form, lambda call: renew(call, referral.id, filled(form, Signed)), words)


@blueprint.route("/referral/<int:referral_id>/send", methods=["GET", "POST"], endpoint="send")
@gate(Permission.CASE_WORK)
def send_page(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Show exactly what goes to the partner, and send it."""
    row, referral = load(current_actor(), case_id, pathway_id, referral_id)
    known = _record(row, referral)
    agreed = referral.consent.fields if referral.consent else []
    today = today_at(row.school_id, clock.now())
    form = ConfirmForm(version=referral.version)
    words = act_context(
        row,
        _("Send the referral"),
        _("Send it"),
        referral=referral,
        rows=[
            {"label": str(FIELD_LABELS[code]), "value": field_words(code, known[code])}
            for code in agreed
            if code in known
        ],
        can_send=referral.partner is not None and agreement_in_force(referral.partner, today),
    )
    return act_on(row, form, lambda call: send(call, referral.id), words, "pathways/referrals/consent/send.html")


act_page(
    blueprint,
    "/referral/<int:referral_id>/revoke",
    "revoke",
    Permission.CASE_WORK,
    load=load,
    form=lambda loaded: ConfirmForm(version=loaded[1].version),
    act=lambda call, loaded, form: revoke(call, loaded[1].id),
    done=lambda loaded: page_of(loaded[0]),
    words=lambda loaded: act_context(
        loaded[0],
        _("Revoke consent"),
        _("End the partner’s access now"),
        facts=[
            _("The partner loses access to the referral right away, and is told only that it ended."),
            _(
                "The family does not need a reason. Revoking consent costs nothing and is never used as evidence "
                "against anyone."
            ),
            _("What was already shared stays on the list of disclosures."),
        ],
    ),
)


ROOM = Room(pages=(blueprint,))
