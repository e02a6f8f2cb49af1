"""A family's written consent: recording, renewing and revoking it, sending the referral, and the letter."""

from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from flask import render_template, request
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import AskingForm, NotBlank, PlainForm, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Subject
from wss_cases.journal.changes import changes_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import check_live, close_open, follow, note_acceptance, note_start
from wss_cases.pathways.common.models import LIVE, Pathway, PathwayState
from wss_cases.pathways.common.pages import Confirmed, PathwayPages, page_of, today_of
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.referrals.referral import queries
from wss_cases.pathways.referrals.referral.models import (
    ALWAYS,
    FIELD_LABELS,
    LANGUAGES,
    MANNER_LABELS,
    RELATION_LABELS,
    RENEWABLE,
    Referral,
    ReferralConsent,
    ReferralState,
    Service,
    agreement_in_force,
    consent_in_force,
    is_open,
    may_become,
)
from wss_cases.pathways.referrals.referral.pages import ENDED, SENT, check_step, drop_follow_ups, tell_partner
from wss_cases.roster.directory.pages import language_words, languages_by_name
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.telling import refuse_kept_off

DAY = _l("Choose a day.")
MONTHS = (3, 6, 12)
LONGEST = timedelta(days=366)
BEFORE_END = 5
"""School days before the end of a consent on which its renewal is due."""
TO_CHOOSE = [(code, words) for code, words in FIELD_LABELS.items() if code != "service"]
"""Fields that a family agrees to one by one. The kind of help is the subject of the letter."""


def load(actor: Actor, case_id: int, pathway_id: int, referral_id: int) -> tuple[Pathway, Referral]:
    """A referral and its pathway for the case team. Raises NotFound."""
    row = get_pathway(actor, case_id, pathway_id)
    return row, queries.get_referral(actor, row.id, referral_id)


REFERRAL = Subject(Referral, load, row=itemgetter(1), above=lambda row: (Pathway, row.pathway_id))
"""A referral, for an act of the school on it: found with its pathway, which is locked first."""

pages = PathwayPages("referral_consent", __name__, REFERRAL, of=itemgetter(0))
HERE = "/referral/<int:referral_id>"


def _record(row: Pathway, referral: Referral) -> dict[str, Any]:
    """The fields that may be sent. Empty once the pathway has ended, because a student who left is no longer
    looked up.
    """
    return queries.record_of(referral) if row.state in LIVE else {}


def language_choices(*more: str) -> list[tuple[str, str]]:
    """Languages by name, including those on record (`more`)."""
    return languages_by_name([*LANGUAGES, *(code for code in more if code)])


def until_days(today: date) -> list[tuple[str, str]]:
    """Usual ends of a consent as (words, ISO date)."""
    words = {3: _("in 3 months"), 6: _("in 6 months"), 12: _("in a year")}
    return [(words[months], (today + timedelta(days=round(30.4 * months))).isoformat()) for months in MONTHS]


class LetterForm(AskingForm):
    """The options of the letter that is shown; nothing is stored."""

    language = SelectField(_l("Language"), validators=[Optional()])
    until = DateField(_l("Valid until"), validators=[Optional()])
    fields = SelectMultipleField(
        _l("What would be sent"),
        choices=choices([each for each in TO_CHOOSE if each[0] not in ALWAYS]),
        validators=[Optional()],
    )


@pages.get("/referral/<int:referral_id>/letter")
@gate(Permission.CASE_WORK)
def consent_letter(case_id: int, pathway_id: int, referral_id: int) -> Page:
    """The letter for the family, to be read together and signed. It shows what the form above it selects."""
    row, referral = load(current_actor(), case_id, pathway_id, referral_id)
    today, consent = today_at(row.school_id, clock.now()), referral.consent
    own = queries.family_language(referral.student_id)
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
        text=queries.letter(referral, language, fields, purpose, until, today),
        missing=language_words(language) if queries.lacks_text(language, today) else "",
        signed=consent,
        back_href=page_of(row),
    )


class RenewForm(PlainForm):
    """A signed consent: by whom, how, in which language, on what day, until when."""

    by = ShortText(_l("Who signed"), [NotBlank(_l("Enter who signed."))], names=True)
    relation = radio(_l("Relationship"), RELATION_LABELS, _l("Choose who that is."))
    manner = radio(_l("How it was given"), MANNER_LABELS, _l("Choose how it was given."))
    language = SelectField(_l("In which language"), validators=[InputRequired(_l("Choose a language."))])
    on = DateField(_l("Signed on"), validators=[InputRequired(DAY)])
    until = DateField(_l("Valid until"), validators=[InputRequired(DAY)])

    def fit(self, row: Referral) -> None:
        own = row.consent.language if row.consent else queries.family_language(row.student_id)
        self.language.choices = choices(language_choices(own))
        self.until.quick = until_days(today_at(row.school_id, clock.now()))


class ConsentForm(RenewForm):
    """A first consent: also exactly what may go to the partner, and why."""

    fields = SelectMultipleField(
        _l("What the family agreed to send"),
        choices=choices(TO_CHOOSE),
        validators=[InputRequired(_l("Choose what the family agreed to."))],
    )
    purpose = ShortText(
        _l("Why it is shared"), [NotBlank(_l("Write why it is shared, as the family read it."))], limit=300
    )


def _consent_start(found: tuple[Pathway, Referral]) -> dict[str, Any]:
    row, referral = found
    own = queries.family_language(referral.student_id)
    return {"fields": ["name"], "purpose": queries.purpose_words(referral), "language": own, "on": today_of(row)}


def _what_can_go(found: tuple[Pathway, Referral], _form: Any) -> dict[str, Any]:
    known, not_known = _record(*found), _("not on record")
    hints = {code: queries.field_words(code, known[code]) if code in known else not_known for code, _words in TO_CHOOSE}
    return {"referral": found[1], "hints": hints}


@pages.on_pathway(
    f"{HERE}/consent", ConsentForm, _l("Record the written consent"), _l("Save the consent"), endpoint="consent",
    start=_consent_start, more=_what_can_go, template="pathways/referrals/consent/record.html",
)  # fmt: skip
def record_consent(uow: UnitOfWork, row: Referral, form: ConsentForm) -> None:
    """Record the written consent to a drafted referral, with exactly the fields agreed to.

    A proposed pathway is accepted with it.
    """
    check_live(row.pathway)
    _check(form, row.student_id, today_at(row.school_id, uow.now))
    fields = {*form.fields.data, "service"}
    if not set(ALWAYS) <= fields:
        raise Refused("fields", _("Choose what the family agreed to. Nothing can be sent without the name."))
    check_step(row, ReferralState.CONSENTED)
    row.state = ReferralState.CONSENTED
    consent = ReferralConsent(
        referral_id=row.id, case_id=row.case_id, school_id=row.school_id, purpose=form.purpose.data,
        fields=[code for code in FIELD_LABELS if code in fields],
    )  # fmt: skip
    _write(uow, consent, form)
    uow.add(consent)
    uow.audit("referral.consented", "referral_consent", consent.id, {"fields": [None, consent.fields]})
    uow.record(row, "referral.consented", partner=row.partner_name, until=consent.until_on.isoformat())
    if row.pathway.state is PathwayState.PROPOSED:
        note_acceptance(uow, row.pathway, consent.signed_on)


def _check(form: RenewForm, student_id: int | None, today: date) -> None:
    on, until = form.on.data, form.until.data
    if student_id is not None and form.relation.data != "student":
        refuse_kept_off("by", [student_id], form.by.data)
    if on > today:
        raise Refused("on", _("Choose today or an earlier day."))
    if until < today:
        raise Refused("until", _("Choose a day that has not passed."))
    if until - on > LONGEST:
        raise Refused("until", _("Choose a day within one year of signing."))


def _write(uow: UnitOfWork, consent: ReferralConsent, form: RenewForm) -> None:
    consent.signed_by, consent.relation, consent.manner = form.by.data, form.relation.data, form.manner.data
    consent.language, consent.signed_on, consent.until_on = form.language.data, form.on.data, form.until.data
    consent.recorded_at, consent.recorded_by_id = uow.now, uow.actor.user_id


def _what_goes(found: tuple[Pathway, Referral], _form: Any) -> dict[str, Any]:
    row, referral = found
    known, agreed = _record(row, referral), referral.consent.fields if referral.consent else []
    return {
        "referral": referral,
        "rows": [
            {"label": str(FIELD_LABELS[code]), "value": queries.field_words(code, known[code])}
            for code in agreed
            if code in known
        ],
        "can_send": referral.partner is not None and agreement_in_force(referral.partner, today_of(row)),
    }


@pages.on_pathway(
    f"{HERE}/send", Confirmed, _l("Send the referral"), _l("Send it"), endpoint="send", more=_what_goes,
    template="pathways/referrals/consent/send.html",
)  # fmt: skip
def send(uow: UnitOfWork, row: Referral, _form: Confirmed) -> None:
    """Send a consented referral: only the fields agreed to, recorded as a disclosure. Deadlines and mail begin.

    Raises Refused when the consent has expired, or no agreement with the partner is in force.
    """
    pathway, today = row.pathway, today_at(row.school_id, uow.now)
    check_live(pathway)
    check_step(row, ReferralState.SENT)
    consent, partner = row.consent, row.partner
    if consent is None or not consent_in_force(consent, today):
        raise Refused("", _("The consent has expired. Ask the family again."))
    if partner is None or row.student_id is None or not agreement_in_force(partner, today):
        raise Refused("", _("No agreement with this partner is in force, so nothing can be sent to it."))
    known = queries.record_of(row)
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


def _ask_to_renew(uow: UnitOfWork, row: Referral, today: date, until: date) -> None:
    due_on = max(today, school_days(row.school_id).add(until, -BEFORE_END))
    follow(uow, row.pathway, "referral_consent_ends", due_on)


def _renew_start(found: tuple[Pathway, Referral]) -> dict[str, Any]:
    row, consent = found[0], found[1].consent
    if consent is None:
        return {"language": "en", "on": today_of(row)}
    return {
        "by": consent.signed_by, "relation": consent.relation, "language": consent.language, "on": today_of(row)
    }  # fmt: skip


@pages.on_pathway(
    f"{HERE}/renew", RenewForm, _l("Renew the consent"), _l("Save the consent"), endpoint="renew", start=_renew_start
)
def renew(uow: UnitOfWork, row: Referral, form: RenewForm) -> None:
    """Record that the family signed again for the same partner and fields, until a later day.

    The earlier consent stays as it was signed, and no longer counts.
    """
    check_live(row.pathway)
    before = row.consent
    if row.state not in RENEWABLE or before is None or before.revoked_at is not None:
        raise Refused("", _("There is no consent here to renew."))
    today = today_at(row.school_id, uow.now)
    _check(form, row.student_id, today)
    before.replaced_at = uow.now
    uow.session.flush()
    consent = ReferralConsent(
        referral_id=row.id, case_id=row.case_id, school_id=row.school_id, purpose=before.purpose, fields=before.fields,
        replaces_id=before.id,
    )  # fmt: skip
    _write(uow, consent, form)
    uow.add(consent)
    uow.session.expire(row, ["consent"])
    uow.audit("referral.renewed", "referral_consent", consent.id, {"replaces_id": [None, before.id]})
    uow.record(row, "referral.renewed", partner=row.partner_name, until=consent.until_on.isoformat())
    if row.sent_on is not None:
        close_open(uow, row.pathway_id, "referral_consent_ends", "renewed")
        _ask_to_renew(uow, row, today, consent.until_on)


def _no_way_back(_found: Any, _form: Any) -> dict[str, Any]:
    return {
        "facts": [
            _("The partner loses access to the referral right away, and is told only that it ended."),
            _(
                "The family does not need a reason. Revoking consent costs nothing and is never used as evidence "
                "against anyone."
            ),
            _("What was already shared stays on the list of disclosures."),
        ]
    }


@pages.on_pathway(
    f"{HERE}/revoke", Confirmed, _l("Revoke consent"), _l("End the partner’s access now"), endpoint="revoke",
    more=_no_way_back,
)  # fmt: skip
def revoke(uow: UnitOfWork, row: Referral, _form: Confirmed) -> None:
    """Record that the family revoked its consent. The partner's access ends with this commit.

    Possible in every state, also after the service, the pathway or the case has ended. Disclosures and history stay.
    """
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


ROOM = Room(pages=(pages,))
