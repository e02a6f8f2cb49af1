"""A visit of a party: what it can contain, which are refused, and recording it. Never why."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, select

from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import GUARDIAN_CALLS
from wss_cases.followups.making import make
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles import consent
from wss_cases.pathways.circles.circle.models import CirclePreparation, GuardianAnswer, PartyAnswer, SupporterRelation
from wss_cases.pathways.circles.circle.rules import was_harmed
from wss_cases.pathways.circles.keepers import keep_as_lead
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.common.actions import close_recorded, follow_event, not_later
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.roster.directory.queries import school_days


@dataclass(frozen=True)
class Visit:
    """The results of a visit of a party. A field that is None, False or '' was not answered and stays unchanged.

    `on`: the day of the talk; `manner`: a key of MANNER_LABELS.
    """

    on: date | None = None
    manner: str = ""
    support: bool = False
    pre_met: bool = False
    letter: bool = False
    answer: PartyAnswer | None = None
    ready: bool | None = None
    guardian: GuardianAnswer | None = None
    guardian_name: str = ""
    plan_needed: bool | None = None
    supporter: str = ""
    relation: SupporterRelation | None = None

    @property
    def done(self) -> bool:
        return self.support or self.pre_met or self.letter

    @property
    def only_refuses(self) -> bool:
        """Whether the visit records only a refusal, which is possible whatever became of the circle."""
        refuses = self.answer is PartyAnswer.NO or self.guardian is GuardianAnswer.NO
        willing = self.answer in (PartyAnswer.YES, PartyAnswer.NOT_NOW) and self.guardian is not GuardianAnswer.NO
        more = self.done or self.ready is not None or self.plan_needed is not None or bool(self.supporter.strip())
        return refuses and not willing and not more

    @property
    def is_empty(self) -> bool:
        answers = (self.on, self.answer, self.ready, self.guardian, self.plan_needed)
        return not self.done and not self.supporter.strip() and all(answer is None for answer in answers)


def visit_problem(visit: Visit, contacted: bool) -> tuple[str, str] | None:
    """(field, message) of why a visit cannot be recorded; None when it can.

    `contacted`: the first contact is on record. Without it the manner is required.
    """
    if visit.is_empty:
        return "", _("Nothing is filled in yet. Answer at least one question, then save.")
    if visit.on is None and visit.done:
        return "talked", _("Say on which day you talked.")
    if visit.on is not None and not visit.manner and not contacted:
        return "manner", _("Choose how you talked.")
    return None


PLAN = "safety_plan"
"""The kind of follow-up that asks for a safety plan."""


@dataclass(frozen=True)
class _Party:
    """A party of a circle, with the record of their preparation."""

    row: Pathway
    circle: Circle
    person_id: int

    @property
    def prepared(self) -> CirclePreparation:
        """The record of their preparation, a new one if there is none. Raises NotFound for someone who is not
        invited.
        """
        if self.person_id not in {person.id for person in self.circle.invited}:
            raise NotFound
        known = self.circle.preparations.get(self.person_id)
        if known is None:
            known = CirclePreparation.of(self.row, participant_id=self.person_id)
            self.circle.preparations[self.person_id] = known
        return known

    @property
    def was_contacted(self) -> bool:
        known = self.circle.preparations.get(self.person_id)
        return known is not None and known.first_contact_on is not None

    @property
    def goes_on(self) -> bool:
        return self.row.state in LIVE and self.person_id in self.circle.names


@use_case
def record_visit(uow: UnitOfWork, pathway_id: int, participant_id: int, visit: Visit) -> int:
    """Record the results of a visit of a party, all or nothing. What the visit leaves out stays unchanged.

    The lead of the case becomes the keeper of a circle that never had one, if they are trained. Follow-ups that asked
    for the work close. A no, "not now" and "not ready" cancel a planned meeting.

    Returns the pathway's id. Raises NotFound for someone who is not invited. Raises Refused with the field of the wrong
    answer; see `visit_problem` and `note_consent`.
    """
    row = consent.load_any_circle(uow, pathway_id) if visit.only_refuses else consent.load_circle(uow, pathway_id)
    today = today_at(row.school_id, uow.now)
    if visit.on is not None:
        not_later(uow, row.school_id, "day", visit.on)
    if not visit.only_refuses:
        keep_as_lead(uow, row)
    party = _Party(row, circle_of(row), participant_id)
    if problem := visit_problem(visit, contacted=party.was_contacted):
        raise Refused(*problem)
    on = visit.on or today
    _note_talk(uow, party, visit)
    _note_consent(uow, party, visit, on)
    _note_ready(uow, party, visit, on)
    _note_plan(uow, party, visit, on)
    if visit.supporter.strip():
        consent.invite(uow, row, party.circle, party.person_id, visit.supporter, visit.relation)
    return row.id


def _note_talk(uow: UnitOfWork, party: _Party, visit: Visit) -> None:
    """Record the talk with a party and what was done, all on the day of the visit."""
    if visit.on is None or (visit.only_refuses and not party.goes_on):
        return
    prepared = party.prepared
    if prepared.first_contact_on is None or visit.on < prepared.first_contact_on:
        prepared.first_contact_on, prepared.first_contact_manner = visit.on, visit.manner
        uow.record(prepared, "circle.first_contact")
    if visit.support:
        prepared.support_offered_on, prepared.support_offered_by_id = visit.on, uow.actor.user_id
        uow.record(prepared, "circle.support_offered")
    if visit.letter:
        prepared.letter_read_on = visit.on
        uow.record(prepared, "circle.letter_read")
    if visit.pre_met:
        prepared.pre_met_on, prepared.pre_met_by_id = visit.on, uow.actor.user_id
        uow.record(prepared, "circle.pre_met")
    if visit.support or visit.pre_met:
        _close_fulfilled(uow, party, visit.on, visit.manner)
        _need_interpreter(uow, party)


def _close_fulfilled(uow: UnitOfWork, party: _Party, on: date, manner: str) -> None:
    """Close follow-ups that the visit fulfills. Support offered or a pre-meeting is contact with a person harmed. A
    pre-meeting closes its own follow-up; the last one closes the follow-up for all.
    """
    row, circle = party.row, party.circle
    person = next(person for person in circle.invited if person.id == party.person_id)
    if was_harmed(person):
        close_recorded(uow, row, "contact_person_harmed", "reached", on, [person], manner=manner)
    if party.prepared.pre_met_on is not None:
        met_on = party.prepared.pre_met_on
        close_recorded(uow, row, "pre_meetings", "all_held", met_on, [person], named_only=True)
    met = [each and each.pre_met_on for each in (circle.preparations.get(party_row.id) for party_row in circle.invited)]
    if all(met):
        close_recorded(uow, row, "pre_meetings", "all_held", max(day for day in met if day), circle.invited)


def _need_interpreter(uow: UnitOfWork, party: _Party) -> None:
    """Ask once for an interpreter when the consent letter does not exist in the family's language."""
    row = party.row
    person = next(person for person in party.circle.invited if person.id == party.person_id)
    if consent.letter_language(person, today_at(row.school_id, uow.now)) is None:
        return
    known = exists().where(FollowUp.pathway_id == row.id, FollowUp.kind == "interpreter")
    if not uow.session.scalar(select(known)):
        follow_event(uow, row, "interpreter_needed")


def _note_consent(uow: UnitOfWork, party: _Party, visit: Visit, on: date) -> None:
    """Record what the party and a guardian answered. A guardian's yes by phone closes the follow-up for a call home."""
    answer = consent.Said(visit.answer, visit.guardian, visit.guardian_name)
    if answer.party is None and answer.guardian is None:
        return
    consent.note_consent(uow, party.row, party.circle, party.person_id, answer, on)
    if answer.guardian is GuardianAnswer.NOT_REACHED:
        party.prepared.guardian_tried_on = on
        uow.record(party.prepared, "circle.guardian_tried")
    if answer.guardian is GuardianAnswer.PHONE and answer.guardian_name.strip():
        people = [person for person in party.circle.invited if person.id == party.person_id]
        for kind in GUARDIAN_CALLS:
            close_recorded(
                uow, party.row, kind, "reached", on, people, manner="phone", who=answer.guardian_name.strip()
            )


def _note_ready(uow: UnitOfWork, party: _Party, visit: Visit, on: date) -> None:
    """Record whether the party is ready to meet, never why. "Not ready" cancels a planned meeting."""
    if visit.ready is None:
        return
    prepared = party.prepared
    if visit.ready and prepared.pre_met_on is None and len(party.circle.invited) > 1:
        raise Refused("ready", _("Meet with this person alone first, and record the date."))
    prepared.is_ready, prepared.ready_on = visit.ready, on
    uow.record(prepared, "circle.ready" if visit.ready else "circle.not_ready")
    if not visit.ready:
        consent.call_off_planned(uow, party.row, party.circle)


def _note_plan(uow: UnitOfWork, party: _Party, visit: Visit, on: date) -> None:
    """Record whether the party needs a safety plan. If one is needed and none is agreed, a follow-up asks for
    it once.
    """
    if visit.plan_needed is None:
        return
    row, prepared = party.row, party.prepared
    prepared.plan_needed, prepared.plan_said_on = visit.plan_needed, on
    uow.record(prepared, "circle.plan_needed" if visit.plan_needed else "circle.plan_not_needed")
    if not visit.plan_needed or party.person_id in party.circle.planned:
        return
    consent.call_off_planned(uow, row, party.circle)
    follow_ups = exists().where(
        FollowUp.case_id == row.case_id,
        FollowUp.kind == PLAN,
        FollowUp.participant_id == party.person_id,
        FollowUp.state == FollowUpState.OPEN,
    )
    if not uow.session.scalar(select(follow_ups)):
        today = today_at(row.school_id, uow.now)
        make(
            uow, kind=PLAN, school_id=row.school_id, case_id=row.case_id, participant_id=party.person_id,
            owner_id=row.owner_id or row.case.lead_id, due_on=school_days(row.school_id).add(today, 1),
        )  # fmt: skip
