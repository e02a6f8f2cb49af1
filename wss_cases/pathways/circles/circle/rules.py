"""Rules of circles: who the parties are, which holds apply, which requirements are met."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from wss_cases.access.actor import Role
from wss_cases.foundation.i18n import _l
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.models import ScreenAnswer
from wss_cases.routing.engine.vocabulary import FACE_TO_FACE, PATHWAY_OF, AppliesTo, Kind, Pathway, Person

CIRCLES: Final = frozenset(kind for kind, family in PATHWAY_OF.items() if family is Pathway.CIRCLE)

HELD_BACK: Final[dict[AppliesTo, frozenset[Kind]]] = {
    AppliesTo.FACE_TO_FACE: FACE_TO_FACE,
    AppliesTo.SHARED_AND_CONVERSATION: FACE_TO_FACE | {Kind.HEALING_CIRCLE, Kind.TALKING_CIRCLE},
    AppliesTo.CAUSED_HARM_AND_CIRCLES: CIRCLES,
}
"""Which kinds of circle each hold blocks."""

SAID: Final = frozenset({"consent", "guardian", "ready"})
"""Requirements that reveal the answer of one person: shown to keepers and coordinators who decide no discipline."""

LIFTABLE: Final = frozenset({AppliesTo.FACE_TO_FACE})
"""Holds that can be lifted. The others always apply."""

DECIDE: Final = frozenset({Role.DEAN, Role.ADMINISTRATOR})
"""Roles that decide discipline at a school."""

PLAN, READY, WISH, DANGER = "H2", "H3", "H4", "H5"
"""Rules whose condition the records show: a safety plan, readiness, the wish of the person harmed, the safety screen.
"""

PART: Final[dict[str, frozenset[PersonRole]]] = {
    Person.CAUSED_HARM: frozenset({PersonRole.CAUSED_HARM, PersonRole.BOTH, PersonRole.INVOLVED}),
    Person.HARMED: frozenset({PersonRole.HARMED, PersonRole.BOTH}),
    Person.BOTH: frozenset({PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH, PersonRole.INVOLVED}),
}


@dataclass(frozen=True)
class Hold:
    """A hold of the stored routing answer that blocks this circle; texts by language. `stands`: it cannot be lifted."""

    rule: str
    until: Mapping[str, str]
    because: Mapping[str, str]
    stands: bool

    @property
    def can_be_lifted(self) -> bool:
        """Whether staff can lift it with a reason. Nobody can answer for the parties: readiness and wish are theirs."""
        return not self.stands and not set(self.rule.split("+")) <= {READY, WISH}


@dataclass(frozen=True)
class Requirement:
    """A requirement for scheduling, of the person `person_id` or of the hold `rule`, where it has one.

    `refused`: the answer was no, or the keeper left. `later`: the answer was "not now".

    `code`: parties, keeper, training, support, pre_meeting, consent, guardian, ready, plan, screen or hold.
    """

    code: str
    done: bool
    person_id: int | None = None
    rule: str = ""
    refused: bool = False
    later: bool = False
    on: date | None = None


@dataclass(frozen=True)
class Facts:
    """The facts from which the requirements of a circle are decided, for one day.

    `consents` and `preparations` are keyed by person id. `lifted`: rules of lifted holds. `guardians_asked`: the
    school's setting. `plan_agreed`: every person harmed has a safety plan in force. `planned`: people who have one.
    `keepers_left`: none of its keepers may keep circles at this school any more.
    """

    invited: Sequence[Any]
    consents: Mapping[int, Any] = field(default_factory=dict)
    preparations: Mapping[int, Any] = field(default_factory=dict)
    holds: Sequence[Hold] = ()
    lifted: Collection[str] = ()
    has_keeper: bool = False
    has_trained_keeper: bool = False
    keepers_left: bool = False
    guardians_asked: bool = False
    screen: ScreenAnswer | None = None
    screened_on: date | None = None
    plan_agreed: bool = False
    planned: Collection[int] = ()


def parties(for_whom: str, participant_id: int | None, people: Iterable[Any]) -> list[Any]:
    """The people of a case who are invited: those with a matching role, and always the person the circle was proposed
    for.

    A circle for one named person is for that person alone.
    """
    alone = participant_id is not None and for_whom != Person.BOTH
    return [
        person
        for person in people
        if person.id == participant_id or (not alone and person.role in PART.get(for_whom, frozenset()))
    ]


def holds_on(kind: str, for_whom: str, answers: Iterable[Mapping[str, Any]]) -> list[Hold]:
    """The holds in stored routing answers that block a circle of this kind, each rule once.

    "Each is supported apart" allows a circle for the person harmed alone, unless it brings people face to face.
    """
    holds: dict[str, Hold] = {}
    for answer in answers:
        for hold in answer.get("holds", ()):
            applies = AppliesTo(hold["applies_to"])
            apart = applies is AppliesTo.SHARED_AND_CONVERSATION and for_whom == Person.HARMED
            if kind not in (FACE_TO_FACE if apart else HELD_BACK[applies]):
                continue
            rule = "+".join(hold["rules"])
            holds.setdefault(rule, Hold(rule, hold["until"], hold["because"], applies not in LIFTABLE))
    return list(holds.values())


def is_unset(person: Any) -> bool:
    """Whether the role of this reported person is not yet known. Such a person is not a party."""
    return person.role is PersonRole.INVOLVED and person.incident_person_id is not None


def was_harmed(person: Any) -> bool:
    """Whether this person was harmed, even if they also caused harm."""
    return person.role in PART[Person.HARMED]


def may_keep_as(roles: Collection[Role]) -> bool:
    """Whether someone with these roles may keep a school's circles: coordinators who decide no discipline there."""
    return Role.COORDINATOR in roles and not DECIDE & set(roles)


def requirements_of(facts: Facts) -> list[Requirement]:
    """Every requirement for scheduling, in the order of work.

    A circle for one person brings nobody face to face, so it needs no pre-meeting, readiness or screen.
    """
    alone = len(facts.invited) == 1
    requirements = [] if facts.invited else [Requirement("parties", False)]
    if facts.has_keeper:
        requirements.append(Requirement("training", facts.has_trained_keeper))
    else:
        requirements.append(Requirement("keeper", False, refused=facts.keepers_left))
    for person in facts.invited:
        requirements.extend(_party_requirements(facts, person, alone))
    if not alone:
        safe = facts.screen is ScreenAnswer.SAFE
        refused = facts.screen is ScreenAnswer.NOT_NOW
        requirements.append(Requirement("screen", safe, refused=refused, on=facts.screened_on))
    requirements.extend(Requirement("hold", is_met(hold, facts), rule=hold.rule) for hold in facts.holds)
    return requirements


def _party_requirements(facts: Facts, person: Any, alone: bool) -> list[Requirement]:
    prepared, consent = facts.preparations.get(person.id), facts.consents.get(person.id)
    requirements = []
    if was_harmed(person):
        offered = prepared.support_offered_on if prepared else None
        requirements.append(Requirement("support", offered is not None, person.id, on=offered))
    if not alone:
        met = prepared.pre_met_on if prepared else None
        requirements.append(Requirement("pre_meeting", met is not None, person.id, on=met))
    consented = consent.consented if consent else None
    later = bool(consent and consent.not_now)
    on = consent.given_on if consent and (consented is not None or later) else None
    refused = consented is False
    requirements.append(Requirement("consent", consented is True, person.id, refused=refused, later=later, on=on))
    guardian = consent.guardian_consented if consent else None
    if facts.guardians_asked or guardian is not None:
        on = (consent.guardian_on or consent.given_on) if consent and guardian is not None else None
        requirements.append(Requirement("guardian", guardian is True, person.id, refused=guardian is False, on=on))
    if not alone:
        ready = prepared.is_ready if prepared else None
        on = prepared.ready_on if prepared else None
        requirements.append(Requirement("ready", ready is True, person.id, refused=ready is False, on=on))
    if prepared and prepared.plan_needed:
        requirements.append(Requirement("plan", person.id in facts.planned, person.id))
    return requirements


def is_met(hold: Hold, facts: Facts) -> bool:
    """Whether the condition of a hold is met: by a safety plan, the parties' answers, the screen, or a reason."""
    return not hold.stands and all(_condition(rule, hold, facts) for rule in hold.rule.split("+"))


def _condition(rule: str, hold: Hold, facts: Facts) -> bool:
    if rule == READY:
        causing = [person.id for person in facts.invited if person.role in PART[Person.CAUSED_HARM]]
        prepared = [facts.preparations.get(key) for key in causing]
        return bool(prepared) and all(row is not None and row.is_ready is True for row in prepared)
    if rule == WISH:
        harmed = [person.id for person in facts.invited if was_harmed(person)]
        consents = [facts.consents.get(key) for key in harmed]
        return bool(consents) and all(row is not None and row.consented is True for row in consents)
    if rule == PLAN and facts.plan_agreed:
        return True
    if rule == DANGER and facts.screen is ScreenAnswer.SAFE:
        return True
    return hold.rule in facts.lifted


def as_told(requirements: Sequence[Requirement], knows_answers: bool) -> list[Requirement]:
    """The requirements as the reader may see them. Without `told`, the answers of single people become one line for
    all.
    """
    if knows_answers:
        return list(requirements)
    answers = [requirement for requirement in requirements if requirement.code in SAID]
    shown = [requirement for requirement in requirements if requirement.code not in SAID]
    return [*shown, Requirement("said", all(requirement.done for requirement in answers))] if answers else shown


def unmet(requirements: Iterable[Requirement]) -> list[Requirement]:
    return [requirement for requirement in requirements if not requirement.done]


def sees_terms(user_id: int | None, *entitled: int | None) -> bool:
    """Whether the account is one of those who may read the text of an agreement."""
    return user_id is not None and user_id in entitled


def outcome_of(states: Sequence[str]) -> str:
    """The outcome that a circle's marked terms suggest; without terms, "held without an agreement"."""
    if not states:
        return "held_without_agreement"
    fulfilled = [state in ("kept", "late", "changed") for state in states if state != "excused"]
    if fulfilled and all(fulfilled):
        return "agreement_kept"
    if not fulfilled:
        return "agreement_partly_kept"
    return "agreement_partly_kept" if any(fulfilled) else "agreement_not_kept"


def requirement_words(requirement: Requirement, names: Mapping[int, str]) -> str:
    words = _REQUIREMENT_WORDS["not_now" if requirement.later else requirement.code]
    chosen = words[0] if requirement.done else words[2] if requirement.refused else words[1]
    return str(chosen) % {"name": names.get(requirement.person_id or 0, ""), "rule": requirement.rule}


_REQUIREMENT_WORDS: Final[dict[str, tuple[Any, Any, Any]]] = {
    "parties": ("", _l("No one from this case is invited yet"), ""),
    "keeper": ("", _l("Assign a circle keeper"), _l("The keeper of this circle can no longer keep circles here")),
    "training": (
        _l("A trained keeper keeps the circle"),
        _l("No keeper of this circle has valid training on record"),
        "",
    ),
    "support": (_l("Support offered to %(name)s"), _l("Support not offered to %(name)s yet"), ""),
    "pre_meeting": (_l("Pre-meeting with %(name)s done"), _l("Pre-meeting with %(name)s not done yet"), ""),
    "consent": (
        _l("%(name)s wants to take part"),
        _l("%(name)s: consent not recorded"),
        _l("%(name)s does not want to take part"),
    ),
    "not_now": ("", _l("%(name)s does not want to meet now"), ""),
    "guardian": (
        _l("%(name)s: guardian consents"),
        _l("%(name)s: guardian’s consent not recorded"),
        _l("%(name)s: guardian does not consent"),
    ),
    "ready": (
        _l("%(name)s is ready to meet"),
        _l("%(name)s: readiness not recorded"),
        _l("%(name)s is not ready to meet"),
    ),
    "plan": (
        _l("A safety plan is agreed for %(name)s"),
        _l("%(name)s needs a safety plan, and none is agreed yet"),
        "",
    ),
    "said": (_l("Everyone wants to meet and is ready"), _l("No meeting is scheduled"), ""),
    "screen": (
        _l("Safety screen: safe to meet"),
        _l("Safety screen not done yet"),
        _l("Safety screen: not safe to meet now"),
    ),
    "hold": (_l("The condition of hold %(rule)s is met"), _l("Hold %(rule)s applies"), ""),
}
"""By code: the words when it is done, when it is missing, when the answer was no."""
