"""What is reported on school days: when, of whom, and what the reporter says of it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Person, Place, Pupil
from wss_cases.demo.story import behaviors
from wss_cases.demo.story.behaviors import GROUP_WEIGHTS, PROFILES, Behavior, Profile, Shape
from wss_cases.demo.story.world import Steps, World, rows
from wss_cases.foundation.clock import school_year
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.rules import UNKNOWN, Capture, CapturedPerson, Details, PersonDetails, code_set_for
from wss_cases.incidents.incident.states import PersonKind, PersonRole, Tile, WhenPrecision
from wss_cases.intake.report.actions import complete_details, submit_incident
from wss_cases.roster.directory.rules import HALF_DAY_BELL, DayKind

FATES = (
    ("fresh", 0), ("waiting", 0), ("fresh", 1), ("circle", 7), ("waiting", 1), ("slow", 6), ("returned", 1),
    ("circle", 9), ("waiting", 2), ("walked", 8), ("returned", 2), ("slow", 8), ("waiting", 0), ("fresh", 2),
)  # fmt: skip
"""What the demo school has in any case, and how many school days ago it was reported; the first matter most."""
FIGHTS = frozenset({"fresh", "slow", "circle", "walked"})
"""Stories that begin with a fight."""
BEFORE_SCHOOL = 7 * 60 + 5
"""Minute of the day before which nothing happens."""
DANGER = {4: 0.02, 5: 0.08, 6: 0.12}
"""How often somebody is in danger just then, by group."""
TWICE = 60
"""One in so many is reported by two people."""


@dataclass
class Part:
    """One person of a report."""

    role: PersonRole
    kind: PersonKind
    pupil: Pupil | None = None
    staff_id: int | None = None
    behavior: Behavior | None = None
    id: int = 0


@dataclass
class Report:
    """One report; `story` says what is to be seen of it today, '' for most."""

    place: Place
    story: str
    day: date
    profile: Profile
    location: str
    occurred_at: datetime
    reporter: Person
    people: list[Part]
    facts: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    reference: str = ""
    is_mutual: bool = False
    twin: "Report | None" = None
    duties: set[int] = field(default_factory=set)

    @property
    def caused(self) -> list[Part]:
        """Who is reported to have caused harm."""
        return [one for one in self.people if one.role in (PersonRole.CAUSED_HARM, PersonRole.BOTH)]


def plan_days(world: World, place: Place) -> list[tuple[date, str]]:
    """Return the days of a school's reports with their stories, spread evenly over the school days so far."""
    calendar, rng = world.calendar, place.rng
    fates = FATES[: place.incidents // 2] if place.is_demo else ()
    last = calendar.last_report_day
    planned = [(calendar.school_days.add(last, -ago) if ago else last, fate) for fate, ago in fates]
    others, days = place.incidents - len(fates), calendar.past
    twice = others // TWICE
    others -= twice
    if fates and len(days) > 40:
        days = days[:-10]
    spread = [days[int((number + rng.random()) * len(days) / others)] for number in range(others)]
    doubled = set(rng.sample(range(others), twice))
    planned += [(day, "twice" if number in doubled else "") for number, day in enumerate(spread)]
    return sorted(planned, key=lambda one: one[0])


def submit(world: World, place: Place, day: date, story: str) -> Steps:
    """Let one report be submitted and its details be completed; returns it and that instant."""
    rng, calendar = place.rng, world.calendar
    yield moment(day, BEFORE_SCHOOL)
    made = _happens(world, place, day, story)
    latest = calendar.now - timedelta(minutes=80 + rng.randrange(30))
    made.occurred_at = min(made.occurred_at, latest.replace(second=0, microsecond=0))
    soon = (2, 5, 9) if story else (2, 5, 9, 20, 45)
    now = yield made.occurred_at + timedelta(minutes=rng.choice(soon))
    _capture(world, made, now)
    if story == "twice":
        now = yield now + timedelta(minutes=rng.randrange(4, 15))
        made.twin = _again(made)
        _capture(world, made.twin, now)
    if story not in ("waiting", "returned") or rng.random() < 0.6:
        now = yield calendar.soon(now, rng.randrange(4, 13 if story else 120))
        _complete(world, made, now)
    return made, now


def _happens(world: World, place: Place, day: date, story: str) -> Report:
    rng, year = place.rng, school_year(day)
    causer = _draw(place, day, year)
    grade = causer.grades[year] if causer else None
    code_set = code_set_for(grade, day)
    behavior = _draw_behavior(world, rng, code_set)
    if story in FIGHTS:
        behavior = _of_tile(world, code_set, "fight") or behavior
    profile = PROFILES[behavior.code]
    location = behaviors.draw_place(rng, profile.tile)
    first, last = place.bells
    end = HALF_DAY_BELL if world.calendar.days[day][0] is DayKind.HALF else last
    minute = behaviors.draw_minute(rng, location, first.hour * 60 + first.minute, end.hour * 60 + end.minute)
    reporter = place.who("reporter", story == "returned")
    facts = behaviors.draw_facts(rng, profile)
    made = Report(place, story, day, profile, location, moment(day, minute), reporter, [], facts)
    if rng.random() < DANGER.get(behavior.group or 0, 0.0):
        made.facts["imminent_danger"] = True
    _add_people(world, made, causer, behavior, year)
    return made


def _again(known: Report) -> Report:
    place = known.place
    people = [Part(one.role, one.kind, one.pupil, one.staff_id, one.behavior) for one in known.people]
    others = [one for one in place.staff["reporter"] if one != known.reporter]
    return Report(
        place, "", known.day, known.profile, known.location, known.occurred_at, place.rng.choice(others),
        people, dict(known.facts), is_mutual=known.is_mutual,
    )  # fmt: skip


def _add_people(world: World, made: Report, causer: Pupil | None, behavior: Behavior, year: str) -> None:
    rng, place = made.place.rng, made.place
    shape = rng.choice(made.profile.shapes)
    mutual = shape in (Shape.MUTUAL, Shape.CROWD)
    if causer is None or (shape is Shape.ALONE and rng.random() < 0.03):
        fits = _fitting(world, made, behavior, None)
        made.people = [Part(PersonRole.CAUSED_HARM, PersonKind.NOT_IDENTIFIED, behavior=fits)]
        return
    wanted = {Shape.PAIR: 1, Shape.MUTUAL: 1, Shape.CROWD: rng.randrange(2, 4)}.get(shape, 0)
    chosen = [causer]
    for _ in range(wanted + (rng.random() < 0.18)):
        other = _draw(place, made.day, year, chosen)
        chosen += [other] if other is not None else []
    role = PersonRole.BOTH if mutual and wanted else PersonRole.CAUSED_HARM
    roles = [role, *[PersonRole.BOTH if mutual else PersonRole.HARMED] * wanted, PersonRole.WITNESS]
    for pupil, part in zip(chosen, roles, strict=False):
        fits = _fitting(world, made, behavior, pupil.grades[year]) if part is role else None
        made.people.append(Part(part, PersonKind.STUDENT, pupil, behavior=fits))
    if shape is Shape.STAFF:
        made.people.append(Part(PersonRole.HARMED, PersonKind.STAFF, staff_id=rng.choice(place.staff_ids)))
    made.is_mutual = mutual and len(made.caused) > 1


def _fitting(world: World, made: Report, behavior: Behavior, grade: int | None) -> Behavior | None:
    code_set = code_set_for(grade, made.day)
    return behavior if behavior.code_set == code_set else _of_tile(world, code_set, made.profile.tile)


def _draw(place: Place, day: date, year: str, but_not: list[Pupil] | None = None) -> Pupil | None:
    """Draw a student who is at school that day; some are in more reports than others, fewer after repair."""
    pupils, weights = _pool(place, year)
    for _attempt in range(40 if pupils else 0):
        found = place.rng.choices(pupils, cum_weights=weights)[0]
        fits = found.is_there(day) and found not in (but_not or ())
        if fits and place.rng.random() < found.calm:
            return found
    return None


def _pool(place: Place, year: str) -> tuple[list[Pupil], list[float]]:
    found = place.pools.get(year)
    if found is None:
        there = [pupil for pupil in place.pupils if year in pupil.grades]
        found = place.pools[year] = (there, list(accumulate(pupil.weight for pupil in there)))
    return found


def _draw_behavior(world: World, rng: Random, code_set: str) -> Behavior:
    group = rng.choices(list(GROUP_WEIGHTS), list(GROUP_WEIGHTS.values()))[0]
    known: list[Behavior] = world.codes["prek2" if code_set == "prek2" else f"groups{group}"]
    return rng.choices(known, [PROFILES[one.code].weight for one in known])[0]


def _of_tile(world: World, code_set: str, tile: str) -> Behavior | None:
    known = [one for name, codes in world.codes.items() if name.startswith(code_set) for one in codes]
    return next((one for one in known if one.tile == tile), None)


def _card(made: Report) -> dict[str, tuple[str, ...]]:
    """Return what the reporter answers on the card of the tile: what they know then, and nothing else."""
    facts = made.facts
    match Tile(made.profile.tile):
        case Tile.WEAPON:
            kind = {"firearm": "gun", "maybe_firearm": "maybe_gun", "lookalike": "toy"}.get(facts["weapon"], "knife")
            return {"which_weapon": (kind,)}
        case Tile.THREAT:
            return {"threat_with": ("words",)}
        case Tile.SUBSTANCE:
            shared = "yes" if facts.get("distribution") else "no"
            return {"which_substance": (facts["substance"],), "was_shared": (shared,)}
        case Tile.BULLYING | Tile.HURTFUL_WORDS:
            return {"about_who": ("yes" if facts.get("bias") else "no",), "dating": ("no",)}
        case _:
            return {}


def _capture(world: World, made: Report, now: datetime) -> None:
    rng = made.place.rng
    people = tuple(
        CapturedPerson(
            one.kind, one.pupil.id if one.pupil else one.staff_id,
            "" if one.pupil or one.staff_id else "A student in a dark hooded jacket",
        )
        for one in made.people
    )  # fmt: skip
    capture = Capture(
        made.place.id,
        "imminent_danger" in made.facts,
        Tile(made.profile.tile),
        made.location,
        made.occurred_at,
        WhenPrecision.EXACT if rng.random() < 0.9 else WhenPrecision.EARLIER_TODAY,
        people,
        made.profile.what if rng.random() < 0.8 else "",
        card=_card(made),
    )
    made.id = submit_incident(world.calls(made.reporter, now), capture)
    made.reference = rows(Incident.reference, where=Incident.id == made.id)[0][0]
    ids = rows(IncidentPerson.id, where=IncidentPerson.incident_id == made.id)
    for one, (number,) in zip(made.people, ids, strict=True):
        one.id = number


def _answered(made: Report) -> dict[str, Any]:
    """Return a no for each fact of a report that is still unknown: the details ask for them all."""
    stored: dict[str, Any] = rows(Incident.facts, where=Incident.id == made.id)[0][0]
    unknown = [name for name, value in stored.items() if value == UNKNOWN]
    return {name: "none" if name in ("weapon", "injury", "substance", "sexual") else False for name in unknown}


def _complete(world: World, made: Report, now: datetime) -> None:
    rng, facts = made.place.rng, made.facts
    people = tuple(
        PersonDetails(
            one.id, one.role, one.behavior.id if one.behavior else None,
            rng.choice(("peer_attention", "avoid_task", "unknown", None)) if one.behavior else None,
        )
        for one in made.people
    )  # fmt: skip
    details = Details(
        made.location,
        injury=facts.get("injury"),
        weapon=facts.get("weapon"),
        substance=facts.get("substance"),
        bias_basis="unknown" if facts.get("bias") else None,
        property_damage=True if made.profile.tile == "property" else None,
        facts=_answered(made) | {name: value for name, value in facts.items() if name != "verified"},
        people=people,
    )
    complete_details(world.calls(made.reporter, now), made.id, details)
