"""The minor consequences of a report in words, and the buttons that log one."""

from collections.abc import Iterable
from typing import Any

from flask import url_for

from wss_cases.foundation.dates import day_words
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import CAUSED, person_words
from wss_cases.safeguards.discipline.consequences.models import MinorConsequence
from wss_cases.safeguards.discipline.consequences.states import ConsequenceKind


def consequence_rows(incident: Incident, given: Iterable[MinorConsequence]) -> list[dict[str, Any]]:
    """Return for each student reported to have caused harm what was given, each with the address that takes it back."""
    standing = list(given)
    return [
        {
            "id": person.id,
            "name": person_words(person),
            "given": [
                {
                    "what": row.kind.label,
                    "when": day_words(row.given_on),
                    "href": url_for("consequences.take_back", consequence_id=row.id),
                }
                for row in standing
                if row.incident_person_id == person.id
            ],
            "kinds": list(ConsequenceKind.labels().items()),
        }
        for person in incident.people
        if person.student_id is not None and person.role in CAUSED
    ]
