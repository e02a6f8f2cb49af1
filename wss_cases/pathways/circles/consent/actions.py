"""Consent of each party to a circle, meetings that are called off, and holds that are lifted."""

from datetime import date

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.circles.circle.models import CircleConsent, CircleMeeting, HoldLift
from wss_cases.pathways.circles.circle.rules import was_harmed
from wss_cases.pathways.circles.circle.states import CONSENT_TRANSITIONS, ConsentState, NotHeld, consent_state
from wss_cases.pathways.circles.invitations.actions import tell_calendars
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.common.actions import audit_only, load_live, not_later, note_acceptance, note_offer
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE, PathwayState
from wss_cases.roster.telling.queries import refuse_kept_off
from wss_cases.routing.engine.states import Pathway as Family


def load_circle(uow: UnitOfWork, pathway_id: int, version: int | None = None) -> Pathway:
    """Lock a live pathway that is a circle. Raises NotFound for another family."""
    return load_live(uow, pathway_id, version, Family.CIRCLE)


def load_any_circle(uow: UnitOfWork, pathway_id: int) -> Pathway:
    """Lock a circle, live or ended, of an open or closed case: a no is heard at any time, notes outlive it."""
    row = uow.load(Pathway, pathway_id, Permission.CASE_WORK)
    if row.pathway != Family.CIRCLE:
        raise NotFound
    return row


@use_case
def record_consent(
    uow: UnitOfWork, pathway_id: int, participant_id: int, consented: bool, guardian_consented: bool | None,
    given_on: date, guardian_name: str = "",
) -> int:  # fmt: skip
    """Record what one party said about taking part.

    A no is possible at any time, whatever became of the circle, needs no reason, and calls a planned meeting off;
    an agreement that was made stands. The first answer notes the offer, the last yes the acceptance.
    Raises NotFound for somebody who is not invited; Refused where the person harmed was asked by somebody other
    than the keeper, or before support was offered, and for an answer of a guardian whom an order keeps away.
    """
    willing = consented and guardian_consented is not False
    row = load_circle(uow, pathway_id) if willing else load_any_circle(uow, pathway_id)
    not_later(uow, row.school_id, "given_on", given_on)
    circle = circle_of(row)
    before = circle.consents.get(participant_id)
    if before is None and participant_id not in {person.id for person in circle.invited}:
        raise NotFound
    if guardian_consented is not None:
        party = uow.session.get_one(CaseParticipant, participant_id)
        refuse_kept_off("guardian_name", [party.student_id] if party.student_id else [], guardian_name)
    said = before.consented if before else None
    was_willing = before is not None and said is True and before.guardian_consented is not False
    if consented and said is not True:
        _may_ask(uow.actor, circle, participant_id, today_at(row.school_id, uow.now))
    state, wanted = consent_state(said), ConsentState.YES if consented else ConsentState.NO
    assert state is wanted or wanted in CONSENT_TRANSITIONS[state]
    if before is not None:
        before.replaced_at = uow.now
        uow.session.flush()
    consent = CircleConsent.of(row, participant_id=participant_id)
    consent.consented, consent.guardian_consented, consent.given_on = consented, guardian_consented, given_on
    consent.guardian_name = guardian_name if guardian_consented is not None else ""
    consent.recorded_at, consent.recorded_by_id = uow.now, uow.actor.user_id
    kinds = ("circle.consent_withdrawn" if was_willing else "circle.consent_refused", "circle.consent_given")
    uow.record(consent, kinds[willing])
    circle.consents[participant_id] = consent
    _follow_consent(uow, row, circle, given_on, willing)
    return row.id


def _may_ask(actor: Actor, circle: Circle, participant_id: int, today: date) -> None:
    person = next((person for person in circle.invited if person.id == participant_id), None)
    if person is None or not was_harmed(person):
        return
    keepers = circle.keepers_on(today)
    if actor.user_id not in keepers:
        if not keepers:
            raise Refused("", _("Only the keeper asks the person harmed, and this circle has no keeper yet."))
        names = ", ".join(keepers.values())
        raise Refused("", _("Only the keeper of this circle asks the person harmed: %(names)s.", names=names))
    prepared = circle.preparations.get(participant_id)
    if prepared is None or prepared.support_offered_on is None:
        raise Refused("", _("Offer support to the person harmed before asking, and record the date."))


def _follow_consent(uow: UnitOfWork, row: Pathway, circle: Circle, on: date, willing: bool) -> None:
    if row.state in LIVE:
        note_offer(uow, row, on)
    consents = [circle.consents.get(person.id) for person in circle.invited]
    if willing and row.state is PathwayState.PROPOSED and all(c and c.consented for c in consents):
        note_acceptance(uow, row, on)
    if not willing:
        call_off_planned(uow, row, circle)


def call_off_planned(uow: UnitOfWork, row: Pathway, circle: Circle) -> None:
    """Call off the meeting that is planned, if there is one: a requirement is no longer met."""
    if circle.waiting is None:
        return
    not_held(uow, circle.waiting, NotHeld.CALLED_OFF)
    row.next_step_on = None
    audit_only(uow, row)


def not_held(uow: UnitOfWork, meeting: CircleMeeting, reason: NotHeld) -> None:
    """Record that a meeting is not held; calendars strike it out where it was put off."""
    meeting.happened, meeting.not_held_reason = False, reason.value
    meeting.sequence += 1
    uow.record(meeting, "circle.not_held", reason=reason.value)
    tell_calendars(uow, meeting)


@use_case
def lift_hold(uow: UnitOfWork, pathway_id: int, rule: str, reason: str) -> int:
    """Say why a hold's condition is met.

    Raises Refused without a reason, for a hold that stands for good, and for one that the people themselves must meet.
    """
    row = load_circle(uow, pathway_id)
    circle = circle_of(row)
    hold = existing(next((hold for hold in circle.holds if hold.rule == rule), None))
    if hold.stands:
        raise Refused("", _("This hold applies: each person is supported separately."))
    if not hold.can_be_lifted:
        raise Refused("", _("No one can answer this for them. The hold opens when they say so themselves."))
    if not reason.strip():
        raise Refused("reason", _("Explain why the condition is met."))
    requirements = circle.requirements_on(today_at(row.school_id, uow.now))
    if rule in circle.lifted or any(requirement.rule == rule and requirement.done for requirement in requirements):
        raise Refused("", _("The condition of this hold is already met."))
    lift = HoldLift.of(row, rule=rule, reason=reason, lifted_at=uow.now, lifted_by_id=uow.actor.user_id)
    uow.record(lift, "circle.hold_lifted", rule=rule)
    return row.id
