"""Before a circle: consent of each party, holds, and the meeting's time and room."""

from datetime import date, datetime

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.queries import holders
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit import UnitOfWork, unit_of_work
from wss_cases.pathways.circles.models import CircleConsent, CircleMeeting, HoldLift
from wss_cases.pathways.circles.queries import Circle, circle_of
from wss_cases.pathways.circles.rules import closed, gate_words
from wss_cases.pathways.circles.states import NotHeld
from wss_cases.pathways.common.actions_life import (
    audit_only,
    load_live,
    not_later,
    note_acceptance,
    note_offer,
)
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import PathwayState
from wss_cases.roster.models import School
from wss_cases.routing.states import Pathway as Family

Key = str | None


def load_circle(uow: UnitOfWork, pathway_id: int, version: int | None = None) -> Pathway:
    """Lock a live pathway that is a circle. A step. Raises NotFound for another family."""
    row = load_live(uow, pathway_id, version)
    if row.pathway != Family.CIRCLE:
        raise NotFound
    return row


def record_consent(
    actor: Actor, pathway_id: int, participant_id: int, consented: bool, guardian_consented: bool | None,
    given_on: date, now: datetime, request_key: Key = None,
) -> int:  # fmt: skip
    """Record what one party said about taking part; saying no is possible at any time and needs no reason.

    The first answer notes the offer, the last yes the acceptance; a no calls a planned meeting off.
    Raises NotFound for somebody who is not invited.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_circle(uow, pathway_id)
        not_later(uow, row.school_id, "given_on", given_on)
        circle = circle_of(row)
        if participant_id not in {person.id for person in circle.invited}:
            raise NotFound
        consent = circle.consents.get(participant_id) or CircleConsent(
            pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, participant_id=participant_id
        )
        consent.consented, consent.guardian_consented, consent.given_on = (
            consented,
            guardian_consented,
            given_on,
        )
        consent.recorded_at, consent.recorded_by_id = now, actor.user_id
        willing = consented and guardian_consented is not False
        uow.record(consent, "circle.consent_given" if willing else "circle.consent_refused")
        if actor.user_id is not None:
            note_offer(uow, row, (actor.user_id, actor.name), given_on)
        circle.consents[participant_id] = consent
        _follow_consent(uow, row, circle, given_on, willing)
        uow.answer = row.id
        return row.id


def _follow_consent(uow: UnitOfWork, row: Pathway, circle: Circle, on: date, willing: bool) -> None:
    said = {person.id: circle.consents.get(person.id) for person in circle.invited}
    if willing and row.state is PathwayState.PROPOSED and all(c and c.consented for c in said.values()):
        note_acceptance(uow, row, on)
    if not willing and circle.waiting is not None:
        _call_off(uow, circle.waiting)
        row.next_step_on = None
        audit_only(uow, row)


def _call_off(uow: UnitOfWork, meeting: CircleMeeting) -> None:
    meeting.happened, meeting.not_held_reason = False, NotHeld.CALLED_OFF.value
    uow.record(meeting, "circle.not_held", reason=NotHeld.CALLED_OFF.value)


def lift_hold(
    actor: Actor, pathway_id: int, rule: str, reason: str, now: datetime, request_key: Key = None
) -> int:
    """Say why a hold's condition is met. Raises Refused without a reason, or for a hold that stands for good."""
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_circle(uow, pathway_id)
        circle = circle_of(row)
        hold = next((hold for hold in circle.holds if hold.rule == rule), None)
        if hold is None:
            raise NotFound
        if not hold.can_be_lifted:
            raise Refused("", _("This hold stands: each person is supported apart."))
        if not reason.strip():
            raise Refused("reason", _("Say why the condition is met."))
        if any(gate.rule == rule and gate.done for gate in circle.gates):
            raise Refused("", _("This hold is lifted already."))
        lift = HoldLift(
            pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, rule=rule, reason=reason,
            lifted_at=now, lifted_by_id=actor.user_id,
        )  # fmt: skip
        uow.record(lift, "circle.hold_lifted", rule=rule)
        uow.answer = row.id
        return row.id


def keepers_at(school_id: int, day: date) -> dict[int, str]:
    """Return who may keep a circle at a school on a day: its coordinators and deans, id to name."""
    return dict([*holders(Role.COORDINATOR, school_id, day), *holders(Role.DEAN, school_id, day)])


def plan_meeting(
    actor: Actor, pathway_id: int, *, starts_at: datetime, room: str, keeper_id: int, now: datetime,
    request_key: Key = None,
) -> int:  # fmt: skip
    """Plan the meeting, or move the one that is planned. Returns its id.

    Raises Refused while any gate is closed, naming each, and for a keeper who is no coordinator or dean.
    """
    with unit_of_work(actor, now, request_key) as uow:
        if uow.answered:
            return uow.answer
        row = load_circle(uow, pathway_id)
        circle = circle_of(row)
        missing = closed(circle.gates)
        if row.state is PathwayState.PROPOSED and not missing:
            raise Refused("", _("The meeting cannot be planned before the circle is accepted."))
        if missing:
            names = "; ".join(gate_words(gate, circle.names) for gate in missing)
            raise Refused("", _("The meeting cannot be planned yet: %(missing)s", missing=names))
        school = uow.session.get(School, row.school_id)
        assert school is not None
        if keeper_id not in keepers_at(row.school_id, starts_at.date()):
            raise Refused("keeper", _("Choose a keeper from this school."))
        meeting = circle.waiting or CircleMeeting(
            pathway_id=row.id, case_id=row.case_id, school_id=row.school_id, starts_at=starts_at, room=room,
            keeper_id=keeper_id,
        )  # fmt: skip
        kind = "circle.moved" if circle.waiting else "circle.planned"
        meeting.starts_at, meeting.room, meeting.keeper_id = starts_at, room, keeper_id
        row.next_step_on = starts_at.date()
        uow.record(meeting, kind)
        audit_only(uow, row)
        uow.answer = meeting.id
        return meeting.id
