"""Rules of the decision: what is light, what a hold forbids, which items a choice selects. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.intake.open_questions.queries import of_intake
from wss_cases.intake.recommendation.rules import Plan, PlanHold, PlanItem
from wss_cases.routing.engine.vocabulary import FACE_TO_FACE, PATHWAY_OF, AppliesTo, Kind, Pathway, Person, Police

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
        """Its name in a form, as `PlanItem.key`."""
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
    """The items of a choice. Raises Refused for a different choice without a reason, for a held kind, when someone
    would be left without an item, and when every item waits for an unidentified person."""
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
