"""The decision on a report: open a case with pathways and follow-ups, or record a light response on the incident."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

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
from wss_cases.foundation.errors import Refused, Stale, refuse_blank
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import open_to, set_state
from wss_cases.incidents.incident.states import UNDECIDED, IncidentState, PersonKind, PersonRole
from wss_cases.intake.open_questions.models import is_forgotten, of_intake, refuse_open
from wss_cases.intake.recommendation import (
    CALLS,
    Plan,
    PlanHold,
    PlanItem,
    Situation,
    calls_family_of_harmed,
    situation,
    waits_for,
)
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
from wss_cases.routing.engine.vocabulary import (
    FACE_TO_FACE,
    PATHWAY_OF,
    AppliesTo,
    FollowUpKind,
    Kind,
    Pathway,
    Person,
    Police,
)
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY
from wss_cases.safeguards.duties.duty.queries import duties_of

FOR_THE_YOUNGEST = frozenset(
    {
        Kind.CONVERSATION,
        Kind.TALKING_CIRCLE,
        Kind.FAMILY_SUPPORT,
        Kind.BEHAVIORAL_HEALTH,
        Kind.HOUSING_BASIC_NEEDS,
        Kind.ACADEMIC,
    }
)
"""The only kinds for students of pre-K to grade 2 who caused harm, even when a dean chooses differently."""

_NOT_IN_CONVERSATION = frozenset({Kind.CONVERSATION, Kind.HEALING_CIRCLE, Kind.TALKING_CIRCLE})


@dataclass(frozen=True)
class Added:
    """A kind that the reviewer adds, for one person or for everyone."""

    kind: Kind
    for_whom: Person
    person_id: int | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.for_whom}:{self.person_id or 0}"


@dataclass(frozen=True)
class Choice:
    """What the reviewer decides. `keep` None accepts the recommendation; otherwise the keys of the items kept."""

    keep: frozenset[str] | None = None
    add: tuple[Added, ...] = ()
    reason: str = ""
    reason_text: str = ""
    open_case: bool = False
    conversation: str = ""
    conversation_note: str = ""


def is_held(kind: Kind, whom: Person, applies_to: AppliesTo) -> bool:
    """Whether a hold forbids this kind for these people."""
    of_the_causer = whom is not Person.HARMED
    match applies_to:
        case AppliesTo.FACE_TO_FACE:
            return kind in FACE_TO_FACE
        case AppliesTo.SHARED_AND_CONVERSATION:
            return kind in FACE_TO_FACE or (of_the_causer and kind in _NOT_IN_CONVERSATION)
        case AppliesTo.CAUSED_HARM_AND_CIRCLES:
            return of_the_causer or PATHWAY_OF[kind] is Pathway.CIRCLE


def why_not(plan: Plan, added: Added) -> PlanHold | str | None:
    """The hold that forbids a kind, or why it is not for the youngest students; None if it may be added."""
    for hold in plan.holds:
        its_own = added.for_whom is not Person.CAUSED_HARM or hold.person_id in (None, added.person_id)
        if its_own and is_held(added.kind, added.for_whom, hold.applies_to):
            return hold
    young = plan.young if added.for_whom is Person.BOTH else plan.young & {added.person_id}
    if added.for_whom is not Person.HARMED and young and added.kind not in FOR_THE_YOUNGEST:
        return _("Students in pre-K to grade 2 cannot be given this.")
    return None


def is_light(plan: Plan, open_duties: int) -> bool:
    """Whether a tier-1 conversation is all: it is recorded on the incident, without a case."""
    talks = all(item.kind is Kind.CONVERSATION and item.tier == 1 for item in plan.items)
    known = plan.items and not plan.waiting
    return bool(known) and talks and not plan.holds and not open_duties and plan.police is Police.NOT_INDICATED


def may_be_batched(plan: Plan, open_duties: int, people: Sequence[IncidentPerson], report: Any) -> bool:
    """Whether a report may be accepted in a batch, without anyone opening its page. Never if a person, a part or an
    injury is unknown, if it has danger, a weapon, a duty, a hold or an open question, or has no text. `report` has
    the columns of that name, and `has_text`."""
    if plan.open_questions or of_intake(report, people) or report.alarm is not None:
        return False
    known = all(
        person.role is not PersonRole.INVOLVED
        and person.kind is not PersonKind.NOT_IDENTIFIED
        and person.other_school_id is None
        for person in people
    )
    plain = not report.danger_now and report.weapon in (None, "none") and report.injury is not None and report.has_text
    return known and plain and is_light(plan, open_duties)


def chosen(plan: Plan, choice: Choice, language: str) -> tuple[PlanItem, ...]:
    """Raises Refused without a reason for a difference, for a held kind, where someone would be left without an item,
    and where every item waits for an unidentified person."""
    if choice.keep is None and not choice.add:
        if plan.waiting and not plan.items:
            raise Refused("", _("First enter who is reported to have caused harm, or who was harmed."))
        return plan.items
    if not choice.reason:
        raise Refused("reason", _("Choose the reason for a different response."))
    refuse_blank("reason_text", choice.reason_text, _("Explain your different response in a sentence."))
    items = [item for item in plan.items if choice.keep is None or item.key in choice.keep]
    known = {item.key for item in items}
    for added in choice.add:
        held = why_not(plan, added)
        if held is not None:
            raise Refused("added", held if isinstance(held, str) else _held_words(held, language))
        tier = 1 if added.kind is Kind.CONVERSATION else 2
        item = PlanItem(added.kind, added.for_whom, added.person_id, tier, 5, ("chosen",))
        if item.key not in known:
            known.add(item.key)
            items.append(item)
    left_out = people_with_an_item(plan, plan.items) - people_with_an_item(plan, items)
    if left_out or (plan.items and not items):
        raise Refused("keep", _("Everyone who caused harm or was harmed keeps at least one kind of support."))
    return tuple(items)


def _held_words(hold: PlanHold, language: str) -> str:
    because = hold.because.get(language) or hold.because.get("en", "")
    until = hold.until.get(language) or hold.until.get("en", "")
    return _("This is on hold. %(because)s Until: %(until)s.", because=because, until=until)


def people_with_an_item(plan: Plan, items: Iterable[PlanItem]) -> set[int | None]:
    """The plan's people who have an item of their own or share one; None stands for someone unidentified."""
    people: set[int | None] = set()
    for item in items:
        if item.for_whom is not Person.BOTH:
            people.add(item.person_id)
            continue
        people |= plan.harmed
        people |= plan.caused if item.person_id is None else {item.person_id}
    return people


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
    """What the steps of a decision share. Where `coordinator_id` is None the school has none, and a dean leads."""

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
    """Raises Refused while a question is open, and for responses that a forgotten item or a tool does not call for."""
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
    people = {user_id: "" for user_id in user_ids if user_id is not None}
    return next(iter(open_to(incident, people, now)), None)


def _needs_case(scene: Scene, choice: Choice) -> bool:
    if choice.open_case or cases_of_incident(scene.incident.id):
        return True
    talks = all(item.kind is Kind.CONVERSATION and item.tier == 1 for item in scene.items)
    return not talks or not is_light(scene.now.plan, open_duty_count(scene.incident.id))


def open_duty_count(incident_id: int) -> int:
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
    """Make a follow-up for the dean or the lead, as its template says; an existing one stays. Deans do not see housing
    needs: at a school without a coordinator that follow-up has no owner until there is one."""
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
