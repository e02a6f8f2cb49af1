"""What protects people before anybody decides: from the answers of a report, the follow-ups to make at once. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import SUFFERED
from wss_cases.incidents.incident.states import PersonKind, Tile
from wss_cases.intake.recommendation.calls import calls_family_of_harmed, is_call_to_harmed
from wss_cases.intake.recommendation.queries import Situation
from wss_cases.intake.recommendation.rules import PlanHold
from wss_cases.routing.engine.facts import UNKNOWN
from wss_cases.routing.engine.pages import AppliesTo, FollowUpKind, HoldState

COUNSELOR: Final = "counselor_harmed"
"""The kind of follow-up that brings a counselor to a student who was harmed."""
KINDS: Final = frozenset(
    {
        COUNSELOR,
        FollowUpKind.CONTACT_PERSON_HARMED.value,
        FollowUpKind.GUARDIAN_CONTACT.value,
        FollowUpKind.GUARDIAN_CONTACT_HARMED.value,
        FollowUpKind.SAFETY_PLAN.value,
        FollowUpKind.THREAT_TEAM.value,
    }
)
_THREATS: Final = ("weapon", "gun_violence_threat", "fire_or_bomb")
_AT_ONCE: Final = frozenset({FollowUpKind.CONTACT_PERSON_HARMED, FollowUpKind.SAFETY_PLAN, FollowUpKind.THREAT_TEAM})

Wanted = Mapping[tuple[str, int | None], tuple[int, tuple[str, ...]]]
"""By kind and person: in how many school days it is due, and the rules that ask for it."""


def may_protect(incident: Incident) -> bool:
    """Whether a report may ask for any of it, by what it says itself; spares reading the answers of most new ones."""
    facts = [incident.facts or {}, *(person.facts or {} for person in incident.people)]
    stated = any(value not in (None, False, "none", UNKNOWN) for said in facts for value in said.values())
    return stated or incident.tile == Tile.BULLYING or any(person.role in SUFFERED for person in incident.people)


def wanted_now(incident: Incident, now: Situation) -> Wanted:
    """Return what is to be done for a report before anybody decides on it."""
    wanted: dict[tuple[str, int | None], tuple[int, tuple[str, ...]]] = {}
    family = calls_family_of_harmed(now.answers, now.people)
    for one in now.plan.follow_ups:
        if one.kind in _AT_ONCE or (family and is_call_to_harmed(one, now.plan.harmed)):
            wanted[one.kind.value, one.person_id] = (one.days, one.rules)
    if any(_asked_in_vain(answered.facts) for answered in now.answers):
        wanted.setdefault((FollowUpKind.THREAT_TEAM.value, None), (0, ("F10",)))
    rules = tuple(dict.fromkeys(rule for hold in now.plan.holds if _brings_counselor(hold, now) for rule in hold.rules))
    if rules:
        wanted |= {(COUNSELOR, person.id): (0, rules) for person in _students_harmed(now)}
    if incident.part_of_id is not None:
        wanted.pop((FollowUpKind.THREAT_TEAM.value, None), None)  # it meets where it happened
    return wanted


def _brings_counselor(hold: PlanHold, now: Situation) -> bool:
    """Whether a hold is H1, H6 or H7, by what is known or was sent on."""
    apart = hold.applies_to in (AppliesTo.SHARED_AND_CONVERSATION, AppliesTo.CAUSED_HARM_AND_CIRCLES)
    certain = hold.state is HoldState.HOLDS or any(answered.facts.get("sent_on") for answered in now.answers)
    return certain and (apart or "H7" in hold.rules)


def _students_harmed(now: Situation) -> Iterable[IncidentPerson]:
    return (one for one in now.people if one.id in now.plan.harmed and one.kind is PersonKind.STUDENT)


def _asked_in_vain(facts: Mapping[str, Any]) -> bool:
    return any(name in facts.get("asked", ()) and facts.get(name) == UNKNOWN for name in _THREATS)
