"""The people of a report on its review page: a table that is changed in place, one row an act."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from wtforms import Field

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l, in_language
from wss_cases.foundation.ids import id_in
from wss_cases.incidents.changes import behavior_of_part, set_roles
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import behaviors_in_force
from wss_cases.incidents.incident.rules import (
    PersonDetails,
    code_set_for,
    highest_group,
    is_unknown,
    person_words,
    worst_injury,
)
from wss_cases.incidents.incident.states import INJURY_LABELS, REPORTED_ROLE_LABELS, UNDECIDED, PersonKind, PersonRole
from wss_cases.incidents.lists import openable_student
from wss_cases.intake.corrections.facts import OF_PERSON, part_words
from wss_cases.intake.details import person_fields, stored
from wss_cases.intake.open_questions.models import UNKNOWN, Answer, Tap, facts_after
from wss_cases.intake.open_questions.pages import set_facts
from wss_cases.intake.report.actions import route_incident
from wss_cases.intake.review.presenters import called, grade_words, lacks_code
from wss_cases.journal.rooms import Room
from wss_cases.journal.timeline import in_both
from wss_cases.journal.unit_of_work import UnitOfWork, use_case

ROLE_TAPS = {
    PersonRole.CAUSED_HARM: _l("Caused harm"),
    PersonRole.HARMED: _l("Was harmed"),
    PersonRole.BOTH: _l("Both"),
    PersonRole.WITNESS: _l("Witness"),
}
INJURY_TAPS = {"none": _l("No"), "minor": _l("Yes, no care was needed"), "needed_care": _l("Yes, needed care")}
NEVER_HURT = (PersonRole.WITNESS, PersonRole.SUPPORT)

CHANGED = {"role": _l("Role"), "behavior": _l("Behavior"), "person_injury": _l("Hurt")}
SENTENCES = {"review.person_changed": (_l("%(who)s: %(what)s. Before: %(was)s. Now: %(now)s"), {"what": CHANGED})}


def people_form(report: Incident) -> BaseForm:
    """Role, injury and behavior of each person of a report, filled with what is known. A row sends its own fields."""
    day = report.local_date
    sets = {code_set_for(person.grade, day) for person in report.people}
    codes = {name: behaviors_in_force(name, day) for name in sets}
    fields: dict[str, Field] = {}
    for person in report.people:
        asked = person_fields(person, codes[code_set_for(person.grade, day)])
        fields |= {name: asked[name] for name in names_of(person)}
    made: BaseForm = type("PeopleOfReport", (BaseForm,), fields)(
        formdata=None, data=stored(report), version=report.version
    )
    return made


def names_of(person: IncidentPerson) -> list[str]:
    """The fields of one person's row."""
    return [f"p{person.id}_{name}" for name in OF_PERSON]


def asks_injury(person: IncidentPerson) -> bool:
    """Whether it is not known yet if this person was hurt."""
    return person.injury is None and person.role not in NEVER_HURT


def in_table(people: Sequence[IncidentPerson], must: Collection[str]) -> list[str]:
    """Of the facts that must be answered, those that are answered in the table."""
    asked = {
        "harmed": any(person.role is PersonRole.INVOLVED for person in people),
        "injury": any(asks_injury(person) for person in people),
        "mutual": bool(people),
    }
    return [fact for fact in must if asked.get(fact)]


def next_place(people: Sequence[IncidentPerson], must: Collection[str]) -> str:
    """The part of the page to go on with: the first open question, the first row that asks, or what is recommended."""
    in_rows = in_table(people, must)
    for fact in must:
        if fact not in in_rows:
            return f"question-{fact}"
    for person in people:
        no_role = "harmed" in in_rows and person.role is PersonRole.INVOLVED
        if no_role or ("injury" in in_rows and asks_injury(person)):
            return f"person-{person.id}"
    return f"question-{in_rows[0]}" if in_rows else "recommended"


def person_rows(actor: Actor, people: Sequence[IncidentPerson], form: BaseForm | None) -> list[dict[str, Any]]:
    """The rows of the table: what is known of each person, the taps for what is not, and the fields of Change, none
    for a decided report (`form` None)."""
    return [
        {
            "id": person.id,
            "name": called(person, people),
            "is_unknown": is_unknown(person),
            "part": "" if person.role is PersonRole.INVOLVED else REPORTED_ROLE_LABELS[person.role],
            "grade": grade_words(person.grade),
            "done": in_language(person.behavior, "label") if person.behavior else "",
            "lacks_code": person.kind is PersonKind.STUDENT and lacks_code(person),
            "injury": INJURY_TAPS[person.injury] if person.injury else "",
            "asks_injury": asks_injury(person),
            "student_id": openable_student(actor, person),
            "fields": [form[name] for name in names_of(person)] if form is not None else [],
        }
        for person in people
    ]


@use_case
def change_person(uow: UnitOfWork, incident_id: int, person_id: int, given: Mapping[str, str]) -> int:
    """Change what `given` names of a person in an undecided report (role, injury, behavior; an empty injury or
    behavior is "not answered"), and route again; history keeps before and now. The report counts as the worst injury
    once each person's is known. Raises Stale for a decided report, NotFound for a person of another, Refused for a
    value that is not offered."""
    incident = uow.load(Incident, incident_id, Permission.INCIDENT_REVIEW, uow.version)
    if incident.state not in UNDECIDED:
        raise Stale
    person = next((one for one in incident.people if one.id == person_id), None)
    if person is None:
        raise NotFound
    before = part_words(person)
    _write(uow, incident, person, given)
    now = part_words(person)
    for name in [name for name in before if before[name] != now[name]]:
        who = in_both(lambda: person_words(person))
        uow.record(incident, "review.person_changed", what=name, who=who, was=before[name], now=now[name])
    uow.record(person, "incident.person_changed")
    route_incident(uow, incident)
    return incident.id


def _write(uow: UnitOfWork, incident: Incident, person: IncidentPerson, given: Mapping[str, str]) -> None:
    role, injury = given.get("role", person.role.value), given.get("injury", person.injury or "")
    if role not in set(PersonRole) or (injury and injury not in INJURY_LABELS):
        raise Refused("", _("Choose one of these."))
    set_roles(uow, incident, {person.id: PersonRole(role)})
    if "behavior" in given:
        part = PersonDetails(person.id, person.role, id_in(given["behavior"]))
        person.behavior = behavior_of_part(uow, incident, person, part)
        person.behavior_code_id = person.behavior.id if person.behavior else None
        incident.behavior_group = highest_group(incident.people)
    person.injury = injury or None
    worst = worst_injury([one.injury for one in incident.people if one.role not in NEVER_HURT])
    facts = incident.facts or {}
    if worst is not None and worst != facts.get("injury"):
        tap = Tap(Answer.NO) if worst == "none" else Tap(Answer.YES, worst)
        set_facts(incident, facts_after(facts, "injury", tap))
    elif worst is None and given.get("injury") == "" and "injury" in facts:
        set_facts(incident, {**facts, "injury": UNKNOWN})


ROOM = Room(sentences=SENTENCES)
