"""The decision on a report: open a case with pathways and follow-ups, or record a light response on the incident."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.actions import open_case
from wss_cases.cases.case.models import OPEN, Case
from wss_cases.cases.case.queries import cases_of_incident, choose_lead, load_case
from wss_cases.followups.core.models import FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.core.states import CONVERSATION, LIAISON
from wss_cases.followups.making import close_if_reached, close_row, make
from wss_cases.followups.templates.queries import template_in_force
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Stale
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.pages import open_to, set_state
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState
from wss_cases.intake.decision.rules import Choice, chosen, is_light
from wss_cases.intake.open_questions.queries import is_forgotten, refuse_open
from wss_cases.intake.recommendation.queries import Situation, situation
from wss_cases.intake.recommendation.rules import CALLS, Plan, PlanItem, calls_family_of_harmed, waits_for
from wss_cases.intake.report.actions import route_incident
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.models import confirm, propose
from wss_cases.pathways.common.queries import standing
from wss_cases.pathways.reengagement.opening import case_for
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import FollowUpKind, Kind, Pathway
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY
from wss_cases.safeguards.duties.duty.queries import duties_of

OTHERWISE_REASONS: Final = {
    "already_done": _l("Something has already been done"),
    "knows_student": _l("What the school knows about the student calls for something else"),
    "family_wish": _l("The student or family asks for something else"),
    "not_available": _l("It is not available at this school"),
    "safety": _l("Safety calls for something else"),
    "facts_differ": _l("The facts are not as reported"),
    "other": _l("Another reason"),
}

UNFOUNDED: Final = "unfounded"
NO_ACTION_REASONS: Final = {
    UNFOUNDED: _l("It did not happen as reported"),
    "not_school": _l("It is not a matter for the school"),
    "settled": _l("The people involved settled it themselves, and no one was harmed"),
    "other": _l("Another reason"),
}

CONVERSATION_OUTCOMES: Final = {
    "repair_agreed": _l("Talked it through and agreed on a repair"),
    "understood": _l("Talked it through; nothing more is needed"),
    "no_understanding": _l("Talked, without reaching an understanding"),
}

VERIFIED_LABELS: Final = {
    "yes": _l("Yes, verified"),
    "no": _l("No, it did not happen that way"),
    "unknown": _l("Not known yet"),
}

SENTENCES: Final = {
    "review.accepted": _l("The recommendation was accepted"),
    "review.chosen_otherwise": (_l("A different response was chosen: %(reason)s"), {"reason": OTHERWISE_REASONS}),
    "review.added_after_correction": _l("What the corrected facts call for was added"),
    "review.parts_set": _l("The people who caused harm and were harmed were identified"),
    "review.facts_checked": (_l("Facts reviewed. Verified: %(verified)s"), {"verified": VERIFIED_LABELS}),
    "review.conversation": (_l("Restorative conversation recorded: %(outcome)s"), {"outcome": CONVERSATION_OUTCOMES}),
}


def _still_theirs(message: OutboxMessage, actor: Actor) -> bool:
    case = load_case(message.object_id)
    theirs = case is not None and case.state in OPEN and case.lead_id == actor.user_id
    return theirs and can(actor, Permission.CASE_READ, case)


MESSAGES = (
    MessageKind(
        "case_assigned",
        leads_to(
            "/cases/{id}",
            _l("A case was assigned to you"),
            _l("A case was opened and you are its lead coordinator."),
            go=_l("Open the case"),
        ),
        _still_theirs,
    ),
)


REVIEW_AFTER = 10
REVIEW_WITH_HOLD = 5


@dataclass(frozen=True)
class Scene:
    """State shared by the steps of one decision. `coordinator_id` is None at a school without a coordinator; a dean
    leads there."""

    incident: Incident
    today: date
    days: SchoolDays
    now: Situation
    items: tuple[PlanItem, ...]
    lead_id: int | None
    coordinator_id: int | None
    dean_id: int | None
    made: Counter[tuple[str, int | None]]


@use_case
def decide(uow: UnitOfWork, incident_id: int, choice: Choice) -> int:
    """Decide a report and return its id: case, pathways, follow-ups, lead and notices. Raises Stale when it was
    decided or changed first; Refused for what a hold forbids or lacks a reason. A case always opens while a legal
    duty is open."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, uow.version)
    if incident.state not in UNDECIDED:
        raise Stale
    scene = scene_of(uow, incident, lambda plan: _choose(plan, incident, choice, uow.actor.locale))
    case = open_with(uow, scene) if _needs_case(scene, choice) else None
    if case is not None and choice.conversation:
        raise Refused("conversation", _("A case opens. Record the conversation there."))
    _follow_up(uow, scene, case, choice)
    as_it_stands = choice.keep is None and not choice.add
    kind = "review.accepted" if as_it_stands else "review.chosen_otherwise"
    uow.record(incident, kind, case_id=case.id if case else None, reason=choice.reason)
    set_state(uow, incident, IncidentState.ROUTED, reason=choice.reason, note=choice.reason_text)
    if case is None and choice.conversation:
        _conversation_held(uow, incident, choice.conversation, choice.conversation_note)
    return incident.id


def _choose(plan: Plan, incident: Incident, choice: Choice, language: str) -> tuple[PlanItem, ...]:
    """The chosen items. Raises Refused while a question is open, and for responses that a forgotten item or a tool
    does not call for."""
    refuse_open(plan, incident, incident.people)
    if choice.keep is None and is_forgotten(incident):
        raise Refused("", _("It was forgotten or a tool. Choose what fits under “Choose a different response.”"))
    return chosen(plan, choice, language)


def scene_of(uow: UnitOfWork, incident: Incident, choose: Callable[[Plan], tuple[PlanItem, ...]]) -> Scene:
    """The shared state of a decision; `choose` picks the plan's items."""
    now = situation(incident.id)
    if not now.answers:
        route_incident(uow, incident)
        now = situation(incident.id)
    today = today_at(incident.school_id, uow.now)
    coordinator_id = _known_to(incident, [choose_lead(incident.school_id, today)], uow.now)
    return Scene(
        incident=incident,
        today=today,
        days=school_days(incident.school_id),
        now=now,
        items=choose(now.plan),
        lead_id=coordinator_id or uow.actor.user_id,
        coordinator_id=coordinator_id,
        dean_id=_dean(uow, incident, today),
        made=_made(incident),
    )


def _made(incident: Incident) -> Counter[tuple[str, int | None]]:
    """Number of follow-ups that an earlier decision made, by kind and person."""
    own = FollowUp.incident_id == incident.id
    of_cases = FollowUp.case_id.in_([case.id for case in cases_of_incident(incident.id)])
    statement = select(FollowUp.kind, FollowUp.incident_person_id, FollowUp.rules).where(own | of_cases)
    return Counter((kind, person_id) for kind, person_id, rules in db.session.execute(statement) if rules)


def _dean(uow: UnitOfWork, incident: Incident, today: date) -> int | None:
    school_id = incident.school_id
    if uow.actor.user_id is not None and uow.actor.covers(school_id, Role.DEAN, Role.ADMINISTRATOR):
        return uow.actor.user_id
    people = [*holders(Role.DEAN, school_id, today), *holders(Role.ADMINISTRATOR, school_id, today)]
    return _known_to(incident, [user_id for user_id, _name in people], uow.now) or uow.actor.user_id


def _known_to(incident: Incident, user_ids: Sequence[int | None], now: datetime) -> int | None:
    """The first of these people who may see the report: whoever leads is told about its case."""
    people = {user_id: "" for user_id in user_ids if user_id is not None}
    return next(iter(open_to(incident, people, now)), None)


def _needs_case(scene: Scene, choice: Choice) -> bool:
    if choice.open_case or cases_of_incident(scene.incident.id):
        return True
    talks = all(item.kind is Kind.CONVERSATION and item.tier == 1 for item in scene.items)
    return not talks or not is_light(scene.now.plan, open_duty_count(scene.incident.id))


def open_duty_count(incident_id: int) -> int:
    """Number of open legal duties of a report; the caller has checked it."""
    return sum(1 for row in duties_of(incident_id) if row.duty.state in OPEN_DUTY)


def open_with(uow: UnitOfWork, scene: Scene) -> Case:
    """Open the report's case, or use the existing one, and propose the pathways of the decision in it."""
    incident = scene.incident
    wait = REVIEW_WITH_HOLD if scene.now.plan.holds else REVIEW_AFTER
    tier = max((item.tier for item in scene.items), default=1)
    if cases_of_incident(incident.id):
        # A removal recorded before the decision has opened the case already.
        case = case_for(uow, incident)
        case.tier = max(case.tier, tier)
    else:
        review_on = scene.days.add(scene.today, wait)
        case = open_case(uow, [incident], tier=tier, lead_id=scene.lead_id, review_on=review_on)
    _propose(uow, scene, case)
    if scene.lead_id is not None and scene.lead_id != uow.actor.user_id:
        uow.notify(scene.lead_id, "case_assigned", case, f"case-assigned:{case.id}:{scene.lead_id}")
    return case


def _propose(uow: UnitOfWork, scene: Scene, case: Case) -> None:
    participants = {person.incident_person_id: person.id for person in case.participants}
    before = standing(case.id)
    for item in scene.items:
        participant_id = participants.get(item.person_id) if item.person_id is not None else None
        if (row := before.get((item.kind.value, participant_id))) is not None:
            confirm(uow, row, item.tier, item.rules)
            continue
        propose(
            uow,
            case,
            pathway=item.pathway.value,
            kind=item.kind.value,
            for_whom=item.for_whom.value,
            participant_id=participant_id,
            tier=item.tier,
            rules=item.rules,
            start_by=scene.days.add(scene.today, item.start),
            owner_id=scene.lead_id,
        )


def _follow_up(uow: UnitOfWork, scene: Scene, case: Case | None, choice: Choice) -> None:
    if case is not None:
        _take_into_case(uow, scene, case)
    circles = any(item.pathway is Pathway.CIRCLE for item in scene.items)
    family = calls_family_of_harmed(scene.now.answers, scene.now.people)
    for wanted in scene.now.plan.follow_ups:
        if wanted.kind is FollowUpKind.PRE_MEETINGS and not circles:
            continue
        if wanted.kind is FollowUpKind.GUARDIAN_CONTACT_HARMED and not family:
            continue
        make_follow_up(uow, scene, case, wanted.kind.value, wanted.days, wanted.person_id, wanted.rules)
    if case is None and not choice.conversation:
        for item in scene.items:
            make_follow_up(uow, scene, None, CONVERSATION, item.start, item.person_id, item.rules)


def _take_into_case(uow: UnitOfWork, scene: Scene, case: Case) -> None:
    """Move the follow-ups from before the decision into the case; their owners stay those who have that kind there."""
    begun = select(FollowUp).where(
        FollowUp.incident_id == scene.incident.id, FollowUp.state == FollowUpState.OPEN, FollowUp.given_by_id.is_(None)
    )
    for row in uow.session.scalars(begun.order_by(FollowUp.id).with_for_update()):
        if row.rules:
            row.incident_id, row.case_id = None, case.id
            template = uow.session.get(FollowUpTemplate, row.template_id) if row.template_id else None
            row.owner_id = scene.dean_id if template is None or template.owner_role == Role.DEAN else scene.lead_id
            uow.record(row, "followup.in_case", what=row.kind)


def make_follow_up(
    uow: UnitOfWork, scene: Scene, case: Case | None, kind: str, days: int, person_id: int | None, rules: Sequence[str]
) -> None:
    """Make one follow-up of a decision, for the dean or the lead as its template says; an existing one stays.
    Housing needs are hidden from deans: at a school without a coordinator the follow-up has no owner until there is
    one."""
    for made in CALLS if kind in CALLS else (kind,):
        if scene.made[made, person_id]:
            scene.made[made, person_id] -= 1
            return
    if kind == FollowUpKind.PRE_MEETINGS and scene.made[kind, None]:
        return  # an earlier one covers everyone
    event = waits_for(scene.now.answers) if kind in CALLS else ""
    template = template_in_force(kind, scene.incident.school_id, scene.today, event)
    is_deans = kind == CONVERSATION or (template is not None and template.owner_role == Role.DEAN)
    owner_id = scene.coordinator_id if kind == LIAISON else scene.dean_id if is_deans else scene.lead_id
    row = make(
        uow,
        school_id=scene.incident.school_id,
        kind=kind,
        owner_id=owner_id,
        due_on=scene.days.add(scene.today, days),
        incident_id=None if case else scene.incident.id,
        case_id=case.id if case else None,
        incident_person_id=person_id,
        rules=rules,
        template=template,
    )
    close_if_reached(uow, row)


def _conversation_held(uow: UnitOfWork, incident: Incident, outcome: str, note: str) -> None:
    if outcome not in CONVERSATION_OUTCOMES:
        raise Refused("conversation", _("Choose how the conversation went."))
    if note.strip():
        incident.closing_note = note
    uow.record(incident, "review.conversation", outcome=outcome)
    set_state(uow, incident, IncidentState.CLOSED, reason=outcome)


@use_case
def record_conversation(
    uow: UnitOfWork, incident_id: int, outcome: str, note: str, *, held_on: date | None = None, repair: str = "",
    repair_on: date | None = None,
) -> int:  # fmt: skip
    """Record how the conversation of a light incident went; its follow-up is done and the incident closes. `held_on`
    None is today. A repair step with its day becomes a follow-up of the actor. Raises Refused for a day before the
    incident or in the future, or a step without a day."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, uow.version)
    if incident.state is not IncidentState.ROUTED:
        raise Stale
    on = held_on or today_at(incident.school_id, uow.now)
    if not incident.local_date <= on <= today_at(incident.school_id, uow.now):
        raise Refused("held_on", _("Choose a day between the incident and today."))
    _conversation_held(uow, incident, outcome, note)
    waiting = uow.session.query(FollowUp).filter_by(
        incident_id=incident.id, kind=CONVERSATION, state=FollowUpState.OPEN
    )
    for row in waiting:
        close_row(uow, row, "held", evidence={"on": on.isoformat()})
    if repair.strip():
        if repair_on is None:
            raise Refused("repair_on", _("Choose a due date."))
        make(
            uow,
            school_id=incident.school_id,
            kind="repair_step",
            owner_id=uow.actor.user_id,
            due_on=repair_on,
            incident_id=incident.id,
            title=repair,
        )
    return incident.id


ROOM = Room(sentences=SENTENCES, messages=MESSAGES)
