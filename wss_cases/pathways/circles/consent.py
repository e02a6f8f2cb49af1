"""Each party's consent to a circle, the letter about it, the safety screen, canceled meetings, and lifted holds."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.mail.family_texts import Text, family_text
from wss_cases.pathways.circles.circle.models import (
    CONSENT_TRANSITIONS,
    CircleConsent,
    CircleMeeting,
    CircleScreen,
    CircleSupporter,
    ConsentManner,
    ConsentState,
    GuardianAnswer,
    HoldLift,
    NotHeld,
    PartyAnswer,
    ScreenAnswer,
    SupporterRelation,
    consent_state,
)
from wss_cases.pathways.circles.circle.rules import was_harmed
from wss_cases.pathways.circles.invitations import tell_calendars
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.common.actions import audit_only, load_live, note_acceptance, note_offer
from wss_cases.pathways.common.models import LIVE, Pathway, PathwayState
from wss_cases.pathways.common.queries import family_language
from wss_cases.roster.directory.models import School
from wss_cases.roster.telling import refuse_kept_off
from wss_cases.routing.engine.vocabulary import Pathway as Family


def invite(
    uow: UnitOfWork, row: Pathway, circle: Circle, participant_id: int, name: str, relation: SupporterRelation | None,
    field: str = "supporter",
) -> CircleSupporter:  # fmt: skip
    """Invite a supporter of a party, and return them. `field`: the form field with the name.

    Raises NotFound for a party who is not invited. Raises Refused without a relationship, and for a guardian whom an
    order keeps away.
    """
    person = existing(next((party for party in circle.invited if party.id == participant_id), None))
    if relation is None:
        raise Refused("relation" if field == "supporter" else f"{field}_relation", _("Choose the relationship."))
    if person.student_id is not None and relation in (SupporterRelation.GUARDIAN, SupporterRelation.FAMILY):
        refuse_kept_off(field, [person.student_id], name)
    supporter = CircleSupporter.of(row, participant_id=participant_id, relation=relation, name=name)
    uow.record(supporter, "circle.supporter_added", relation=relation.value)
    return supporter


CODE = "circle_consent"
DEFAULT = "en"


def letter_language(person: Any, day: date) -> str | None:
    """The family's language when the letter does not exist in it; otherwise None."""
    language = family_language(person.student)
    try:
        text = family_text(CODE, language, day)
    except LookupError:
        return None if language == DEFAULT else language
    return None if language.split("-")[0].split("_")[0] == text.language.split("-")[0] else language


def letter_for(person: Any, school: School, contact: str, day: date) -> Text:
    """The letter in the family's language, or else in English; with a heading alone when there is no text."""
    try:
        text = family_text(CODE, family_language(person.student), day)
    except LookupError:
        return Text(_("There is no letter about circles yet"), "", DEFAULT)
    return text.filled({"school": school.name, "contact": contact})


def load_circle(uow: UnitOfWork, pathway_id: int, version: int | None = None) -> Pathway:
    return load_live(uow, pathway_id, version, Family.CIRCLE)


def load_any_circle(uow: UnitOfWork, pathway_id: int) -> Pathway:
    """Lock a circle, live or ended, of an open or closed case. A refusal is recorded at any time, and notes outlive a
    circle.
    """
    row = uow.load(Pathway, pathway_id, Permission.CASE_WORK)
    if row.pathway != Family.CIRCLE:
        raise NotFound
    return row


@dataclass(frozen=True)
class Said:
    """What a party and a guardian answered this time; None: no answer."""

    party: PartyAnswer | None = None
    guardian: GuardianAnswer | None = None
    guardian_name: str = ""

    @property
    def consents(self) -> bool | None:
        reached = self.guardian is not None and self.guardian is not GuardianAnswer.NOT_REACHED
        return self.guardian is not GuardianAnswer.NO if reached else None

    @property
    def refuses(self) -> bool:
        """Whether the answer contains a refusal, which is recorded at any time."""
        return self.party is PartyAnswer.NO or self.consents is False


def note_consent(uow: UnitOfWork, row: Pathway, circle: Circle, participant_id: int, answer: Said, on: date) -> None:
    """Record what a party, or a guardian, answered about taking part. The earlier answer of the other one stays.

    A refusal is possible at any time, whatever became of the circle, and needs no reason. It cancels a planned meeting,
    as "not now" does; an agreement that was made stays. The first answer records the offer, the last yes the
    acceptance. Raises NotFound for someone who is not invited. Raises Refused when someone other than the keeper asked
    the person harmed, when support was not offered before, and for a guardian whom an order keeps away.
    """
    before = circle.consents.get(participant_id)
    if before is None and participant_id not in {person.id for person in circle.invited}:
        raise NotFound
    if answer.guardian is not None:
        party = uow.session.get_one(CaseParticipant, participant_id)
        refuse_kept_off("guardian_name", [party.student_id] if party.student_id else [], answer.guardian_name)
    if answer.party is None and answer.consents is None:
        return
    stood = consent_state(before.consented, before.not_now) if before else ConsentState.NOT_ASKED
    if answer.party is PartyAnswer.YES and stood is not ConsentState.YES:
        _may_ask(uow.actor, circle, participant_id, today_at(row.school_id, uow.now))
    stands = ConsentState(answer.party.value) if answer.party is not None else stood
    assert stands is stood or stands in CONSENT_TRANSITIONS[stood]
    was_willing = before is not None and stood is ConsentState.YES and before.guardian_consented is not False
    if before is not None:
        before.replaced_at = uow.now
        uow.session.flush()
    consent = _answered(uow, row, participant_id, before, answer, on)
    circle.consents[participant_id] = consent
    uow.record(consent, _kind(consent, answer, was_willing))
    if answer.party is not None and row.state in LIVE:
        note_offer(uow, row, on)
    _follow_consent(uow, row, circle, on, consent)


def _answered(
    uow: UnitOfWork, row: Pathway, participant_id: int, before: CircleConsent | None, answer: Said, on: date
) -> CircleConsent:
    """The answer that counts from now on. Parts without a new answer are copied from the earlier one."""
    consent = CircleConsent.of(row, participant_id=participant_id, given_on=on)
    consent.recorded_at, consent.recorded_by_id = uow.now, uow.actor.user_id
    if answer.party is None and before is not None:
        consent.given_on = before.given_on
    if answer.party is not None:
        consent.consented = {PartyAnswer.YES: True, PartyAnswer.NO: False}.get(answer.party)
        consent.not_now = answer.party is PartyAnswer.NOT_NOW
    else:
        consent.consented, consent.not_now = (before.consented, before.not_now) if before else (None, False)
    if answer.consents is not None:
        consent.guardian_consented, consent.guardian_name = answer.consents, answer.guardian_name
        consent.guardian_on = on
        consent.guardian_manner = ConsentManner(answer.guardian) if answer.consents and answer.guardian else None
    elif before is not None:
        consent.guardian_consented, consent.guardian_name = before.guardian_consented, before.guardian_name
        consent.guardian_manner, consent.guardian_on = before.guardian_manner, before.guardian_on
    return consent


def _kind(consent: CircleConsent, answer: Said, was_willing: bool) -> str:
    if answer.refuses or consent.guardian_consented is False:
        return "circle.consent_withdrawn" if was_willing else "circle.consent_refused"
    if consent.not_now:
        return "circle.consent_put_off"
    return "circle.guardian_answered" if answer.party is None else "circle.consent_given"


def _may_ask(actor: Actor, circle: Circle, participant_id: int, today: date) -> None:
    person = next((person for person in circle.invited if person.id == participant_id), None)
    if person is None or not was_harmed(person):
        return
    keepers = circle.keepers_on(today)
    if actor.user_id not in keepers:
        if not keepers:
            raise Refused("answer", _("Only the keeper asks the person harmed, and this circle has no keeper yet."))
        names = ", ".join(keepers.values())
        raise Refused("answer", _("Only the keeper of this circle asks the person harmed: %(names)s.", names=names))
    prepared = circle.preparations.get(participant_id)
    if prepared is None or prepared.support_offered_on is None:
        raise Refused("answer", _("Offer support to the person harmed before asking, and record the date."))


def _follow_consent(uow: UnitOfWork, row: Pathway, circle: Circle, on: date, consent: CircleConsent) -> None:
    willing = consent.consented is True and consent.guardian_consented is not False
    consents = [circle.consents.get(person.id) for person in circle.invited]
    if willing and row.state is PathwayState.PROPOSED and all(c and c.consented for c in consents):
        note_acceptance(uow, row, on)
    if not willing:
        call_off_planned(uow, row, circle)


def call_off_planned(uow: UnitOfWork, row: Pathway, circle: Circle) -> None:
    """Cancel the planned meeting, if there is one, because a requirement is no longer met."""
    if circle.waiting is None:
        return
    not_held(uow, circle.waiting, NotHeld.CALLED_OFF)
    row.next_step_on = None
    audit_only(uow, row)


def not_held(uow: UnitOfWork, meeting: CircleMeeting, reason: NotHeld) -> None:
    """Record that a meeting is not held. Calendars cancel its entry when it was postponed or called off."""
    meeting.happened, meeting.not_held_reason = False, reason.value
    meeting.sequence += 1
    uow.record(meeting, "circle.not_held", reason=reason.value)
    tell_calendars(uow, meeting)


def note_screen(uow: UnitOfWork, row: Pathway, circle: Circle, answer: ScreenAnswer, on: date) -> None:
    """Record the keeper's safety screen, never its reason. "Not now" cancels a planned meeting.

    Raises Refused for anyone who does not keep this circle.
    """
    if uow.actor.user_id not in circle.keepers_on(today_at(row.school_id, uow.now)):
        raise Refused("screen", _("Only a keeper of this circle answers the safety screen."))
    screen = circle.screen = circle.screen or CircleScreen.of(row)
    screen.answer, screen.screened_on, screen.screened_by_id = answer, on, uow.actor.user_id
    uow.record(screen, "circle.screened", answer=answer.value)
    if answer is ScreenAnswer.NOT_NOW:
        call_off_planned(uow, row, circle)


@use_case
def lift_hold(uow: UnitOfWork, pathway_id: int, rule: str, reason: str) -> int:
    """Record why the condition of a hold is met.

    Raises Refused without a reason, for a hold that always applies, and for a condition that only the parties can meet.
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
