"""The pages of a family's written consent: the letter, the signature, what it lets go, and taking it back."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from wss_cases.access.act_pages import act_page, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.forms import choices, filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.forms import ConfirmForm
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.views import act_context, act_on, page_of
from wss_cases.pathways.referrals.consent import actions
from wss_cases.pathways.referrals.consent.actions import Signed
from wss_cases.pathways.referrals.referral.forms import TO_CHOOSE, ConsentForm, LetterForm, RenewForm
from wss_cases.pathways.referrals.referral.letters import (
    family_language,
    field_words,
    lacks_text,
    letter,
    purpose_words,
    record_of,
)
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.pathways.referrals.referral.queries import get_referral
from wss_cases.pathways.referrals.referral.rules import agreement_in_force
from wss_cases.pathways.referrals.referral.states import ALWAYS, FIELD_LABELS, LANGUAGES
from wss_cases.roster.directory.pages import language_words, languages_by_name

blueprint = Blueprint("referral_consent", __name__, url_prefix="/cases/<int:case_id>/pathways/<int:pathway_id>")

MONTHS = (3, 6, 12)


def load(actor: Actor, case_id: int, pathway_id: int, referral_id: int) -> tuple[Pathway, Referral]:
    """Return a referral and its pathway for the case team. Raises NotFound."""
    row = get_pathway(actor, case_id, pathway_id)
    return row, get_referral(actor, row.id, referral_id)


def _record(row: Pathway, referral: Referral) -> dict[str, Any]:
    """Return what may go along; nothing once the pathway has ended: who left the school is no longer looked up."""
    return record_of(referral) if row.state in LIVE else {}


def language_choices(*more: str) -> list[tuple[str, str]]:
    """Return languages by name, with those that stand on record already."""
    return languages_by_name([*LANGUAGES, *(code for code in more if code)])


@blueprint.get("/referral/<int:referral_id>/letter")
@gate(Permission.CASE_WORK)
def consent_letter(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """The letter to the family, to be read together and signed; what is chosen above it is on it."""
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
        lambda: actions.record_consent(
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
    """Return the days until which a consent most often holds, as chips."""
    words = {3: _("in 3 months"), 6: _("in 6 months"), 12: _("in a year")}
    return [(words[months], (today + timedelta(days=round(30.4 * months))).isoformat()) for months in MONTHS]


@blueprint.route("/referral/<int:referral_id>/renew", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def renew(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Record that the family signed again, until a later day."""
    row, referral = load(current_actor(), case_id, pathway_id, referral_id)
    today, held = today_at(row.school_id, clock.now()), referral.consent
    form = RenewForm(
        version=referral.version,
        by=held.signed_by if held else "",
        relation=held.relation if held else None,
        language=held.language if held else "en",
        on=today,
    )
    form.language.choices = choices(language_choices(held.language if held else ""))
    form.until.quick = until_days(today)
    words = act_context(row, _("Renew the consent"), _("Save the consent"))
    return act_on(row, form, lambda call: actions.renew(call, referral.id, filled(form, Signed)), words)


@blueprint.route("/referral/<int:referral_id>/send", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def send(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """Look at exactly what goes to the partner, and send it."""
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
    return act_on(
        row, form, lambda call: actions.send(call, referral.id), words, "pathways/referrals/consent/send.html"
    )


act_page(
    blueprint,
    "/referral/<int:referral_id>/revoke",
    "revoke",
    Permission.CASE_WORK,
    load=load,
    form=lambda loaded: ConfirmForm(version=loaded[1].version),
    act=lambda call, loaded, form: actions.revoke(call, loaded[1].id),
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
