"""The rounds of a school day: whoever has something due opens My day and does it, mostly in time."""

from datetime import datetime, timedelta
from typing import Any

from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Person, Place
from wss_cases.demo.story.world import Life, World, rows
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.pages import needs_note, outcomes_of
from wss_cases.followups.core.states import HAPPENED_AGAIN
from wss_cases.followups.evidence import BY_CONTACT, LEAST_ATTEMPTS, NAMES_WHOM, WITHOUT_CONTACT, Evidence
from wss_cases.followups.handling import close
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.pages.pages import record_guardian_contact

BY_HAND = (
    "guardian_contact", "guardian_contact_harmed", "contact_person_harmed", "safe_passage_contact",
    "check_in_person_harmed", "plan_case_manager", "plan_case_manager_harmed", "counselor_harmed", "threat_team",
    "liaison", "agreement_check_in", "care_screen", "repair_step",
    "mentoring_missed", "work_missed", "referral_consent_ends", "case_review", "after_walk_out", "after_no_show",
    "interpreter", "manifestation_review", "disability_day_ten", "safety_plan", "other",
)  # fmt: skip
"""Kinds that somebody closes with what came of it; the others close where the thing itself is recorded."""
OF_CIRCLES = {
    "pre_meetings": {"planned": "all_held", "held": "all_held", "declined": "declined"},
    "circle": {"planned": "planned", "held": "held", "declined": "declined"},
}
"""Kinds that wait for a circle, and how they close by how far it has come."""
ROUNDS = (8 * 60 + 5, 12 * 60 + 50, 15 * 60 + 40)
"""Minutes of the day at which people look what is due."""
LATE = ((0, 1, 2, 4), (92, 5, 2, 1))
"""School days of delay, and how often."""
BUSY_DAYS = 6
"""A slow case was slow for so many school days."""


def rounds(world: World) -> Life:
    """Go round on every school day, three times."""
    places = {place.id: place for place in world.places}
    people = {person.id: person for place in world.places for staff in place.staff.values() for person in staff}
    taken: set[int] = set()
    for day in world.calendar.past:
        for minute in ROUNDS:
            now = yield moment(day, minute)
            for row in _due(now, world):
                if row.id not in taken and row.owner_id in people and (outcome := _outcome(world, row, now)):
                    taken.add(row.id)
                    world.agenda.begin(_do(world, places[row.school_id], people[row.owner_id], row, outcome, now))


def _due(now: datetime, world: World) -> list[Any]:
    item = FollowUp
    columns = (
        item.id, item.school_id, item.kind, item.owner_id, item.due_on, item.case_id, item.incident_id,
        item.incident_person_id,
    )  # fmt: skip
    kinds = item.kind.in_((*BY_HAND, *OF_CIRCLES))
    return rows(*columns, where=(item.state == FollowUpState.OPEN) & (item.due_on <= world.day(now)) & kinds)


def _outcome(world: World, row: Any, now: datetime) -> str | None:
    """Return how a follow-up that is due is closed; None where it waits for something else, or nobody does it yet."""
    calendar, today, story = world.calendar, world.day(now), world.stories.get(row.case_id or 0, "")
    near = calendar.school_days.between(row.due_on, calendar.due_today)
    is_demo = row.school_id == world.places[0].id
    # the same follow-up is looked at three times a day, and answers the same each time
    is_left = row.due_on == today == calendar.due_today and row.id % 4 > (0 if is_demo else 2)
    if is_left or story == "fresh" or (story == "slow" and near < BUSY_DAYS):
        return None
    if row.kind in OF_CIRCLES:
        return OF_CIRCLES[row.kind].get(world.circles.get(row.case_id, ""))
    if row.kind == "safety_plan":
        return "not_possible" if row.case_id in world.unprotected else None
    if row.kind == "referral_consent_ends":
        return "not_renewed"
    rng = next(place.rng for place in world.places if place.id == row.school_id)
    outcomes = [outcome for outcome in outcomes_of(row.kind) if outcome != HAPPENED_AGAIN]
    return str(rng.choices(outcomes, [8, *[1] * (len(outcomes) - 1)])[0])


def _do(world: World, place: Place, who: Person, row: Any, outcome: str, now: datetime) -> Life:
    """Close a follow-up, mostly within the hour; a guardian is sometimes called from the report, which closes it."""
    rng = place.rng
    late = rng.choices(*LATE)[0] if world.day(now) == row.due_on else 0
    now = yield world.calendar.within(now, late, rng, 4, 55)
    if not rows(FollowUp.id, where=(FollowUp.id == row.id) & (FollowUp.state == FollowUpState.OPEN)):
        return
    person = IncidentPerson
    persons = rows(person.id, person.incident_id, person.student_id, where=person.id == row.incident_person_id)
    pupil = next((pupil for pupil in place.pupils if persons and pupil.id == persons[0][2]), None)
    if row.kind == "guardian_contact" and outcome == "reached" and pupil is not None and rng.random() < 0.2:
        called = now - timedelta(minutes=3)
        record_guardian_contact(
            world.calls(who, called), persons[0][1], person=str(persons[0][0]), guardian=str(pupil.guardian_id or ""),
            at=called, manner="phone", result="reached", language=pupil.language,
        )  # fmt: skip
        return
    close(world.calls(who, now), row.id, outcome, _evidence(row.kind, outcome, now, world))


def _evidence(kind: str, outcome: str, now: datetime, world: World) -> Evidence:
    """Return what shows it: of a contact how and when, else a sentence."""
    by_contact = kind in BY_CONTACT
    note = "Written down in the office after the talk." if not by_contact or needs_note(outcome) else ""
    if not by_contact or outcome == "not_to_contact":
        return Evidence(note=note)
    reached = outcome not in WITHOUT_CONTACT
    who = "The person in charge" if kind in NAMES_WHOM and reached else ""
    tries = 1 if reached else LEAST_ATTEMPTS
    return Evidence(note=note, manner="phone", on_day=world.day(now), who=who, attempts=tries)
