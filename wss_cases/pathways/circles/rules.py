"""Pure decisions about circles: who the parties are, which holds apply, which gates are closed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.states import PersonRole
from wss_cases.routing.states import FACE_TO_FACE, PATHWAY_OF, AppliesTo, Kind, Pathway, Person

CIRCLES: Final = frozenset(kind for kind, family in PATHWAY_OF.items() if family is Pathway.CIRCLE)

HELD_BACK: Final[dict[AppliesTo, frozenset[Kind]]] = {
    AppliesTo.FACE_TO_FACE: FACE_TO_FACE,
    AppliesTo.SHARED_AND_CONVERSATION: FACE_TO_FACE | {Kind.HEALING_CIRCLE, Kind.TALKING_CIRCLE},
    AppliesTo.CAUSED_HARM_AND_CIRCLES: CIRCLES,
}
"""Which circles a hold keeps back."""

LIFTABLE: Final = frozenset({AppliesTo.FACE_TO_FACE})
"""Holds whose condition can be met; the others stand for good."""

PART: Final[dict[str, frozenset[PersonRole]]] = {
    Person.CAUSED_HARM: frozenset({PersonRole.CAUSED_HARM, PersonRole.BOTH, PersonRole.INVOLVED}),
    Person.HARMED: frozenset({PersonRole.HARMED, PersonRole.BOTH}),
    Person.BOTH: frozenset({PersonRole.CAUSED_HARM, PersonRole.HARMED, PersonRole.BOTH, PersonRole.INVOLVED}),
}


@dataclass(frozen=True)
class Hold:
    """A hold of the stored routing answer that keeps this circle back; texts by language."""

    rule: str
    until: Mapping[str, str]
    because: Mapping[str, str]
    can_be_lifted: bool


@dataclass(frozen=True)
class Gate:
    """One condition of scheduling. `code`: consent, guardian or hold; `person_id` or `rule` says whose."""

    code: str
    done: bool
    person_id: int | None = None
    rule: str = ""
    refused: bool = False
    on: date | None = None


def parties(for_whom: str, participant_id: int | None, people: Iterable[Any]) -> list[Any]:
    """Return the people of a case who are invited: by part, and the one it was proposed for in any case.

    A person with `id` and `role`. A circle for one named person is for that person alone.
    """
    alone = participant_id is not None and for_whom != Person.BOTH
    return [
        person
        for person in people
        if person.id == participant_id or (not alone and person.role in PART.get(for_whom, frozenset()))
    ]


def holds_on(kind: str, for_whom: str, answers: Iterable[Mapping[str, Any]]) -> list[Hold]:
    """Return the holds of stored routing answers that keep a circle of this kind back, each rule once.

    "Each is supported apart" leaves a circle for the person harmed alone, unless it brings people face to face.
    """
    found: dict[str, Hold] = {}
    for answer in answers:
        for hold in answer.get("holds", ()):
            applies = AppliesTo(hold["applies_to"])
            apart = applies is AppliesTo.SHARED_AND_CONVERSATION and for_whom == Person.HARMED
            if kind not in (FACE_TO_FACE if apart else HELD_BACK[applies]):
                continue
            rule = "+".join(hold["rules"])
            found.setdefault(rule, Hold(rule, hold["until"], hold["because"], applies in LIFTABLE))
    return list(found.values())


def gates_of(
    invited: Sequence[Any], consents: Mapping[int, Any], holds: Iterable[Hold], lifted: Iterable[str]
) -> list[Gate]:
    """Return every gate before scheduling. A party's consent by person id; a guardian's counts once it was asked."""
    gates = []
    for person in invited:
        consent = consents.get(person.id)
        said = consent.consented if consent else None
        on = consent.given_on if consent else None
        gates.append(Gate("consent", said is True, person.id, refused=said is False, on=on))
        if consent and consent.guardian_consented is not None:
            yes = consent.guardian_consented
            gates.append(Gate("guardian", yes, person.id, refused=not yes, on=on))
    open_again = set(lifted)
    gates.extend(Gate("hold", hold.rule in open_again, rule=hold.rule) for hold in holds)
    return gates


def closed(gates: Iterable[Gate]) -> list[Gate]:
    """Return the gates that stand in the way."""
    return [gate for gate in gates if not gate.done]


def sees_terms(user_id: int | None, *entitled: int | None) -> bool:
    """Whether a person reads the words of an agreement: its keepers, the circle's owner, the case's lead."""
    return user_id is not None and user_id in entitled


def outcome_of(states: Sequence[str]) -> str:
    """Return the outcome that a circle's marked terms suggest; without terms it was held without an agreement."""
    if not states:
        return "held_without_agreement"
    kept = [state in ("kept", "late", "changed") for state in states]
    if all(kept):
        return "agreement_kept"
    return "agreement_partly_kept" if any(kept) else "agreement_not_kept"


def gate_words(gate: Gate, names: Mapping[int, str]) -> str:
    """Return a gate as a sentence about what is so, or is still missing."""
    name = names.get(gate.person_id or 0, "")
    if gate.code == "hold":
        return (
            _("Hold %(rule)s is lifted", rule=gate.rule)
            if gate.done
            else _("Hold %(rule)s applies", rule=gate.rule)
        )
    if gate.code == "guardian":
        if gate.done:
            return _("The guardian of %(name)s consents", name=name)
        return _("The guardian of %(name)s does not consent", name=name)
    if gate.done:
        return _("%(name)s wishes to take part", name=name)
    if gate.refused:
        return _("%(name)s does not wish to take part", name=name)
    return _("%(name)s has not been asked yet", name=name)
