"""Which questions of the details stand open for one report, and which are folded. Pure."""

from collections.abc import Collection, Iterable

from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import CAUSED
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.intake.questions.states import ADULTS

GROWN_UP = frozenset({PersonKind.STAFF, PersonKind.OTHER_ADULT, PersonKind.COMMUNITY})


def is_adult(person: IncidentPerson) -> bool:
    """Whether somebody is known to be no student."""
    return person.kind in GROWN_UP


def without_student(people: Collection[IncidentPerson]) -> bool:
    """Whether nobody in a report is, or may turn out to be, a student."""
    return bool(people) and all(is_adult(person) for person in people)


def kind_of(incident: Incident) -> str:
    """Return the kind of a report in the table of questions."""
    return ADULTS if without_student(incident.people) else incident.tile


def open_questions(chosen: Iterable[str], incident: Incident) -> frozenset[str]:
    """Return what is asked: what the table chooses, and what must be known and is not yet: the exact place, what a
    student did whose kind of report names no behavior, and how the reporter knows."""
    asked = set(chosen)
    if incident.place is None:
        asked.add("location")
    if incident.heard_from is None:
        asked.add("heard_from")
    if any(_uncoded(person) for person in incident.people):
        asked.add("behavior")
    return frozenset(asked)


def _uncoded(person: IncidentPerson) -> bool:
    may_have = person.role in (*CAUSED, PersonRole.INVOLVED) and person.kind is PersonKind.STUDENT
    return may_have and person.behavior_code_id is None
