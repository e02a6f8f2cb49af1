"""The client of an ODS/API: OAuth 2, retries while the server is busy, and its answers about a record."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from wss_cases.foundation.files.xml_files import name_of
from wss_cases.foundation.i18n import _
from wss_cases.foundation.operations import deferred
from wss_cases.outcomes.edfi.common import Left, Tally
from wss_cases.outcomes.edfi.reading import digest_of, path_of, text_in

requests = deferred("requests")
MOST_TRIES: Final = 5
MOST_LOST: Final = 3
"""After this many records in a row without an answer the server counts as away."""
LONGEST_WAIT: Final = 120.0
LONGEST_PUSH: Final = 4 * 60 * 60.0
LONGEST_REASON: Final = 300
TIMEOUT: Final = (10, 60)
BUSY: Final = (429, 500, 502, 503, 504)


class Away(Exception):
    """The server cannot be used now; what was sent before stands."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass
class Ods:
    """One ODS/API: the address of its data, and the credentials of its tokens."""

    url: str
    token_url: str
    key: str
    secret: str
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._token = ""
        self._until = time.monotonic() + LONGEST_PUSH
        self._lost = 0
        self._session = requests.Session()

    @property
    def target(self) -> str:
        """A hash of the ODS address; tells records sent to different servers apart."""
        return hashlib.sha256(self.url.encode()).hexdigest()

    def put(self, resource: str, body: dict[str, Any]) -> Any:
        """Create a resource, or update the resource with the same natural key. Raises Away."""
        return self._send("POST", resource, body)

    def delete(self, resource: str, remote: str) -> Any:
        """Delete a resource by its id there. Raises Away."""
        return self._send("DELETE", f"{resource}/{remote}")

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = None
        for attempt in range(MOST_TRIES):
            if time.monotonic() > self._until:
                raise Away(_("The server is too slow: it was stopped after four hours."))
            answer = self._try(method, path, body)
            if answer is not None and answer.status_code not in (401, *BUSY):
                self._lost = 0
                return answer
            wait = answer.headers.get("Retry-After", "") if answer is not None else ""
            self.pause(min(LONGEST_WAIT, float(wait)) if wait.isdigit() else 2.0**attempt)
        self._lost += 1
        if answer is None or self._lost >= MOST_LOST:
            raise Away(_("The server does not respond, or is busy. What is missing is sent next time."))
        return answer

    def _try(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        token = self._authorized()
        if not token:
            return None
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = self._session.request(
                method, f"{self.url}/ed-fi/{path}", json=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException:
            return None
        if answer.status_code == 401:
            # the token may expire during a push
            self._token = ""
        return answer

    def _authorized(self) -> str:
        """The token; '' while the server is busy. Raises Away where it refuses this key and secret."""
        if not self._token:
            try:
                answer = self._session.post(
                    self.token_url, auth=(self.key, self.secret), timeout=TIMEOUT, allow_redirects=False,
                    data={"grant_type": "client_credentials"},
                )  # fmt: skip
            except requests.RequestException:
                return ""
            if answer.status_code in BUSY:
                return ""
            try:
                self._token = str(answer.json()["access_token"]) if answer.status_code == 200 else ""
            except (ValueError, KeyError, TypeError):
                self._token = ""
            if not self._token:
                raise Away(_("The server returns no token for this key and secret."))
        return self._token


def reason_of(answer: Any) -> str:
    """Why a server refused a record, in its own words where it gives any."""
    try:
        answered: Any = answer.json()
    except ValueError:
        answered = None
    answered = answered if isinstance(answered, dict) else {}
    words = [str(answered[name]) for name in ("detail", "message", "title") if answered.get(name)][:1]
    wrong = answered.get("validationErrors")
    if isinstance(wrong, dict):
        words += [str(text) for texts in wrong.values() for text in (texts if isinstance(texts, list) else [texts])]
    status = _("status %(status)d", status=answer.status_code)
    return f"{status}: {' '.join(words)}"[:LONGEST_REASON] if words else status


ORDER: Final = (
    "disciplineIncidents",
    "studentDisciplineIncidentBehaviorAssociations",
    "studentDisciplineIncidentNonOffenderAssociations",
    "disciplineActions",
)
"""A resource comes after those that it refers to; deleting goes in reverse order."""


@dataclass
class Resource:
    """One resource: its keys at the server, its content, and the record here that it stands for."""

    name: str
    identifier: str
    key: dict[str, Any]
    body: dict[str, Any]
    student: str = ""
    incident_id: int | None = None
    action_id: int | None = None

    def key_at(self, target: str) -> str:
        return digest_of([target, self.name, self.key])

    def digest(self) -> str:
        return digest_of(self.body)


def resource_of(element: Any, **of_record: int) -> Resource:
    """An element of the interchange as a resource of an ODS/API."""
    made: Resource = _MADE[name_of(element)](element)
    made.incident_id, made.action_id = of_record.get("incident_id"), of_record.get("action_id")
    made.body = {name: value for name, value in made.body.items() if value not in ("", [])}
    return made


def merged(resources: Iterable[Resource]) -> list[Resource]:
    """The resources in the order in which they can be sent, each natural key once; lists of the same key are merged."""
    by_key: dict[str, Resource] = {}
    for resource in resources:
        first = by_key.setdefault(resource.key_at(""), resource)
        for name, values in resource.body.items():
            if isinstance(values, list):
                merged_values = first.body.setdefault(name, [])
                merged_values += [value for value in values if value not in merged_values]
    return sorted(by_key.values(), key=lambda resource: ORDER.index(resource.name))


def _codes(element: Any, path: str, name: str) -> list[dict[str, Any]]:
    return [{name: text} for text in dict.fromkeys(child.text for child in element.iterfind(path_of(element, path)))]


def _school(element: Any, name: str) -> int:
    return int(text_in(element, f"{name}/SchoolIdentity/SchoolId"))


def _incident_key(element: Any) -> dict[str, Any]:
    identity = element.find(path_of(element, "DisciplineIncidentReference/DisciplineIncidentIdentity"))
    identifier = text_in(identity, "IncidentIdentifier")
    return {"incidentIdentifier": identifier, "schoolId": _school(identity, "SchoolReference")}


def _student_key(element: Any) -> dict[str, Any]:
    return {"studentUniqueId": text_in(element, "StudentReference/StudentIdentity/StudentUniqueId")}


def _incident(element: Any) -> Resource:
    identifier, school = text_in(element, "IncidentIdentifier"), _school(element, "SchoolReference")
    code = "disciplineIncidentParticipationCodeDescriptor"
    outside = [
        {"firstName": text_in(participant, "FirstName"), "lastSurname": text_in(participant, "LastSurname"),
         code: text_in(participant, "DisciplineIncidentParticipationCode")}
        for participant in element.iterfind(path_of(element, "DisciplineIncidentExternalParticipant"))
    ]  # fmt: skip
    body = {
        "incidentIdentifier": identifier,
        "schoolReference": {"schoolId": school},
        "incidentDate": text_in(element, "IncidentDate"),
        "incidentTime": text_in(element, "IncidentTime"),
        "incidentLocationDescriptor": text_in(element, "IncidentLocation"),
        "reporterDescriptionDescriptor": text_in(element, "ReporterDescription"),
        "reportedToLawEnforcement": text_in(element, "ReportedToLawEnforcement") == "true",
        "behaviors": _codes(element, "Behavior/Behavior", "behaviorDescriptor"),
        "weapons": _codes(element, "Weapon", "weaponDescriptor"),
        # two equal entries would be refused, and all external participants have the same name there
        "externalParticipants": [
            participant for number, participant in enumerate(outside) if participant not in outside[:number]
        ],
    }
    return Resource(ORDER[0], identifier, {"incidentIdentifier": identifier, "schoolId": school}, body)


def _association(element: Any) -> Resource:
    incident, student, behavior = _incident_key(element), _student_key(element), text_in(element, "Behavior")
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
    identifier, student = text_in(element, "DisciplineActionIdentifier"), _student_key(element)
    named = "StudentDisciplineIncidentBehaviorAssociation"
    about = [
        {**_incident_key(reference), **student, "behaviorDescriptor": text_in(reference, "Behavior")}
        for reference in element.iterfind(path_of(element, f"{named}Reference/{named}Identity"))
    ]
    key = {"identifier": identifier, "date": text_in(element, "DisciplineDate"), **student}
    body = {
        "disciplineActionIdentifier": identifier,
        "disciplineDate": key["date"],
        "studentReference": student,
        "disciplines": _codes(element, "Discipline", "disciplineDescriptor"),
        "disciplineActionLength": int(text_in(element, "DisciplineActionLength")),
        "responsibilitySchoolReference": {"schoolId": _school(element, "ResponsibilitySchoolReference")},
        "studentDisciplineIncidentBehaviorAssociations": [
            {"studentDisciplineIncidentBehaviorAssociationReference": item}
            for number, item in enumerate(about)
            if item not in about[:number]
        ],
    }
    return Resource(ORDER[3], identifier, key, body, student["studentUniqueId"])


_MADE: Final = {
    "DisciplineIncident": _incident,
    "StudentDisciplineIncidentBehaviorAssociation": _association,
    "StudentDisciplineIncidentNonOffenderAssociation": _association,
    "DisciplineAction": _action,
}


MOST_KEPT = 500


@dataclass
class Push:
    """One push. `tally` counts what the interchange leaves out; `stopped` says that it did not end."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in ORDER})
    problems: list[tuple[str, str]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    stopped: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the server now has everything that is here."""
        return not self.problems

    def as_document(self) -> dict[str, Any]:
        """The JSON form, which is stored and shown on the page of imports."""
        problems = [
            {"file": resource, "row": None, "column": None, "message": words} for resource, words in self.problems
        ]
        left = {f"{Left(why).label} {code}".strip(): number for (why, code), number in sorted(self.tally.left.items())}
        return {
            "files": {name: dict(counts) for name, counts in self.counts.items()},
            "problems": problems[:MOST_KEPT],
            "left_out": left,
        }
