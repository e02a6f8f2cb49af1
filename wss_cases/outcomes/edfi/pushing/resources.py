"""What an element of the interchange is at an ODS/API: its resource, its natural key and its JSON."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.files.xml_files import name_of, namespace_of

ORDER: Final = (
    "disciplineIncidents",
    "studentDisciplineIncidentBehaviorAssociations",
    "studentDisciplineIncidentNonOffenderAssociations",
    "disciplineActions",
)
"""What another names stands before it; deleting goes the other way."""


@dataclass
class Resource:
    """One resource: what it is known by there, all that it says, and of which record here it is."""

    name: str
    identifier: str
    key: dict[str, Any]
    body: dict[str, Any]
    student: str = ""
    incident_id: int | None = None
    action_id: int | None = None

    def key_at(self, target: str) -> str:
        """Return the digest of its natural key at an address."""
        return _digest([target, self.name, self.key])

    def digest(self) -> str:
        """Return the digest of all that it says."""
        return _digest(self.body)


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def resource_of(element: Any, **of_record: int) -> Resource:
    """Return what an element of the interchange is at an ODS/API."""
    made: Resource = _MADE[name_of(element)](element)
    made.incident_id, made.action_id = of_record.get("incident_id"), of_record.get("action_id")
    made.body = {name: value for name, value in made.body.items() if value not in ("", [])}
    return made


def merged(resources: Iterable[Resource]) -> list[Resource]:
    """Return each natural key once, in the order in which they can be sent; lists of the same key are put together."""
    by_key: dict[str, Resource] = {}
    for one in resources:
        first = by_key.setdefault(one.key_at(""), one)
        for name, values in one.body.items():
            if isinstance(values, list):
                held = first.body.setdefault(name, [])
                held += [value for value in values if value not in held]
    return sorted(by_key.values(), key=lambda one: ORDER.index(one.name))


def _path(element: Any, path: str) -> str:
    namespace = namespace_of(element)
    return "/".join(f"{{{namespace}}}{step}" for step in path.split("/"))


def _text(element: Any, path: str) -> str:
    return str(element.findtext(_path(element, path)) or "")


def _codes(element: Any, path: str, name: str) -> list[dict[str, Any]]:
    return [{name: text} for text in dict.fromkeys(one.text for one in element.iterfind(_path(element, path)))]


def _school(element: Any, name: str) -> int:
    return int(_text(element, f"{name}/SchoolIdentity/SchoolId"))


def _incident_key(element: Any) -> dict[str, Any]:
    identity = element.find(_path(element, "DisciplineIncidentReference/DisciplineIncidentIdentity"))
    identifier = _text(identity, "IncidentIdentifier")
    return {"incidentIdentifier": identifier, "schoolId": _school(identity, "SchoolReference")}


def _student_key(element: Any) -> dict[str, Any]:
    return {"studentUniqueId": _text(element, "StudentReference/StudentIdentity/StudentUniqueId")}


def _incident(element: Any) -> Resource:
    identifier, school = _text(element, "IncidentIdentifier"), _school(element, "SchoolReference")
    code = "disciplineIncidentParticipationCodeDescriptor"
    outside = [
        {"firstName": _text(one, "FirstName"), "lastSurname": _text(one, "LastSurname"),
         code: _text(one, "DisciplineIncidentParticipationCode")}
        for one in element.iterfind(_path(element, "DisciplineIncidentExternalParticipant"))
    ]  # fmt: skip
    body = {
        "incidentIdentifier": identifier,
        "schoolReference": {"schoolId": school},
        "incidentDate": _text(element, "IncidentDate"),
        "incidentTime": _text(element, "IncidentTime"),
        "incidentLocationDescriptor": _text(element, "IncidentLocation"),
        "reporterDescriptionDescriptor": _text(element, "ReporterDescription"),
        "reportedToLawEnforcement": _text(element, "ReportedToLawEnforcement") == "true",
        "behaviors": _codes(element, "Behavior/Behavior", "behaviorDescriptor"),
        "weapons": _codes(element, "Weapon", "weaponDescriptor"),
        # the same person's part twice would be refused: they all have the same name there
        "externalParticipants": [one for number, one in enumerate(outside) if one not in outside[:number]],
    }
    return Resource(ORDER[0], identifier, {"incidentIdentifier": identifier, "schoolId": school}, body)


def _association(element: Any) -> Resource:
    incident, student, behavior = _incident_key(element), _student_key(element), _text(element, "Behavior")
    code = "disciplineIncidentParticipationCodeDescriptor"
    body = {
        "studentReference": student,
        "disciplineIncidentReference": incident,
        "behaviorDescriptor": behavior,
        "disciplineIncidentParticipationCodes": _codes(element, "DisciplineIncidentParticipationCode", code),
        "weapons": _codes(element, "Weapon", "weaponDescriptor"),
    }
    name = ORDER[1] if behavior else ORDER[2]
    key = {**incident, **student, "behavior": behavior}
    return Resource(name, incident["incidentIdentifier"], key, body, student["studentUniqueId"])


def _action(element: Any) -> Resource:
    identifier, student = _text(element, "DisciplineActionIdentifier"), _student_key(element)
    named = "StudentDisciplineIncidentBehaviorAssociation"
    about = [
        {**_incident_key(one), **student, "behaviorDescriptor": _text(one, "Behavior")}
        for one in element.iterfind(_path(element, f"{named}Reference/{named}Identity"))
    ]
    key = {"identifier": identifier, "date": _text(element, "DisciplineDate"), **student}
    body = {
        "disciplineActionIdentifier": identifier,
        "disciplineDate": key["date"],
        "studentReference": student,
        "disciplines": _codes(element, "Discipline", "disciplineDescriptor"),
        "disciplineActionLength": int(_text(element, "DisciplineActionLength")),
        "responsibilitySchoolReference": {"schoolId": _school(element, "ResponsibilitySchoolReference")},
        "studentDisciplineIncidentBehaviorAssociations": [
            {"studentDisciplineIncidentBehaviorAssociationReference": one}
            for number, one in enumerate(about)
            if one not in about[:number]
        ],
    }
    return Resource(ORDER[3], identifier, key, body, student["studentUniqueId"])


_MADE: Final = {
    "DisciplineIncident": _incident,
    "StudentDisciplineIncidentBehaviorAssociation": _association,
    "StudentDisciplineIncidentNonOffenderAssociation": _association,
    "DisciplineAction": _action,
}
