"""Many routed incidents at once, written with Core as an import would; facts are drawn, answers are the engine's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from tests.factories.roster import StudentFactory
from tests.routing.first_rules.rule_set import first_table
from wss_cases.foundation.db import db, table_of
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, WhenPrecision
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_stored
from wss_cases.routing.engine.facts import Facts, parse_facts
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet

FIRST_DAY = date(2026, 9, 1)
GROUPS = (
    {"race_ethnicity": "black", "sex": "female", "has_iep": False},
    {"race_ethnicity": "hispanic", "sex": "male", "has_iep": True},
    {"race_ethnicity": None, "sex": None, "has_iep": None},
)


def routed(school_ids: Sequence[int], facts: Sequence[dict[str, Any]], days: int = 80) -> list[int]:
    """Store one routed incident for each facts, on the schools and on so many days in turn; returns their ids."""
    first = _free(Incident.id)
    rule_set_id = db.session.scalar(select(func.max(RuleSet.id)))
    students = [StudentFactory(school_id=school_ids[0], **group).id for group in GROUPS]
    people = _free(IncidentPerson.id)
    for start in range(0, len(facts), 5000):
        numbers = range(start, min(start + 5000, len(facts)))
        rows = list(_rows(numbers, first, people, school_ids, facts, students, days, rule_set_id))
        for place, model in enumerate((Incident, IncidentPerson, RoutingAnswer)):
            db.session.execute(insert(table_of(model)), [row[place] for row in rows])
    db.session.commit()
    return list(range(first, first + len(facts)))


def _free(column: Any) -> int:
    """A number far above those that the database itself counts out, which these rows do not move on."""
    return max(db.session.scalar(select(func.max(column))) or 0, 1_000_000) + 1


def _rows(
    numbers: range, first: int, people: int, school_ids: Sequence[int], facts: Sequence[dict[str, Any]],
    students: Sequence[int], days: int, rule_set_id: int | None,
) -> Iterator[tuple[dict[str, Any], ...]]:  # fmt: skip
    for number in numbers:
        day = FIRST_DAY + timedelta(days=number % days)
        at = datetime(day.year, day.month, day.day, 16, tzinfo=UTC)
        incident = {
            "id": first + number, "school_id": school_ids[number % len(school_ids)], "number": 50_000 + number,
            "reference": f"R-I-{first + number:06d}", "state": IncidentState.CLOSED, "submitted_at": at,
            "occurred_at": at, "local_date": day, "when_precision": WhenPrecision.EXACT, "tile": "fight",
            "location_code": "hallway", "danger_now": False, "period": "", "narrative": "", "facts": {},
            "immediate_action": "", "question": "", "answer": "", "outcome_reason": "", "closing_note": "",
        }  # fmt: skip
        person = {
            "id": people + number, "incident_id": first + number, "role": PersonRole.CAUSED_HARM,
            "kind": PersonKind.STUDENT, "student_id": students[number % len(students)], "facts": {},
        }  # fmt: skip
        given, said = answered(parse_facts(facts[number]))
        answer = {
            "incident_id": first + number, "incident_person_id": people + number, "rule_set_id": rule_set_id,
            "created_at": at, "facts": given, "answer": said,
        }  # fmt: skip
        yield incident, person, answer


def answered(facts: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    return facts.as_json(), as_stored(recommend(first_table(), facts))
