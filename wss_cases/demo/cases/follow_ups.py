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
LEFT_TODAY, LEFT_SLOW = 0.75, 0.5
"""How much of what is due on the last day is still open, and of what is overdue in a slow case."""
BUSY_DAYS = 6
"""A slow case was slow for so many school days."""
RENEWALS = "not_renewed"


def rounds(world: World) -> Life:
    """Go round on every school day, three times."""
    places = {place.id: place for place in world.places}
    people = {one.id: one for place in world.places for staff in place.staff.values() for one in staff}
    taken: set[int] = set()
    for day in world.calendar.past:
        for minute in ROUNDS:
            now = yield moment(day, minute)
            for row in _due(now, world):
                if row.id not in taken and (life := _life(world, places[row.school_id], people, row, now)):
                    taken.add(row.id)
                    world.agenda.begin(life)


def _due(now: datetime, world: World) -> list[Any]:
    one = FollowUp
    columns = (
        one.id, one.school_id, one.kind, one.owner_id, one.due_on, one.case_id, one.incident_id,
        one.incident_person_id, one.created_at,
    )  # fmt: skip
    kinds = one.kind.in_((*BY_HAND, *OF_CIRCLES))
    return rows(*columns, where=(one.state == FollowUpState.OPEN) & (one.due_on <= world.day(now)) & kinds)


def _life(world: World, place: Place, people: dict[int, Person], row: Any, now: datetime) -> Life | None:
    """Return what becomes of a follow-up that is due; None where it waits for something else, or nobody does it yet."""
    rng, calendar, today = place.rng, world.calendar, world.day(now)
    story = world.stories.get(row.case_id or 0, "")
    outcome = OF_CIRCLES[row.kind].get(world.circles[row.case_id]) if row.kind in OF_CIRCLES else ""
    if row.kind == "safety_plan":
        outcome = "not_possible" if row.case_id in world.unprotected else None
    if outcome is None or row.owner_id not in people or story == "fresh":
        return None
    near = calendar.school_days.between(row.due_on, calendar.due_today)
    if (near == 0 and row.due_on == today and _is_left(row, place)) or (story == "slow" and near < BUSY_DAYS):
        return None
    late = rng.choices(*LATE)[0] if today == row.due_on else 0
    at = calendar.within(now, late, rng, 4, 55)
    return _do(world, place, people[row.owner_id], row, outcome or _drawn(place, row.kind), at)


def _is_left(row: Any, place: Place) -> bool:
    # the same follow-up is looked at three times a day, and answers the same each time
    return int(row.id * 7919) % 100 < 100 * (LEFT_TODAY if place.is_demo else LEFT_TODAY / 2)


def _drawn(place: Place, kind: str) -> str:
    if kind == "referral_consent_ends":
        return RENEWALS
    known = [outcome for outcome in outcomes_of(kind) if outcome != HAPPENED_AGAIN]
    return place.rng.choices(known, [8, *[1] * (len(known) - 1)])[0]


def _do(world: World, place: Place, who: Person, row: Any, outcome: str, at: datetime) -> Life:
    now = yield at
    is_open = rows(FollowUp.id, where=(FollowUp.id == row.id) & (FollowUp.state == FollowUpState.OPEN))
    if not is_open:
        return
    shown = _evidence(row.kind, outcome, now, world)
    on_report = row.kind == "guardian_contact" and outcome == "reached" and place.rng.random() < 0.2
    if on_report and _note_contact(world, place, who, row, now - timedelta(minutes=3)):
        return
    close(world.calls(who, now), row.id, outcome, shown)


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


def _note_contact(world: World, place: Place, who: Person, row: Any, now: datetime) -> bool:
    """Record the call on the report, which closes what asked for it; whether there was a student to call for."""
    person = IncidentPerson
    found = rows(person.id, person.incident_id, person.student_id, where=person.id == row.incident_person_id)
    pupil = next((one for one in place.pupils if found and one.id == found[0][2]), None)
    if pupil is None:
        return False
    record_guardian_contact(
        world.calls(who, now), found[0][1], person=str(found[0][0]), guardian=str(pupil.guardian_id or ""), at=now,
        manner="phone", result="reached", language=pupil.language,
    )  # fmt: skip
    return True
