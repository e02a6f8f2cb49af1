"""Routing a report: facts of each person's part, the engine's answer kept, duties with their clocks."""

from collections.abc import Mapping, Sequence

from wss_cases.foundation.school_time import today_at
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.pages import is_alarm, settle_audience, tell_of_danger
from wss_cases.incidents.incident.queries import people_of, priors
from wss_cases.incidents.incident.rules import facts_of, routed_people
from wss_cases.incidents.incident.states import FACTS_SET, ROUTED_AGAIN, ROUTED_FIRST, UNDECIDED
from wss_cases.incidents.other_schools import pass_on
from wss_cases.journal.extension_points import react
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.routing.drafts.actions import route
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.routing.engine.pages import Duty
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.queries import duties_of
from wss_cases.safeguards.duties.duty.raising import raise_duties, raise_first_duties
from wss_cases.safeguards.duties.duty.rules import Raised, merged

OF_EACH_SCHOOL = frozenset({Duty.BULLYING_NOTICE.value, Duty.DISABILITY_RECORDS.value})
"""Duties towards a school's own students and their families, wherever it happened."""


def route_incident(uow: UnitOfWork, incident: Incident, *, alarms: bool = True) -> list[RoutingAnswer]:
    """Answer for everyone reported to have caused harm.

    Where nobody is known to have, one answer is made for a person not known. Raises the duties of all answers
    together, at once and at any hour; duties that an earlier answer raised are never taken back. What is known now is
    passed on to other schools whose students had a part in it, and these parts are routed too. Who may know is settled
    first, and an alarm is told once to each person; without `alarms` nobody is.
    """
    settle_audience(uow, incident)
    answers = _answer(uow, incident, people_of(incident.id))
    raise_duties(uow, incident, _of_this_school(incident, merged(answer.answer["duties"] for answer in answers)))
    react(uow, FACTS_SET, incident)
    react(uow, ROUTED_AGAIN, incident)
    if alarms:
        _alarm(uow, incident)
    for part in pass_on(uow, incident):
        route_incident(uow, part, alarms=alarms)
    return answers


def route_new(uow: UnitOfWork, incident: Incident) -> list[RoutingAnswer]:
    """Do the same for a report that this unit has just written: it has no duty yet and no part at another school, and
    who is named in it need not be read again."""
    settle_audience(uow, incident)
    answers = _answer(uow, incident, incident.people)
    raise_first_duties(uow, incident, merged(answer.answer["duties"] for answer in answers))
    react(uow, FACTS_SET, incident)
    react(uow, ROUTED_FIRST, incident)
    _alarm(uow, incident)
    return answers


def _alarm(uow: UnitOfWork, incident: Incident) -> None:
    """Tell of an alarm while nobody has decided; another school is told of its part by a mail of its own."""
    if incident.state in UNDECIDED and incident.part_of_id is None and is_alarm(incident):
        tell_of_danger(uow, incident)


def _answer(uow: UnitOfWork, incident: Incident, people: Sequence[IncidentPerson]) -> list[RoutingAnswer]:
    routed: list[IncidentPerson | None] = [*routed_people(people)] or [None]
    today = today_at(incident.school_id, uow.now)
    answers = []
    for person in routed:
        student = person.student if person is not None else None
        earlier = priors(student.id, incident.local_date) if student is not None else None
        facts = parse_facts(facts_of(incident, person, people, earlier, student))
        answer, _said = route(uow, incident.id, person.id if person is not None else None, facts, today)
        answers.append(answer)
    return answers


def _of_this_school(incident: Incident, raised: Mapping[str, Raised]) -> Mapping[str, Raised]:
    """Leave out of a part what stands where it happened: police, hotline and offices are told once, from there.

    What is about a school's own students stands at each; what is known here alone is never lost.
    """
    if incident.part_of_id is None:
        return raised
    here, there = ({row.duty.code for row in duties_of(number)} for number in (incident.id, incident.part_of_id))
    return {code: what for code, what in raised.items() if code in OF_EACH_SCHOOL or code in here or code not in there}
