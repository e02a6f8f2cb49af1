"""The plan of a report from the newest routing answers of everyone in it, and what its page may say about the police.

Nothing is said that an open duty, a call or danger contradicts: the engine's finding is one part of that; duties raised
by hand, older answers and calls already made are others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import Actor, may_know_of_housing
from wss_cases.foundation.database import Narrow, Prepared
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import SUFFERED, has_plan, routed_people
from wss_cases.incidents.incident.states import MAY_HAVE_CAUSED, PersonKind
from wss_cases.routing.engine.facts import FACTS, Facts, asked_before_family, holds
from wss_cases.routing.engine.vocabulary import (
    PATHWAY_OF,
    POLICE_DUTIES,
    AppliesTo,
    Duty,
    DutyState,
    FollowUpKind,
    HoldState,
    Kind,
    Pathway,
    Person,
    Police,
    Weight,
)
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY
from wss_cases.safeguards.duties.duty.models import DutyState as DutyDutyState

_POLICE_ORDER = (Police.NOT_INDICATED, Police.VERIFY, Police.REQUIRED_BY_LAW, Police.EMERGENCY)
_ONCE = frozenset({FollowUpKind.SAFE_PASSAGE_CONTACT, FollowUpKind.SAFETY_PLAN, FollowUpKind.THREAT_TEAM})
_CALLS = (FollowUpKind.GUARDIAN_CONTACT, FollowUpKind.GUARDIAN_CONTACT_HARMED)
_OF_THE_HARMED = frozenset({FollowUpKind.CONTACT_PERSON_HARMED, FollowUpKind.CHECK_IN_PERSON_HARMED})

_ADULTS = (PersonKind.STAFF, PersonKind.OTHER_ADULT, PersonKind.COMMUNITY)

Text = Mapping[str, str]


@dataclass(frozen=True)
class Answered:
    """One person's stored facts and answer; `person` is None while nobody is identified."""

    person: IncidentPerson | None
    facts: Mapping[str, Any]
    answer: Mapping[str, Any]


@dataclass(frozen=True)
class PlanItem:
    """One pathway to propose: a shared kind once, a personal kind once per person. `start` counts school days."""

    kind: Kind
    for_whom: Person
    person_id: int | None
    tier: int
    start: int
    rules: tuple[str, ...]
    because: tuple[Text, ...] = ()

    @property
    def key(self) -> str:
        """Its name in a form."""
        return f"{self.kind}:{self.for_whom}:{self.person_id or 0}"

    @property
    def pathway(self) -> Pathway:
        return PATHWAY_OF[self.kind]


@dataclass(frozen=True)
class PlanHold:
    person_id: int | None
    applies_to: AppliesTo
    rules: tuple[str, ...]
    until: Text
    because: Text
    state: HoldState = HoldState.HOLDS


@dataclass(frozen=True)
class PlanQuestion:
    """A missing fact, asked once for the whole report; `possible` are the duties that depend on it."""

    fact: str
    weight: Weight
    rules: tuple[str, ...]
    because: Text
    possible: tuple[Duty, ...] = ()


@dataclass(frozen=True)
class PlanFollowUp:
    """A follow-up to make, due in `days` school days."""

    kind: FollowUpKind
    days: int
    person_id: int | None
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """All answers of an incident combined. `waiting` items open nothing until the person who caused harm or was
    harmed is identified. `caused` has identified people only. For students of another school only joint items are
    here; the rest is planned there."""

    items: tuple[PlanItem, ...] = ()
    waiting: tuple[PlanItem, ...] = ()
    holds: tuple[PlanHold, ...] = ()
    follow_ups: tuple[PlanFollowUp, ...] = ()
    police: Police = Police.NOT_INDICATED
    young: frozenset[int | None] = frozenset()
    caused: frozenset[int | None] = frozenset()
    harmed: frozenset[int | None] = frozenset()
    asks_about_danger: bool = False
    danger_answered: bool = False
    not_coded: bool = False
    open_questions: tuple[PlanQuestion, ...] = ()

    @property
    def must_ask(self) -> bool:
        """Whether a question must be answered before the decision."""
        return any(question.weight is Weight.MUST for question in self.open_questions)

    @property
    def tier(self) -> int:
        return max((item.tier for item in self.items), default=1)


@dataclass
class _Board:
    items: dict[tuple[Kind, Person, int | None], PlanItem] = field(default_factory=dict)
    shared_by: dict[Kind, set[int | None]] = field(default_factory=dict)
    follow_ups: dict[tuple[FollowUpKind, int, int | None], PlanFollowUp] = field(default_factory=dict)


def harmed_by(person: IncidentPerson | None, people: Sequence[IncidentPerson]) -> list[IncidentPerson]:
    """People harmed besides this person; a person without a part is not one of them."""
    return [other for other in people if other is not person and other.role in SUFFERED]


def plan_of(answers: Sequence[Answered], people: Sequence[IncidentPerson]) -> Plan:
    """Combine everyone's answers into one plan. Equal items merge: highest tier, earliest start, all rules."""
    board = _Board()
    for answered in answers:
        harmed = [other.id for other in harmed_by(answered.person, people)]
        _put_items(board, answered, harmed)
        _put_follow_ups(board, answered, harmed, people)
    for kind, whose in board.shared_by.items():
        if len(whose) == 1 < len(answers):
            key = (kind, Person.BOTH, None)
            board.items[key] = replace(board.items[key], person_id=next(iter(whose)))
    _join_own(board)
    unknown = {None, *(person.id for person in people if person.kind is PersonKind.NOT_IDENTIFIED)}
    elsewhere = {person.id for person in people if person.other_school_id is not None}
    items = [item for item in board.items.values() if item.for_whom is Person.BOTH or item.person_id not in elsewhere]
    waiting = [item for item in items if _waits(item, unknown)]
    return Plan(
        items=tuple(item for item in items if item not in waiting),
        waiting=tuple(waiting),
        holds=tuple(hold for answered in answers for hold in _holds(answered)),
        follow_ups=tuple(
            one
            for one in _one_call_each(board.follow_ups.values())
            if one.person_id not in elsewhere and not _calls_nobody(one, unknown)
        ),
        police=max(
            (Police(a.answer["police"]) for a in answers), key=_POLICE_ORDER.index, default=Police.NOT_INDICATED
        ),
        young=frozenset(_id(a.person) for a in answers if a.facts.get("grade", 99) <= 2),
        caused=frozenset(_id(a.person) for a in answers) - unknown - elsewhere,
        harmed=frozenset(other.id for a in answers for other in harmed_by(a.person, people)) - elsewhere,
        asks_about_danger=any(Facts(a.facts).asks_about_danger() for a in answers),
        danger_answered=bool(answers) and all("imminent_danger" in a.facts for a in answers),
        not_coded=any("not_coded_yet" in a.answer["notes"] for a in answers),
        open_questions=_questions(answers),
    )


def _questions(answers: Sequence[Answered]) -> tuple[PlanQuestion, ...]:
    """Questions of all answers, each fact once with its greatest weight, in the engine's order."""
    weights, facts = list(Weight), list(FACTS)
    questions: dict[str, PlanQuestion] = {}
    for answered in answers:
        possible = [duty for duty in answered.answer["duties"] if duty["state"] == DutyState.POSSIBLE]
        for entry in answered.answer.get("open_questions", []):
            rules = tuple(entry["rules"])
            duties = tuple(Duty(duty["duty"]) for duty in possible if not set(rules).isdisjoint(duty["rules"]))
            question = PlanQuestion(entry["fact"], Weight(entry["weight"]), rules, entry["because"], duties)
            before = questions.get(question.fact)
            questions[question.fact] = _one_question(before, question) if before else question
    return tuple(sorted(questions.values(), key=lambda one: (weights.index(one.weight), facts.index(one.fact))))


def _one_question(one: PlanQuestion, other: PlanQuestion) -> PlanQuestion:
    return replace(
        one,
        weight=min(one.weight, other.weight, key=list(Weight).index),
        rules=tuple(dict.fromkeys((*one.rules, *other.rules))),
        possible=tuple(dict.fromkeys((*one.possible, *other.possible))),
    )


def _waits(item: PlanItem, unknown: set[int | None]) -> bool:
    """Whether the item waits until its person is identified; support for someone harmed does not wait for who did
    it."""
    if item.for_whom is Person.CAUSED_HARM:
        return item.person_id in unknown
    return item.for_whom is Person.HARMED and item.kind is Kind.CONVERSATION and item.person_id in unknown


def _calls_nobody(wanted: PlanFollowUp, unknown: set[int | None]) -> bool:
    if wanted.kind is FollowUpKind.PRE_MEETINGS:
        return wanted.person_id is not None and wanted.person_id in unknown
    return wanted.kind is FollowUpKind.GUARDIAN_CONTACT and wanted.person_id in unknown


def _id(person: IncidentPerson | None) -> int | None:
    return person.id if person is not None else None


def _put_items(board: _Board, answered: Answered, harmed: Sequence[int]) -> None:
    person_id = _id(answered.person)
    for entry in answered.answer["pathways"]:
        kind, whom = Kind(entry["kind"]), Person(entry["for"])
        targets: Sequence[int | None] = [person_id]
        if whom is Person.BOTH:
            targets = [None]
            board.shared_by.setdefault(kind, set()).add(person_id)
        elif whom is Person.HARMED:
            targets = list(harmed) or [None]
        for target in targets:
            days, rules = entry["start_within_school_days"], tuple(entry["rules"])
            item = PlanItem(kind, whom, target, entry["tier"], days, rules, (entry["because"],))
            before = board.items.get((kind, whom, target))
            board.items[kind, whom, target] = _joined(before, item) if before else item


def _joined(one: PlanItem, other: PlanItem) -> PlanItem:
    return replace(
        one,
        tier=max(one.tier, other.tier),
        start=min(one.start, other.start),
        rules=tuple(dict.fromkeys((*one.rules, *other.rules))),
        because=(*one.because, *(text for text in other.because if text not in one.because)),
    )


def _join_own(board: _Board) -> None:
    """Merge items of one kind that a person gets for both parts: in a mutual fight each has one conversation. The
    merged item counts as for who caused harm, so that holds apply, and has the reasons of both."""
    for key in [one for one in board.items if one[1] is Person.HARMED and one[2] is not None]:
        own = (key[0], Person.CAUSED_HARM, key[2])
        if own in board.items:
            board.items[own] = _joined(board.items[own], board.items.pop(key))


def _put_follow_ups(board: _Board, answered: Answered, harmed: Sequence[int], people: Sequence[IncidentPerson]) -> None:
    of_an_adult = answered.person is not None and answered.person.kind in _ADULTS
    for entry in answered.answer["follow_ups"]:
        kind, days = FollowUpKind(entry["kind"]), entry["due_in_school_days"]
        targets: Sequence[int | None] = [_id(answered.person)]
        if kind in _ONCE:
            targets = [None]
        elif kind is FollowUpKind.PRE_MEETINGS:
            targets = _to_meet(answered, harmed)
        elif kind in _OF_THE_HARMED:
            targets = list(harmed) or [None]
        elif kind is FollowUpKind.GUARDIAN_CONTACT_HARMED or (kind is FollowUpKind.GUARDIAN_CONTACT and of_an_adult):
            targets = _students(harmed, people)
        elif kind is FollowUpKind.PLAN_CASE_MANAGER_HARMED:
            targets = [one.id for one in people if one.id in harmed and one.student and has_plan(one.student)]
        for target in targets:
            key = (kind, 0 if kind in _ONCE else days, target)
            board.follow_ups.setdefault(key, PlanFollowUp(kind, days, target, tuple(entry["rules"])))


def _to_meet(answered: Answered, harmed: Sequence[int]) -> list[int | None]:
    """The people met alone before the circles of one answer; each gets a follow-up that names them."""
    people: dict[int | None, None] = {}
    for entry in answered.answer["pathways"]:
        if PATHWAY_OF[Kind(entry["kind"])] is Pathway.CIRCLE:
            people |= dict.fromkeys([] if Person(entry["for"]) is Person.HARMED else [_id(answered.person)])
            people |= dict.fromkeys([] if Person(entry["for"]) is Person.CAUSED_HARM else harmed)
    people.pop(None, None)
    return list(people) or [None]


def _one_call_each(wanted: Iterable[PlanFollowUp]) -> list[PlanFollowUp]:
    """Merge calls home to one per student: the family is the same whether the student caused harm or was harmed. The
    call has the earlier day and the rules of both."""
    calls: dict[tuple[FollowUpKind, int, int | None], PlanFollowUp] = {}
    for one in wanted:
        is_call = one.kind in _CALLS and one.person_id is not None
        key = (_CALLS[0], 0, one.person_id) if is_call else (one.kind, one.days, one.person_id)
        calls[key] = _one_call(calls[key], one) if key in calls else one
    return list(calls.values())


def _one_call(one: PlanFollowUp, other: PlanFollowUp) -> PlanFollowUp:
    rules = tuple(sorted({*one.rules, *other.rules}))
    return replace(one, kind=_CALLS[0], days=min(one.days, other.days), rules=rules)


def _students(ids: Sequence[int], people: Sequence[IncidentPerson]) -> list[int | None]:
    """The students among these people; only they have a family that the school can call."""
    return [person.id for person in people if person.id in ids and person.kind is PersonKind.STUDENT]


def _holds(answered: Answered) -> Iterable[PlanHold]:
    for entry in answered.answer["holds"]:
        about = (AppliesTo(entry["applies_to"]), tuple(entry["rules"]), entry["until"], entry["because"])
        yield PlanHold(_id(answered.person), *about, HoldState(entry.get("state", HoldState.HOLDS)))


CALLS: Final = (FollowUpKind.GUARDIAN_CONTACT.value, FollowUpKind.GUARDIAN_CONTACT_HARMED.value)


def waits_for(answers: Sequence[Answered]) -> str:
    """The event of the follow-ups that ask someone before the family is called; '' if it can be called at once."""
    return asked_before_family(answered.facts for answered in answers)


def calls_family_of_harmed(answers: Sequence[Answered], people: Sequence[IncidentPerson]) -> bool:
    """Whether the family of a student who was harmed may be called. Not if an adult not known to be staff is said to
    have done it: that may be a relative."""
    conduct = any(holds(answered.facts, "adult_conduct") for answered in answers)
    staff = any(one.kind is PersonKind.STAFF and one.role in MAY_HAVE_CAUSED for one in people)
    return staff or not conduct


def is_call_to_harmed(wanted: PlanFollowUp, harmed: Collection[int | None]) -> bool:
    """Whether a follow-up calls the family of someone harmed, also as a merged call."""
    if wanted.kind is FollowUpKind.GUARDIAN_CONTACT_HARMED:
        return True
    return wanted.kind is FollowUpKind.GUARDIAN_CONTACT and wanted.person_id in harmed


@dataclass(frozen=True)
class PoliceFinding:
    """The combined finding about the police, and what must be found out before it is certain."""

    police: Police
    ask_danger: bool
    ask_verified: bool


def police_finding(plan: Plan, duties: Iterable[tuple[str, DutyDutyState]], *, danger_reported: bool) -> PoliceFinding:
    """The finding of a plan together with (code, state) of the report's duties and the danger answer. Unanswered
    facts never count as no."""
    waiting = {state for code, state in duties if code in POLICE_DUTIES and state in OPEN_DUTY}
    ask_danger = plan.asks_about_danger or (danger_reported and not plan.danger_answered)
    police = plan.police
    if police in (Police.NOT_INDICATED, Police.VERIFY):
        if DutyDutyState.DUE in waiting:
            police = Police.REQUIRED_BY_LAW
        elif waiting or ask_danger:
            police = Police.VERIFY
    return PoliceFinding(police=police, ask_danger=ask_danger, ask_verified=DutyDutyState.VERIFY_FIRST in waiting)


def people_of_each(incident_ids: Sequence[int]) -> dict[int, list[IncidentPerson]]:
    """People of several incidents with their students, in one query; the caller has checked the incidents."""
    people: dict[int, list[IncidentPerson]] = defaultdict(list)
    for person in _people.rows(incident_ids).scalars():
        people[person.incident_id].append(person)
    return people


@Prepared
def _people(among_ids: Narrow) -> Any:
    one = IncidentPerson
    named = select(one).options(joinedload(one.student), joinedload(one.staff), joinedload(one.other_school))
    return named.where(among_ids(one.incident_id)).order_by(one.id)


def latest_answers(people: dict[int, list[IncidentPerson]], ids: Sequence[int]) -> dict[int, list[Answered]]:
    """Newest answers for everyone who is routed now, by incident; the caller has checked the incidents."""
    newest = {(row.incident_id, row.incident_person_id): row for row in _answers.rows(ids)}
    latest: dict[int, list[Answered]] = {}
    for incident_id in ids:
        who: Iterable[IncidentPerson | None] = routed_people(people.get(incident_id, [])) or [None]
        theirs = [(person, newest.get((incident_id, person.id if person else None))) for person in who]
        latest[incident_id] = [Answered(person, row.facts, row.answer) for person, row in theirs if row is not None]
    return latest


@Prepared
def _answers(among_ids: Narrow) -> Any:
    one = RoutingAnswer
    columns = select(one.incident_id, one.incident_person_id, one.facts, one.answer)
    return columns.where(among_ids(one.incident_id)).order_by(one.id)


@dataclass(frozen=True)
class Situation:
    """The people of an incident, their newest answers and the resulting plan."""

    people: list[IncidentPerson]
    answers: list[Answered]
    plan: Plan


def shown_to(actor: Actor, school_id: int, now: Situation) -> Situation:
    """The situation as this person may see it: only coordinators see a need for housing support."""
    if may_know_of_housing(actor, school_id):
        return now
    plan = replace(
        now.plan,
        items=tuple(item for item in now.plan.items if item.kind is not Kind.HOUSING_BASIC_NEEDS),
        waiting=tuple(item for item in now.plan.waiting if item.kind is not Kind.HOUSING_BASIC_NEEDS),
        follow_ups=tuple(one for one in now.plan.follow_ups if one.kind is not FollowUpKind.LIAISON),
    )
    return replace(now, plan=plan)


def situations(ids: Sequence[int]) -> dict[int, Situation]:
    """Situations of several incidents in two queries; the caller has checked them."""
    people = people_of_each(ids)
    answers = latest_answers(people, ids)
    return {
        number: Situation(people[number], answers[number], plan_of(answers[number], people[number])) for number in ids
    }


def situation(incident_id: int) -> Situation:
    """The situation of one incident; the caller has checked it."""
    return situations([incident_id])[incident_id]
