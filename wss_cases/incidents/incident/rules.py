"""Pure decisions about reports: what a capture holds, which code set applies, and the facts that routing reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import object_session

from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import (
    MAY_HAVE_CAUSED,
    UNFOUNDED,
    PersonKind,
    PersonRole,
    Tile,
    WhenPrecision,
    WhereTile,
)
from wss_cases.roster.directory.models import Student

UNKNOWN = "unknown"
"""A fact that the report points to and that no one has answered."""

PREK2_FROM = date(2024, 8, 26)
"""From this date pre-K to grade 2 have a behaviour set of their own and no groups."""

DUPLICATE_WINDOW = timedelta(hours=2)
LONG_AGO_DAYS = 30
OLDEST_DAYS = 5 * 366
CAUSED = frozenset({PersonRole.CAUSED_HARM, PersonRole.BOTH})
SUFFERED = frozenset({PersonRole.HARMED, PersonRole.BOTH})

LOCATION_OF_TILE = {
    WhereTile.CLASSROOM: "classroom",
    WhereTile.HALLWAY: "hallway",
    WhereTile.CAFETERIA: "cafeteria",
    WhereTile.YARD: "yard",
    WhereTile.RESTROOM: "restroom",
    WhereTile.BUS: "school_bus",
    WhereTile.WAY_TO_SCHOOL: "way_to_school",
    WhereTile.ONLINE_OTHER: "online_or_other",
}
"""Location code behind each place tile; 'Online, other' says neither which, and has no routing place."""

SHARED_FACTS = (
    "injury",
    "weapon",
    "substance",
    "gun_violence_threat",
    "fire_or_bomb",
    "clear_and_present_danger",
    "imminent_danger",
    "distribution",
    "sexual",
    "adult_conduct",
    "intimate_partner",
    "bullying",
    "bias",
    "self_harm",
    "abuse_suspected",
    "staff_written_complaint",
    "repeated_between_same_people",
    "mutual",
    "verified",
    "sent_on",
    "asked",
)
"""Routing facts that `Incident.facts` may hold.

A fact that no one asked about is absent; one that the report points to and no one has answered is "unknown".
"""

PERSON_FACTS = ("mutual", "returning_from", "ready_to_meet", "harmed_wants_to_meet", "housing_support_open")
"""Routing facts that `IncidentPerson.facts` may hold besides the shared ones, which they override."""


@dataclass(frozen=True)
class CapturedPerson:
    """One person of a capture: a student or staff id, or neither for 'not identified yet'."""

    kind: PersonKind
    id: int | None = None
    description: str = ""
    role: PersonRole = PersonRole.INVOLVED


@dataclass(frozen=True)
class Capture:
    """What the hallway page asks, checked. `occurred_at` is an instant; `people` is never empty when saved."""

    school_id: int
    danger_now: bool
    tile: Tile
    location_code: str
    occurred_at: datetime
    precision: WhenPrecision = WhenPrecision.EXACT
    people: tuple[CapturedPerson, ...] = ()
    narrative: str = ""
    period: str = ""
    card: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """What the card of its tile was answered, by question."""
    said: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What was answered about a word of its text, by the id of the sign."""
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Routing facts as far as they were answered or are pointed to."""
    signs: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    """What answered them or points to them, as `Incident.signs` keeps it."""


@dataclass(frozen=True)
class IncidentFilter:
    """What a list of reports is narrowed to; the fields are the parameters of its address, as outcomes link there."""

    school: int | None = None
    year: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    behavior: str | None = None
    group: str | None = None
    place: str | None = None
    tile: str | None = None
    grade: int | None = None
    hour: int | None = None
    weekday: int | None = None
    state: str | None = None
    month: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing but the school narrows the list."""
        return all(value is None for name, value in vars(self).items() if name != "school")


@dataclass(frozen=True)
class PersonDetails:
    """What the desk says of one person; `facts` are routing facts of this person alone."""

    person_id: int
    role: PersonRole
    behavior_code_id: int | None = None
    motivation: str | None = None
    injury: str | None = None
    family_text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Details:
    """What the desk says of a report. In `facts` an absent fact was not asked, None is "not known"."""

    location_code: str
    injury: str | None = None
    weapon: str | None = None
    substance: str | None = None
    bias_basis: str | None = None
    property_damage: bool | None = None
    heard_from: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    immediate_action: str = ""
    more: str = ""
    people: tuple[PersonDetails, ...] = ()


def columns_of(capture: Capture) -> dict[str, Any]:
    """Return what a report holds of the facts of its capture; columns of single facts hold only what is known."""
    facts = capture.facts
    known = {name: facts.get(name) for name in ("injury", "weapon", "substance")}
    columns: dict[str, Any] = {name: None if value == UNKNOWN else value for name, value in known.items()}
    columns |= {"facts": dict(facts), "signs": [dict(sign) for sign in capture.signs]}
    if isinstance(facts.get("bias"), bool):
        columns["bias_basis"] = "unknown" if facts["bias"] else "none"
    return columns


def person_words(person: IncidentPerson) -> str:
    """Return who a person is on screen: name, or the words that describe them."""
    if person.student is not None:
        return person.student.shown_name
    if person.staff is not None:
        return _("A staff member (name not shown)") if is_masked(person) else person.staff.name
    if person.other_school is not None:
        return dotted(_words_elsewhere(person, person.other_school.name), person.description)
    label = str(PersonKind(person.kind).label)
    return f"{label}: {person.description}" if person.description else label


def is_masked(person: IncidentPerson) -> bool:
    """Whether a staff member is not named any more: the report of what they are said to have done was unfounded."""
    if "incident" in inspect(person).unloaded and object_session(person) is None:
        return False  # of a page that was refused: what is unfounded is decided, and refuses nothing
    unfounded = person.incident is not None and person.incident.outcome_reason == UNFOUNDED
    return unfounded and person.incident.kept_from is not None and person.role in MAY_HAVE_CAUSED


def number_given(people: Sequence[IncidentPerson]) -> IncidentPerson | None:
    """Return the first person of whom nothing is known but the full number that a student has at another school."""
    return next((one for one in people if is_unknown(one) and one.description.isdecimal()), None)


def is_unknown(person: IncidentPerson) -> bool:
    """Whether nobody knows who somebody is: neither this school nor another."""
    return person.kind is PersonKind.NOT_IDENTIFIED and person.other_school_id is None


def _words_elsewhere(person: IncidentPerson, school: str) -> str:
    """Return who somebody is whom another school alone knows by name."""
    if person.kind is PersonKind.NOT_IDENTIFIED:
        return _("A student of %(school)s", school=school)
    return _("%(who)s of %(school)s", who=PersonKind(person.kind).label, school=school)


def code_set_for(grade: int | None, day: date) -> str:
    """Return the behaviour set for a grade (-1 pre-K to 12, None unknown) on a date."""
    return "prek2" if grade is not None and grade <= 2 and day >= PREK2_FROM else "groups"


def routed_people(people: Sequence[IncidentPerson]) -> list[IncidentPerson]:
    """Return who is routed: those reported to have caused harm. A part that is not set is nobody's.

    Empty when nobody is known to have caused it; routing then asks once, with an unknown person.
    """
    return [person for person in people if person.role in CAUSED]


def facts_of(
    incident: Incident,
    person: IncidentPerson | None,
    people: Sequence[IncidentPerson],
    priors: tuple[int, int] | None,
    student: Student | None,
) -> dict[str, Any]:
    """Return the routing facts of one person's part; a fact not known is absent. None: nobody is identified.

    `priors` are the earlier incidents of 90 and 365 days; `student` is the person's roster record.
    """
    facts: dict[str, Any] = {"caused_by": _caused_by(person)}
    grade = student.grade if student is not None else (person.grade if person is not None else None)
    if grade is not None and -1 <= grade <= 12:
        facts["grade"] = grade
    facts |= _behavior_facts(incident, person)
    harmed = harmed_kind(incident, person, people)
    if harmed is not None:
        facts["harmed"] = harmed
    if harmed == "student":
        facts["harmed_supports"] = harmed_supports(person, people)
    if incident.place is not None:
        facts["place"] = incident.place.value
    facts |= _known(incident.facts, SHARED_FACTS)
    if incident.danger_now:
        facts["danger_reported"] = True
    if incident.tile == Tile.BULLYING and facts.get("bullying", UNKNOWN) == UNKNOWN:
        facts["bullying"] = True
    if priors is not None:
        facts["priors_90d"], facts["priors_365d"] = priors
    if student is not None:
        facts["supports"] = _supports(student)
    if person is not None:
        facts |= _known(person.facts, (*SHARED_FACTS, *PERSON_FACTS))
    return facts


def harmed_kind(incident: Incident, person: IncidentPerson | None, people: Sequence[IncidentPerson]) -> str | None:
    """Return whom this person's act harmed: student, staff, community, none; "unknown" while someone's part is not set
    and no one is known to be harmed; None while no one has said."""
    kinds = {_harmed_as(other.kind) for other in people if other is not person and other.role in SUFFERED}
    for kind in ("student", "staff", "community"):
        if kind in kinds:
            return kind
    if any(other is not person and other.role is PersonRole.INVOLVED for other in people):
        return UNKNOWN
    return "none" if incident.details_completed_at is not None else None


def has_plan(student: Student) -> bool:
    """Whether a student has a plan of special education or under Section 504."""
    return bool(student.has_iep or student.has_504)


def harmed_supports(person: IncidentPerson | None, people: Sequence[IncidentPerson]) -> list[str]:
    """Return the supports of the students whom this person's act harmed, in the order of the roster's own list."""
    harmed = [other.student for other in people if other is not person and other.role in SUFFERED and other.student]
    found = {support for student in harmed for support in _supports(student)}
    return [support for support in ("iep", "504", "el", "housing") if support in found]


def highest_group(people: Sequence[IncidentPerson]) -> int | None:
    """Return the highest behaviour group among the people, or None while none is coded."""
    groups = [p.behavior.behavior_group for p in people if p.behavior is not None]
    return max((group for group in groups if group is not None), default=None)


def _harmed_as(kind: PersonKind) -> str:
    # an unidentified person in a school is most likely a student; routing must not leave them out
    return {PersonKind.STAFF: "staff", PersonKind.COMMUNITY: "community", PersonKind.OTHER_ADULT: "community"}.get(
        kind, "student"
    )


def _caused_by(person: IncidentPerson | None) -> str:
    if person is None:
        return "unknown"
    return {
        PersonKind.STUDENT: "student",
        PersonKind.STAFF: "staff",
        PersonKind.OTHER_ADULT: "other_adult",
        PersonKind.COMMUNITY: "other_adult",
        PersonKind.NOT_IDENTIFIED: "unknown",
    }[person.kind]


def _behavior_facts(incident: Incident, person: IncidentPerson | None) -> dict[str, Any]:
    behavior = person.behavior if person is not None else None
    if behavior is None:
        return {}
    facts: dict[str, Any] = {"behavior": behavior.code}
    if behavior.behavior_group is not None:
        facts["group"] = behavior.behavior_group
    if behavior.is_attendance:
        facts["attendance"] = True
    return facts


def _supports(student: Student) -> list[str]:
    flags = {
        "iep": student.has_iep,
        "504": student.has_504,
        "el": student.is_english_learner,
        "housing": student.has_housing_support,
    }
    return [name for name, flag in flags.items() if flag]


def _known(stored: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, Any]:
    return {name: stored[name] for name in names if stored and stored.get(name) is not None}
