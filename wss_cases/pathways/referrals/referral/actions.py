"""The school's acts on a referral: draft it, take it back, and complete the pathway with what was received."""

from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.actions import load_live, note_completion
from wss_cases.pathways.common.follow_ups import follow_event
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.referrals.referral.letters import family_language, lacks_text
from wss_cases.pathways.referrals.referral.lifecycle import check_step, drop_follow_ups, load_with_pathway, tell_partner
from wss_cases.pathways.referrals.referral.messages import ENDED
from wss_cases.pathways.referrals.referral.models import Partner, Referral
from wss_cases.pathways.referrals.referral.queries import open_referral, referrals_of
from wss_cases.pathways.referrals.referral.rules import is_open, outcome_of
from wss_cases.pathways.referrals.referral.states import OPEN, PATHWAY_ENDED, WITHDRAW_LABELS, ReferralState, Service
from wss_cases.routing.engine.pages import Pathway as Family


@use_case
def draft(uow: UnitOfWork, pathway_id: int, *, partner_id: int | None, student_id: int | None, need: str) -> int:
    """Draft a referral of a live pathway, or change its draft. Returns its id.

    Raises Refused without a partner, a student of the case or the need, and while another referral is open.
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
        named = uow.session.get_one(CaseParticipant, pathway.participant_id)
        own &= {named.student_id} if named.student_id is not None else own
    if student_id not in own:
        raise Refused("student", _("Choose the student the referral is for."))


@use_case
def withdraw(uow: UnitOfWork, referral_id: int, reason: str) -> int:
    """Take a referral back for the school; the partner no longer has it and learns only that it ended."""
    _pathway, row = load_with_pathway(uow, referral_id, uow.version)
    if reason not in WITHDRAW_LABELS:
        raise Refused("reason", _("Choose why it is withdrawn."))
    _take_back(uow, row, reason)
    return row.id


def withdraw_open(uow: UnitOfWork, pathway: Pathway) -> None:
    """Take back the referral that is open when its locked pathway ends; the partner learns only that."""
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
    """Complete the pathway with what was received. Raises Refused while a referral is open, or none was answered."""
    pathway = load_live(uow, pathway_id, uow.version, Family.WRAPAROUND)
    outcome = outcome_of(referrals_of(pathway.id))
    if outcome is None:
        words = _("It can be completed once the service has ended, or a partner said it has none to offer.")
        raise Refused("", words)
    note_completion(uow, pathway, outcome, note)
    return pathway.id
