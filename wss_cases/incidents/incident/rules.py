"""Pure rules of reports: what a capture holds, which code set applies, and which facts routing reads."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import object_session

from wss_cases.foundation.i18n import _, dotted
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
"""A fact that the report points to and no one has answered."""

PREK2_FROM = date(2024, 8, 26)
"""From this date, pre-K to grade 2 have their own behavior set, without groups."""

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
"""Location code of each place tile; 'Online, other' fits neither and has no routing place."""

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
"""Routing facts in `Incident.facts`. A missing fact was not asked; "unknown" means that the report points to it and
no one has answered."""

PERSON_FACTS = ("mutual", "returning_from", "ready_to_meet", "harmed_wants_to_meet", "housing_support_open")
"""Routing facts that only `IncidentPerson.facts` may hold; it may also override the shared ones."""


@dataclass(frozen=True)
class CapturedPerson:
    """A person in a capture: a student or staff id, or neither if not identified yet."""

    kind: PersonKind
    id: int | None = None
    description: str = ""
    role: PersonRole = PersonRole.INVOLVED


@dataclass(frozen=True)
class Capture:
    """The validated capture form. `occurred_at` is an instant; `people` is never empty when saved."""

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
    """Answers of its tile's card, by question."""
    said: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Answers about words of its text, by sign id."""
    facts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Routing facts that were answered or are pointed to."""
    signs: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    """What answered them or points to them, stored in `Incident.signs`."""


@dataclass(frozen=True)
class IncidentFilter:
    """Filters of a list of reports, named like the parameters of its address; outcomes link there."""

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
        """Whether nothing but the school is filtered."""
        return all(value is None for name, value in vars(self).items() if name != "school")


@dataclass(frozen=True)
class PersonDetails:
    """Details of one person; `facts` are routing facts of this person only."""

    person_id: int
    role: PersonRole
    behavior_code_id: int | None = None
    motivation: str | None = None
    injury: str | None = None
    family_text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Details:
    """Details of a report. A fact missing in `facts` was not asked; None is "not known"."""

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
    """Column values from a capture's facts; columns of single facts hold only known values."""
    facts = capture.facts
    known = {name: facts.get(name) for name in ("injury", "weapon", "substance")}
    columns: dict[str, Any] = {name: None if value == UNKNOWN else value for name, value in known.items()}
    columns |= {"facts": dict(facts), "signs": [dict(sign) for sign in capture.signs]}
    if isinstance(facts.get("bias"), bool):
        columns["bias_basis"] = "unknown" if facts["bias"] else "none"
    return columns


def person_words(person: IncidentPerson) -> str:
    """A person on screen: name or description."""
    if person.student is not None:
        return person.student.shown_name
    if person.staff is not None:
        return _("A staff member (name not shown)") if is_masked(person) else person.staff.name
    if person.other_school is not None:
        return dotted(_words_elsewhere(person, person.other_school.name), person.description)
    label = str(PersonKind(person.kind).label)
    return f"{label}: {person.description}" if person.description else label


def is_masked(person: IncidentPerson) -> bool:
    """Whether a staff member's name is hidden, because the report about them was unfounded."""
    if "incident" in inspect(person).unloaded and object_session(person) is None:
        return False  # a row of a refused form: its report is undecided
    unfounded = person.incident is not None and person.incident.outcome_reason == UNFOUNDED
    return unfounded and person.incident.kept_from is not None and person.role in MAY_HAVE_CAUSED


def number_given(people: Sequence[IncidentPerson]) -> IncidentPerson | None:
    """The first person known only by the full number of another school's student."""
    return next((one for one in people if is_unknown(one) and one.description.isdecimal()), None)


def is_unknown(person: IncidentPerson) -> bool:
    """Whether no school knows who this is."""
    return person.kind is PersonKind.NOT_IDENTIFIED and person.other_school_id is None


def _words_elsewhere(person: IncidentPerson, school: str) -> str:
    if person.kind is PersonKind.NOT_IDENTIFIED:
        return _("A student of %(school)s", school=school)
    return _("%(who)s of %(school)s", who=PersonKind(person.kind).label, school=school)


def code_set_for(grade: int | None, day: date) -> str:
    """The behavior set for a grade (-1 pre-K to 12, None unknown) on a date."""
    return "prek2" if grade is not None and grade <= 2 and day >= PREK2_FROM else "groups"


def routed_people(people: Sequence[IncidentPerson]) -> list[IncidentPerson]:
    """The people reported to have caused harm. If empty, routing asks once for an unknown person."""
    return [person for person in people if person.role in CAUSED]


def facts_of(
    incident: Incident,
    person: IncidentPerson | None,
    people: Sequence[IncidentPerson],
    priors: tuple[int, int] | None,
    student: Student | None,
) -> dict[str, Any]:
    """Routing facts of one person's part (None: nobody is identified); unknown facts are missing. `priors`: earlier
    incidents in 90 and 365 days; `student`: the roster record."""
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
    """Whom this person harmed: student, staff, community or none; "unknown" while a part is not set and no one is
    known to be harmed; None while unanswered."""
    kinds = {_harmed_as(other.kind) for other in people if other is not person and other.role in SUFFERED}
    for kind in ("student", "staff", "community"):
        if kind in kinds:
            return kind
    if any(other is not person and other.role is PersonRole.INVOLVED for other in people):
        return UNKNOWN
    return "none" if incident.details_completed_at is not None else None


def has_plan(student: Student) -> bool:
    return bool(student.has_iep or student.has_504)


def harmed_supports(person: IncidentPerson | None, people: Sequence[IncidentPerson]) -> list[str]:
    """Supports of the students whom this person harmed, in a fixed order."""
    harmed = [other.student for other in people if other is not person and other.role in SUFFERED and other.student]
    supports = {support for student in harmed for support in _supports(student)}
    return [support for support in ("iep", "504", "el", "housing") if support in supports]


def highest_group(people: Sequence[IncidentPerson]) -> int | None:
    """The highest behavior group of the people, None if no one has one."""
    groups = [p.behavior.behavior_group for p in people if p.behavior is not None]
    return max((group for group in groups if group is not None), default=None)


def worst_injury(injuries: Collection[str | None]) -> str | None:
    """The worst injury of several people; None while it is not known of all, unless one needed care."""
    if "needed_care" in injuries:
        return "needed_care"
    if None in injuries or not injuries:
        return None
    return "minor" if "minor" in injuries else "none"


def _harmed_as(kind: PersonKind) -> str:
    # An unidentified person in a school is most likely a student, and routing must not leave them out.
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
