"""Referrals on the case page: panel, next step, drafting, withdrawing, completing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Bundle
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor
from wss_cases.accounts.grants import partner_people
from wss_cases.followups.reminders.rules import ESCALATION_DAYS
from wss_cases.foundation import clock
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm, ShortText, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.school_time import day_words, day_words_with_year, district_zone, moment_words, today_at
from wss_cases.journal.models import Disclosure
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.actions import check_live, follow_event, note_completion
from wss_cases.pathways.common.models import LIVE, OUTCOME_LABELS, Panel, Pathway, PathwayState, Step, ids, waiting
from wss_cases.pathways.common.pages import PathwayPages, pathway_subject, people_choices, today_of
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.referrals.consent import REFERRAL
from wss_cases.pathways.referrals.partners import suggestions
from wss_cases.pathways.referrals.referral import models, queries
from wss_cases.pathways.referrals.referral.pages import take_back
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.pages import language_words
from wss_cases.roster.directory.queries import school_days
from wss_cases.routing.engine.vocabulary import Pathway as Family


def next_steps(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """The next step of each live pathway by id, in one query."""
    live = [row for row in rows if row.state in LIVE]
    if not live:
        return {}
    by_pathway: dict[int, list[Any]] = defaultdict(list)
    for referral in _referrals.rows(row.id for row in live):
        by_pathway[referral.pathway_id].append(referral)
    return {row.id: step_of(row, by_pathway[row.id], today) for row in live}


@Prepared
def _referrals(among_ids: Narrow) -> Any:
    """What decides the next step: these pathways' referrals with their current consent (its id is None without one),
    newest first."""
    one, agreed = models.Referral, models.ReferralConsent
    consent: Any = Bundle("consent", agreed.id, agreed.signed_on, agreed.until_on, agreed.revoked_at)
    columns = (one.id, one.pathway_id, one.state, one.received, one.answer_by, one.first_service_by, consent)
    statement = select(*columns).select_from(one).outerjoin(one.consent)
    return statement.where(among_ids(one.pathway_id)).order_by(one.id.desc())


def step_of(row: Pathway, referrals: Sequence[Any], today: date) -> Step:
    """The next step of a live pathway, decided from its referrals, newest first. Pure."""
    referral = next((each for each in referrals if each.state in models.OPEN), None)
    if referral is not None:
        return _open_step(row, referral, today)
    if row.state is PathwayState.PROPOSED and row.offered_on is None and not referrals:
        return Step("offer", _l("Record the offer"), "pathway_acts.offer", ids(row), on=row.start_by)
    outcome = models.outcome_of(referrals)
    if outcome is not None and outcome != models.NO_SERVICE and row.state is PathwayState.ACTIVE:
        return Step("complete", _l("Complete it with its outcome"), "referrals.complete", ids(row))
    words = _l("Choose the next partner") if referrals else _l("Draft the referral")
    return Step("draft_referral", words, "referrals.details", ids(row), on=row.start_by)


def _open_step(row: Pathway, referral: Any, today: date) -> Step:
    values: dict[str, Any] = {**ids(row), "referral_id": referral.id}
    consent = referral.consent
    if referral.state is models.ReferralState.DRAFTED:
        words = _l("Ask for the written consent")
        return Step("referral_consent", words, "referral_consent.consent", values, on=row.start_by)
    if consent.id is not None and not models.consent_in_force(consent, today):
        words = _l("The consent has expired: ask the family again")
        return Step("renew_consent", words, "referral_consent.renew", values, on=consent.until_on)
    if referral.state is models.ReferralState.CONSENTED:
        return Step("send_referral", _l("Send the referral"), "referral_consent.send", values)
    due = models.waits_until(referral)
    if due is None or due > today:
        return waiting(row, due or row.next_step_on)
    if referral.state is models.ReferralState.ACCEPTED:
        words = _l("Ask the partner about the first service")
        return Step("first_service", words, "referral_service.service", values, on=due)
    return Step("partner_answer", _l("Ask the partner for its answer"), "referral_service.answer", values, on=due)


TONES = {
    models.ReferralState.DONE: "moss",
    models.ReferralState.FIRST_SEEN: "moss",
    models.ReferralState.ACTIVE: "moss",
    models.ReferralState.ACCEPTED: "teal",
    models.ReferralState.WAITLISTED: "sun",
}


def panel(actor: Actor, row: Pathway, today: date, now: datetime) -> Panel:
    """The wrap-around panel on the case page; the caller has checked the pathway."""
    referrals = queries.referrals_of(row.id)
    live = row.state in LIVE
    current = next((each for each in referrals if each.state in models.OPEN), None)
    own = {
        "ids": ids(row),
        "live": live,
        "current": _shown(row, current, today) if current else None,
        "acts": _acts(row, current, today) if current and live else [],
        "late": _late(current, today) if current and live else "",
        "warnings": _warnings(current, today) if current and live else [],
        "past": [_shown(row, each, today) for each in referrals if each is not current],
        "draft": live and current is None,
        "can_complete": live and row.state is PathwayState.ACTIVE and models.outcome_of(referrals) is not None,
        "disclosures": [_disclosed(each) for each in queries.disclosures_of([each.id for each in referrals])],
    }
    return Panel("pathways/referrals/case_page/panel.html", own)


def _shown(row: Pathway, referral: models.Referral, today: date) -> dict[str, Any]:
    consent, is_cut = referral.consent, referral.state in models.OPEN and row.state not in LIVE
    return {
        "title": referral.partner_name or _("No partner yet"),
        "tag": _("Ended with the pathway") if is_cut else str(referral.state.label),
        "tone": TONES.get(referral.state, "slate"),
        "rows": [{"label": label, "value": value} for label, value in _facts(referral, today) if value],
        "meta": dotted(day_words(referral.sent_on), _end_words(referral)),
        "services": [(day_words(each.on_day), str(models.ServiceKind(each.kind).label)) for each in referral.services],
        "letter": _page(referral, "referral_consent.consent_letter"),
        "revoke": _page(referral, "referral_consent.revoke")
        if consent is not None and consent.revoked_at is None
        else None,
    }


def _end_words(referral: models.Referral) -> str:
    if referral.answer_note in models.DECLINE_LABELS:
        return str(models.DECLINE_LABELS[referral.answer_note])
    return str(models.RECEIVED_LABELS[referral.received]) if referral.received else ""


def _facts(referral: models.Referral, today: date) -> list[tuple[str, Any]]:
    consent = referral.consent
    facts: list[tuple[str, Any]] = [
        (_("Kind of help"), queries.service_words(referral.service)),
        (_("Need"), referral.need),
    ]
    if consent is not None:
        facts += [
            (_("Consent signed by"), _signed(consent)),
            (_("Signed before it was renewed"), [_signed(each) for each in _before(consent)]),
            (
                _("What may be shared"),
                [str(models.FIELD_LABELS[code]) for code in consent.fields if code in models.FIELD_LABELS],
            ),
            (_("Consent valid until"), _until(consent, today)),
        ]
    return [
        *facts,
        (_("Sent"), day_words(referral.sent_on)),
        (_("Answer due"), day_words(referral.answer_by) if referral.state in models.AWAITS_ANSWER else ""),
        (_("Answered"), day_words(referral.answered_on)),
        (_("First service due"), day_words(referral.first_service_by) if referral.first_service_on is None else ""),
        (_("First service"), day_words(referral.first_service_on)),
        (_("Partner sees it now"), _("Yes") if models.is_open(referral, today) else _("No")),
    ]


def _signed(consent: models.ReferralConsent) -> str:
    return dotted(
        consent.signed_by,
        str(models.RELATION_LABELS.get(consent.relation, consent.relation)),
        str(models.MANNER_LABELS.get(consent.manner, consent.manner)),
        language_words(consent.language),
        day_words_with_year(consent.signed_on),
    )


def _before(consent: models.ReferralConsent) -> Iterator[models.ReferralConsent]:
    before = consent.replaces if consent.replaces_id else None
    while before is not None:
        yield before
        before = before.replaces if before.replaces_id else None


def _until(consent: Any, today: date) -> str:
    if consent.revoked_on is not None:
        return _("revoked on %(day)s", day=day_words_with_year(consent.revoked_on))
    words = day_words_with_year(consent.until_on)
    return words if models.consent_in_force(consent, today) else _("%(day)s (expired)", day=words)


def _acts(row: Pathway, referral: models.Referral, today: date) -> list[tuple[str, str]]:
    """(words, address) of what the school can do with the open referral, the most likely first."""
    state = referral.state
    renewable = referral.consent is not None and state in models.RENEWABLE
    acts = [
        (state is models.ReferralState.DRAFTED, _("Record the written consent"), "referral_consent.consent"),
        (state is models.ReferralState.DRAFTED, _("Change the draft"), "referrals.details"),
        (state is models.ReferralState.CONSENTED, _("Review what is sent, and send it"), "referral_consent.send"),
        (state in models.AWAITS_ANSWER, _("Record the partner’s answer"), "referral_service.answer"),
        (
            state in (models.ReferralState.ACCEPTED, models.ReferralState.FIRST_SEEN, models.ReferralState.ACTIVE),
            _("Log a day of service"),
            "referral_service.service",
        ),
        (
            state in (models.ReferralState.FIRST_SEEN, models.ReferralState.ACTIVE),
            _("The service has ended"),
            "referral_service.finish",
        ),
        (renewable, _("Renew the consent"), "referral_consent.renew"),
        (True, _("Withdraw referral"), "referrals.withdraw"),
    ]
    return [(words, _page(referral, endpoint)) for shown, words, endpoint in acts if shown]


def _page(referral: models.Referral, endpoint: str) -> str:
    values: dict[str, Any] = {"case_id": referral.case_id, "pathway_id": referral.pathway_id}
    if endpoint != "referrals.details":
        values["referral_id"] = referral.id
    return url_for(endpoint, **values)


def _late(referral: models.Referral, today: date) -> str:
    """How late the partner is, and who was told; '' before anyone is told."""
    due = models.waits_until(referral)
    late = school_days(referral.school_id).between(due, today) if due is not None and due < today else 0
    lead, administrators = ESCALATION_DAYS.on(today)
    if late < lead:
        return ""
    words = ngettext("The partner is late by %(num)d school day.", "The partner is late by %(num)d school days.", late)
    notified = (
        _("The case’s lead is told.") if late < administrators else _("The lead and the administrators are told.")
    )
    return f"{words} {notified}"


def _warnings(referral: models.Referral, today: date) -> Sequence[str]:
    partner = referral.partner
    if partner is None:
        return []
    warnings = []
    if referral.state in (
        models.ReferralState.DRAFTED,
        models.ReferralState.CONSENTED,
    ) and not models.agreement_in_force(partner, today):
        warnings.append(_("No agreement with this partner is in force, so nothing can be sent to it."))
    if not partner_people(partner.id, clock.now()):
        warnings.append(_("No one signs in for this partner yet. Call the partner, and record its answers here."))
    return warnings


def _disclosed(row: Disclosure) -> dict[str, Any]:
    fields = "; ".join(str(models.FIELD_LABELS[code]) for code in row.fields if code in models.FIELD_LABELS)
    return {
        "what": _("%(whom)s received: %(fields)s", whom=row.told_whom, fields=fields),
        "when": moment_words(row.at, district_zone()),
        "why": queries.purpose_read(row.purpose, row.told_whom, row.interest),
    }


pages = PathwayPages("referrals", __name__, pathway_subject(Family.WRAPAROUND))

MOST_SUGGESTED = 15


class Drafting(NamedTuple):
    """A pathway whose referral is drafted, and the referral that is open, if any."""

    row: Pathway
    referral: models.Referral | None


def _drafting(row: Pathway) -> Drafting:
    return Drafting(row, queries.open_referral(row.id))


def _find(actor: Actor, case_id: int, pathway_id: int) -> Drafting:
    return _drafting(get_pathway(actor, case_id, pathway_id, Family.WRAPAROUND))


DRAFTING = replace(pages.subject, find=_find, row=itemgetter(0), seen=_drafting)


def _students(row: Pathway) -> dict[int, str]:
    people = row.case.participants if row.participant_id is None else [row.participant]
    return {person.student.id: person.student.shown_name for person in people if person and person.student}


def _suggested(row: Pathway, student_id: int | None, plan: models.Referral | None, today: date) -> list[models.Match]:
    student = db.session.get(Student, student_id) if student_id is not None else None
    wanted = models.Wanted(
        models.Service(row.kind).value, queries.family_language(student_id), student.grade if student else None
    )
    matches = suggestions(wanted, today)
    chosen_before = [
        candidate for candidate in matches[MOST_SUGGESTED:] if plan and candidate.partner.id == plan.partner_id
    ]
    return [*matches[:MOST_SUGGESTED], *chosen_before]


def _hint(candidate: models.Match) -> str:
    against = _("but: %(against)s", against=", ".join(candidate.against)) if candidate.against else ""
    return dotted(", ".join(candidate.reasons), against)


def _student_of(at: Drafting) -> int | None:
    """The student of the open referral, or the first of the pathway."""
    return (at.referral.student_id if at.referral else None) or next(iter(_students(at.row)), None)


class DraftForm(PlainForm):
    """For whom, what is needed, and from which partner."""

    student = SelectField(_l("Student"), validators=[InputRequired(_l("Choose the student."))])
    need = ShortText(
        _l("What does the student need?"), [NotBlank(_l("Write in one sentence what the student needs."))], limit=300
    )
    partner = RadioField(_l("Partner"), validators=[InputRequired(_l("Choose a partner."))])

    def fit(self, at: Drafting) -> None:
        self.students = _students(at.row)
        self.matches = _suggested(at.row, _student_of(at), at.referral, today_of(at.row))
        self.student.choices = people_choices(self.students)
        self.partner.choices = choices([(str(match.partner.id), match.partner.name) for match in self.matches])


def _draft_start(at: Drafting) -> dict[str, Any]:
    student, referral = str(_student_of(at) or ""), at.referral
    if referral is None:
        return {"student": student}
    return {"student": student, "need": referral.need, "partner": str(referral.partner_id or "")}


def _beside_draft(at: Drafting, form: DraftForm) -> dict[str, Any]:
    is_sent = at.referral is not None and at.referral.state is not models.ReferralState.DRAFTED
    return {
        "hints": {str(match.partner.id): _hint(match) for match in form.matches},
        "students": form.students,
        "in_the_way": at.referral if is_sent else None,
    }


@pages.on_pathway(
    "/referral", DraftForm, _l("Draft a referral"), _l("Save the draft"), endpoint="details",
    subject=DRAFTING, of=itemgetter(0), start=_draft_start, more=_beside_draft,
    template="pathways/referrals/case_page/draft.html",
)  # fmt: skip
def draft(uow: UnitOfWork, pathway: Pathway, form: DraftForm) -> int:
    """Draft a referral of a live pathway, or change its draft. Returns its id."""
    check_live(pathway)
    row = queries.open_referral(pathway.id)
    if row is not None and row.state is not models.ReferralState.DRAFTED:
        raise Refused("", _("One referral is already open. Withdraw it before you draft another."))
    partner = uow.session.get_one(models.Partner, int(form.partner.data))
    is_new = row is None
    row = row or models.Referral.of(pathway)
    row.partner_id, row.partner_name, row.student_id = partner.id, partner.name, int(form.student.data)
    row.service, row.need = models.Service(pathway.kind).value, form.need.data
    uow.record(row, "referral.drafted", partner=partner.name)
    if is_new and queries.lacks_text(queries.family_language(row.student_id), today_at(row.school_id, uow.now)):
        follow_event(uow, pathway, "interpreter_needed")
    return row.id


class WithdrawForm(PlainForm):
    reason = radio(_l("Why it is withdrawn"), models.WITHDRAW_LABELS, _l("Choose why it is withdrawn."))


@pages.on_pathway(
    "/referral/<int:referral_id>/withdraw", WithdrawForm, _l("Withdraw referral"), _l("Withdraw it"),
    subject=REFERRAL, of=itemgetter(0),
)  # fmt: skip
def withdraw(uow: UnitOfWork, row: models.Referral, form: WithdrawForm) -> None:
    """Withdraw a referral. The partner no longer has it, and learns only that it ended."""
    check_live(row.pathway)
    take_back(uow, row, form.reason.data)


class CompleteForm(PlainForm):
    """A note beside the outcome, which follows from what was received."""

    note = LongText(_l("Note"), description=_l("Facts only; nothing that was said at the partner’s."))


def _outcome(row: Pathway, _form: Any) -> dict[str, Any]:
    outcome = models.outcome_of(queries.referrals_of(row.id)) if row.state in LIVE else None
    return {"facts": [_("Outcome: %(words)s", words=str(OUTCOME_LABELS[outcome]))] if outcome else []}


@pages.on_pathway("/referral/complete", CompleteForm, _l("Complete it with its outcome"), _l("Complete"), more=_outcome)
def complete(uow: UnitOfWork, pathway: Pathway, form: CompleteForm) -> None:
    """Complete the pathway with what was received."""
    check_live(pathway)
    outcome = models.outcome_of(queries.referrals_of(pathway.id))
    if outcome is None:
        words = _("It can be completed once the service has ended, or a partner said it has none to offer.")
        raise Refused("", words)
    note_completion(uow, pathway, outcome, form.note.data)


ROOM = Room(pages=(pages,))
