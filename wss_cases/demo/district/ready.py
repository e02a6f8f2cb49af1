"""What stands before the first report: partners, who approves and whom to call, trained keepers, mentors."""

from datetime import date, timedelta
from typing import Any

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.invocation import Invocation
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.contacts import add_route, add_sergeant, file_team
from wss_cases.demo.district.calendar import Calendar
from wss_cases.demo.district.schools import MentorPlaces, Person, Place, add_rows
from wss_cases.demo.district.staff import invented
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.pathways.circles.training import save_setting
from wss_cases.pathways.mentoring.mentors import add_group, add_mentor
from wss_cases.pathways.mentoring.plan.models import MentorKind
from wss_cases.pathways.referrals.partners import add_partner
from wss_cases.safeguards.police.review.actions import DEFAULT_HOURS
from wss_cases.safeguards.police.settings import set_approver
from wss_cases.training.records.pages import record_training
from wss_cases.training.topics import KnownTopic

PROVIDER = "Example Restorative Institute"
STRENGTHS = ("Basketball, patience, first period", "Reading and quiet talks", "Music, finding an adult to talk to")
DIRECTORY: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str, int, int, int], ...] = (
    ("Lakeside Family Center", ("family_support", "behavioral_health", "housing_basic_needs"), ("en", "es"),
     "North and West Side", 40, 5, 10),
    ("Open Door Youth Services", ("violence_intervention", "family_support"), ("en", "es"), "South Side", 25, 3, 7),
    ("Garden Row Counseling", ("behavioral_health",), ("en", "es", "pl"), "Citywide", 30, 5, 15),
    ("Steady Ground Health", ("behavioral_health", "substance_use"), ("en",), "West Side", 20, 5, 10),
    ("Second Page Tutoring", ("academic",), ("en", "es", "zh"), "Citywide, also online", 60, 4, 8),
    ("Warm Coat Housing Help", ("housing_basic_needs",), ("en", "es", "ar"), "Citywide", 35, 2, 5),
    ("Quiet River Recovery", ("substance_use",), ("en", "es"), "North Side", 15, 5, 10),
    ("Brick House Outreach", ("violence_intervention",), ("en",), "South and West Side", 20, 1, 3),
)  # fmt: skip
"""Name, services, languages, area, places, school days to answer, school days to the first service."""
ENDS = {2: 40, 7: -20}
"""Number in the directory to the days from today until its agreement ends."""


def make_partners(call: Invocation, partner: Person, calendar: Calendar) -> dict[int, Any]:
    """Add the directory; the demo person signs in for its first entry. Returns each by id."""
    partners = {}
    for number, (name, services, languages, area, places, answer, first) in enumerate(DIRECTORY):
        until = calendar.today + timedelta(days=ENDS[number]) if number in ENDS else None
        partner_id = add_partner(
            call, name=name, services=list(services), languages=list(languages), area=area, capacity=places,
            low_grade="6" if "violence_intervention" in services else "", phone=f"312-555-{1000 + number:04d}",
            agreement_from=calendar.first_day - timedelta(days=30), agreement_until=until,
            days_to_answer=answer, days_to_first_service=first,
        )  # fmt: skip
        partners[partner_id] = (name, services, until is None or until > calendar.today)
    with unit_of_work(SYSTEM, call.now) as uow:
        grant = {"user_id": partner.id, "role": Role.PARTNER, "starts_on": calendar.first_day}
        add_rows(uow, RoleGrant, [grant | {"partner_id": min(partners)}])
        uow.audit("demo.loaded", "demo", None)
    return partners


def make_directory(call: Invocation, places: list[Place]) -> None:
    """Name who gives each network's second approvals, and one School Sergeant for each school."""
    assert call.actor.user_id is not None
    for network in sorted({place.network for place in places}):
        set_approver(call, network, call.actor.user_id, None, DEFAULT_HOURS)
    for place in places:
        phone = f"312-555-{100 + place.number % 100:04d}"
        district = f"{1 + place.number % 25:03d}"
        add_sergeant(call, place.id, police_district=district, name=invented(place.rng), phone=phone)
        if place.is_demo:
            hours = "7:15–8:30 and 3:00–4:15"
            add_route(call, place.id, place="Corner of Maple and Third", hours=hours, vendor="Brick House Outreach")
            seats = ["administrator", "counselor", "psychologist", "police"]
            file_team(call, place.id, filed_on=today_at(place.id, call.now), roles=seats)


def make_ready(place: Place, head: Invocation, lead: Invocation, calendar: Calendar) -> None:
    """Record what a school has ready before its first case."""
    deans = place.staff["dean"]
    place.keepers = list(place.staff["coordinator"])
    done = calendar.first_day - timedelta(days=50)
    trained: list[tuple[Person, KnownTopic, date | None]] = [
        (one, KnownTopic.CIRCLE_KEEPING, None) for one in [*place.keepers, place.teacher]
    ]
    if place.is_demo:
        run_out = max(done, calendar.today - timedelta(days=60))
        trained.append((deans[0], KnownTopic.CIRCLE_KEEPING, run_out))
        trained.append((deans[0], KnownTopic.DE_ESCALATION, None))
        trained.append((place.staff["reporter"][0], KnownTopic.MENTORING, None))
    for person, topic, until in trained:
        record_training(
            head, place.id, user=person.id, topic=topic, provider=PROVIDER, completed_on=done, valid_until=until
        )
    save_setting(head, place.id, False)
    _mentors(place, lead, done)


def _mentors(place: Place, lead: Invocation, done: date) -> None:
    own = place.staff["reporter"][: max(2, place.size // 400)]
    for number, person in enumerate([*own, None, None]):
        capacity = place.rng.choice((4, 5, 6)) + place.incidents // 60
        mentor_id = add_mentor(
            lead, place.id, kind=MentorKind.STAFF if person else MentorKind.PARTNER, capacity=capacity,
            user_id=person.id if person else None, name="" if person else invented(place.rng),
            organisation="" if person else "Brick House Mentors", languages=["en", "es"] if number % 2 else ["en"],
            strengths=STRENGTHS[number % len(STRENGTHS)], trained_on=done,
        )  # fmt: skip
        place.mentors.append(MentorPlaces(mentor_id, person, capacity))
    first = place.mentors[0]
    for title in ("Lunch group", "Morning group"):
        group = add_group(lead, place.id, mentor=first.id, name=title, capacity=8)
        place.mentors.append(MentorPlaces(group, first.account, 8, is_group=True))
