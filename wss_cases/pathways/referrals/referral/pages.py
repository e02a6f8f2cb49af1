"""Referrals: loading under lock, drafting, withdrawing, completing, the forms, and the mails.

The mails say that a referral came, ended or is overdue. They carry no name and no text of it.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import partner_people
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.cases.progress import open_only
from wss_cases.followups.making import cancel_row
from wss_cases.followups.reminders.pages import escalation_words
from wss_cases.followups.reminders.rules import TO_LEAD, EscalationReason
from wss_cases.foundation.clock import now
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import AskingForm, BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.forms import select as foundation_select
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.message_kinds import Mail, MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import Act, UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.common.queries import Planned
from wss_cases.pathways.common.actions import follow_event, load_live, note_completion, open_follow_ups
from wss_cases.pathways.common.queries import parted
from wss_cases.pathways.common.rules import LIVE, Pathway
from wss_cases.pathways.referrals.referral import queries, rules
from wss_cases.pathways.referrals.referral.models import Partner, Referral
from wss_cases.pathways.referrals.referral.queries import (
    Late,
    family_language,
    lacks_text,
    late_referral,
    load_referral,
    open_referral,
    referrals_of,
)
from wss_cases.pathways.referrals.referral.rules import (
    ALWAYS,
    ANSWER_LABELS,
    DECLINE_LABELS,
    FIELD_LABELS,
    FOLLOW_UPS,
    MANNER_LABELS,
    OPEN,
    PATHWAY_ENDED,
    RECEIVED_LABELS,
    RELATION_LABELS,
    WITHDRAW_LABELS,
    ReferralState,
    Service,
    is_open,
    may_become,
    outcome_of,
)
from wss_cases.routing.engine.pages import Pathway as Family

DAYS_TO_ANSWER, DAYS_TO_FIRST_SERVICE = 5, 10
"""The school days for a partner that is not in the directory, as in referrals of the first release."""


def load_with_pathway(uow: UnitOfWork, referral_id: int, version: int | None) -> tuple[Pathway, Referral]:
    """Lock a live pathway, then its referral, for the school's own acts. Raises NotFound, Refused or Stale."""
    pathway_id = existing(uow.session.scalar(select(Referral.pathway_id).where(Referral.id == referral_id)))
    pathway = load_live(uow, pathway_id, None, Family.WRAPAROUND)
    return pathway, uow.load(Referral, referral_id, Permission.CASE_WORK, version)


def load_by(uow: UnitOfWork, referral_id: int, by: Permission, version: int | None) -> Referral:
    """Lock a referral for an act of the partner, or of the school on the partner's behalf.

    Raises NotFound, Stale, and, for the school, Refused when the case or pathway is closed.
    """
    row = uow.load(Referral, referral_id, by, version)
    if by is Permission.CASE_WORK:
        open_only(row.pathway.case)
        if row.pathway.state not in LIVE:
            raise Refused("", _("This pathway has ended."))
    return row


def check_step(row: Referral, state: ReferralState) -> None:
    """Raise Refused unless the transition is allowed. The caller then changes the state with its other columns."""
    if not may_become(row.state, state):
        raise Refused("", _("This referral cannot be moved there from its current status."))


def drop_follow_ups(uow: UnitOfWork, row: Referral) -> None:
    """Cancel the open follow-ups of this referral."""
    for follow_up in open_follow_ups(uow, row.pathway_id, *FOLLOW_UPS):
        cancel_row(uow, follow_up, _("The referral has ended."))


def tell_partner(uow: UnitOfWork, row: Referral, kind: str) -> None:
    """Queue a mail to each of the partner's people: what happened and a link, nothing about the student."""
    if row.partner_id is None:
        return
    for user_id, _name in partner_people(row.partner_id, uow.now):
        uow.notify(user_id, kind, row, f"{kind}:{row.id}:{user_id}")


SENT = "referral.sent"
ENDED = "referral.ended"
OVERDUE = "referral.overdue"


def overdue_key(referral_id: int, due_on: date, user_id: int) -> str:
    """The dedupe key, so that a person is told once that an answer or first service is overdue."""
    return f"{OVERDUE}:{referral_id}:{due_on.isoformat()}:{user_id}"


_SENT = leads_to(
    "/partner/referrals/{id}", _l("A referral for your organization"),
    _l("A school sent a referral to your organization. Sign in to read and answer it."), go=_l("Open the referral"),
)  # fmt: skip
_ENDED = leads_to(
    "/partner", _l("A referral has ended"),
    _l("A referral to your organization has ended, and its page is closed. You do not need to do anything."),
    go=_l("Open your list"),
)  # fmt: skip


def _overdue(message: OutboxMessage, actor: Actor) -> Mail | None:
    row = load_referral(message.object_id)
    late = late_referral(now(), message.object_id)
    if row is None or late is None or actor.user_id is None or actor.user_id not in late.people:
        return None
    reason = EscalationReason(late.days, TO_LEAD, late.people[actor.user_id])
    words = _("A partner has not answered a referral from your school, or not started the service, in time.")
    href = link(f"/cases/{row.case_id}/pathways/{row.pathway_id}")
    paragraph = f"{words} {escalation_words(reason)}"
    return Mail(_("A partner is late with a referral"), [paragraph], href, _("Open the referral"))


def _partner_has_it(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.REFERRAL_ANSWER, load_referral(message.object_id))


def _was_theirs(message: OutboxMessage, actor: Actor) -> bool:
    row = load_referral(message.object_id)
    return row is not None and row.partner_id in actor.partner_ids() and not row.is_open_to_partner(now())


def _still_late(message: OutboxMessage, actor: Actor) -> bool:
    row, late = load_referral(message.object_id), late_referral(now(), message.object_id)
    return (
        late is not None
        and row is not None
        and bool(parted(actor, row.school_id, [row.pathway])[0])
        and actor.user_id is not None
        and actor.user_id in late.people
        and message.dedupe_key == overdue_key(late.referral_id, late.due_on, actor.user_id)
        and can(actor, Permission.CASE_READ, row)
    )


MESSAGES = (
    MessageKind(SENT, _SENT, _partner_has_it),
    MessageKind(ENDED, _ENDED, _was_theirs),
    MessageKind(OVERDUE, _overdue, _still_late),
)


def overdue_mails(late: Iterable[Late]) -> list[Planned]:
    """The mails about late partners; each person is told once of each missed day."""
    return [
        Planned(
            user_id, OVERDUE, "referral", row.referral_id, row.school_id,
            overdue_key(row.referral_id, row.due_on, user_id),
        )
        for row in late
        for user_id in row.people
    ]  # fmt: skip


def record_overdue(uow: UnitOfWork, late: Sequence[Late], queued: set[str]) -> None:
    """Record in the history which late partners were reported by the queued messages."""
    acts = []
    for row in late:
        recipients = [user_id for user_id in row.people if overdue_key(row.referral_id, row.due_on, user_id) in queued]
        if recipients:
            data, changes = {"on": row.due_on.isoformat()}, {"told": [None, recipients]}
            acts.append(Act("referral", row.referral_id, row.case_id, row.school_id, data, changes))
    uow.record_each("referral.late", acts)


DAY = _l("Choose a day.")
TO_CHOOSE = [(code, words) for code, words in FIELD_LABELS.items() if code != "service"]
"""Fields that a family agrees to one by one. The kind of help is the subject of the letter."""


class DraftForm(BaseForm):
    """For whom, what is needed, and from which partner."""

    student = SelectField(_l("Student"), validators=[InputRequired(_l("Choose the student."))])
    need = ShortText(
        _l("What does the student need?"), [NotBlank(_l("Write in one sentence what the student needs."))], limit=300
    )
    partner = RadioField(_l("Partner"), validators=[InputRequired(_l("Choose a partner."))])


class RenewForm(BaseForm):
    by = ShortText(_l("Who signed"), [NotBlank(_l("Enter who signed."))])
    relation = radio(_l("Relationship"), RELATION_LABELS, _l("Choose who that is."))
    manner = radio(_l("How it was given"), MANNER_LABELS, _l("Choose how it was given."))
    language = SelectField(_l("In which language"), validators=[InputRequired(_l("Choose a language."))])
    on = DateField(_l("Signed on"), validators=[InputRequired(DAY)])
    until = DateField(_l("Valid until"), validators=[InputRequired(DAY)])


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


class LetterForm(AskingForm):
    """The options of the letter that is shown; nothing is stored."""

    language = SelectField(_l("Language"), validators=[Optional()])
    until = DateField(_l("Valid until"), validators=[Optional()])
    fields = SelectMultipleField(
        _l("What would be sent"),
        choices=choices([each for each in TO_CHOOSE if each[0] not in ALWAYS]),
        validators=[Optional()],
    )


class WithdrawForm(BaseForm):
    """Why the school withdraws a referral."""

    reason = radio(_l("Why it is withdrawn"), WITHDRAW_LABELS, _l("Choose why it is withdrawn."))


class DeclineForm(BaseForm):
    """Why the partner cannot accept it."""

    reason = radio(_l("Reason"), DECLINE_LABELS, _l("Choose the reason."))


class AnswerForm(BaseForm):
    """The partner's answer, as the school received it."""

    answer = radio(_l("What the partner said"), ANSWER_LABELS, _l("Choose what the partner said."))
    reason = foundation_select(
        _l("If it cannot accept: reason"),
        [("", _l("No reason needed")), *DECLINE_LABELS.items()],
        validators=[Optional()],
    )


class ServiceForm(BaseForm):
    on = DateField(
        _l("Day of service"),
        validators=[InputRequired(DAY)],
        description=_l("Only the date. Nothing that was said there."),
    )


class FinishForm(BaseForm):
    """The last day, and what was received."""

    on = DateField(_l("Last day of service"), validators=[InputRequired(DAY)])
    received = radio(_l("What was received"), RECEIVED_LABELS, _l("Choose what was received."))


class CompleteForm(BaseForm):
    note = LongText(_l("Note"), description=_l("Facts only; nothing that was said at the partner’s."))


@use_case
def draft(uow: UnitOfWork, pathway_id: int, *, partner_id: int | None, student_id: int | None, need: str) -> int:
    """Draft a referral of a live pathway, or change its draft. Returns its id.

    Raises Refused without a partner, a student of the case, or the need, and while another referral is open.
    """
    pathway = load_live(uow, pathway_id, uow.version, Family.WRAPAROUND)
    row = open_referral(pathway.id)
    if row is not None and row.state is not ReferralState.DRAFTED:
        raise Refused("", _("One referral is already open. Withdraw it before you draft another."))
    partner = uow.session.get(Partner, partner_id) if partner_id is not None else None
    if partner is None or not partner.is_active:
        raise Refused("partner", _("Choose a partner."))
    if not need.strip():
        raise Refused("need", _("Write in one sentence what the student needs."))
    _check_student(uow, pathway, student_id)
    is_new = row is None
    row = row or Referral.of(pathway)
    row.partner_id, row.partner_name, row.student_id = partner.id, partner.name, student_id
    row.service, row.need = Service(pathway.kind).value, need
    uow.record(row, "referral.drafted", partner=partner.name)
    if is_new and lacks_text(family_language(row.student_id), today_at(row.school_id, uow.now)):
        follow_event(uow, pathway, "interpreter_needed")
    return row.id


def _check_student(uow: UnitOfWork, pathway: Pathway, student_id: int | None) -> None:
    own: set[int | None] = {person.student_id for person in pathway.case.participants} - {None}
    if pathway.participant_id is not None:
        participant = uow.session.get_one(CaseParticipant, pathway.participant_id)
        own &= {participant.student_id} if participant.student_id is not None else own
    if student_id not in own:
        raise Refused("student", _("Choose the student the referral is for."))


@use_case
def withdraw(uow: UnitOfWork, referral_id: int, reason: str) -> int:
    """Withdraw a referral. The partner no longer has it, and learns only that it ended."""
    _pathway, row = load_with_pathway(uow, referral_id, uow.version)
    if reason not in WITHDRAW_LABELS:
        raise Refused("reason", _("Choose why it is withdrawn."))
    _take_back(uow, row, reason)
    return row.id


def withdraw_open(uow: UnitOfWork, pathway: Pathway) -> None:
    """Withdraw the open referral when its locked pathway ends. The partner learns only that it ended."""
    referral = open_referral(pathway.id)
    if referral is not None:
        row = uow.load(Referral, referral.id, Permission.CASE_WORK)
        if row.state in OPEN:
            _take_back(uow, row, PATHWAY_ENDED)


def _take_back(uow: UnitOfWork, row: Referral, reason: str) -> None:
    today = today_at(row.school_id, uow.now)
    was_open = is_open(row, today)
    check_step(row, ReferralState.WITHDRAWN)
    row.state, row.ended_on = ReferralState.WITHDRAWN, today
    uow.record(row, "referral.withdrawn", partner=row.partner_name, reason=reason)
    drop_follow_ups(uow, row)
    if was_open:
        tell_partner(uow, row, ENDED)


@use_case
def complete(uow: UnitOfWork, pathway_id: int, note: str) -> int:
    """Complete the pathway with what was received. Raises Refused while a referral is open, or when none was
    answered.
    """
    pathway = load_live(uow, pathway_id, uow.version, Family.WRAPAROUND)
    outcome = outcome_of(referrals_of(pathway.id))
    if outcome is None:
        words = _("It can be completed once the service has ended, or a partner said it has none to offer.")
        raise Refused("", words)
    note_completion(uow, pathway, outcome, note)
    return pathway.id


ROOM = Room(sentences=rules.SENTENCES, messages=MESSAGES, loaders={"referral": queries.load_referral})
