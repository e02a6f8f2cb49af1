"""The district's partners, and what each school has ready: trained keepers, mentors, a group, its setting."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.bench.bulk.district.schools import MentorPlaces, Place
from tests.bench.bulk.writing.acts import Somebody, Story
from tests.bench.bulk.writing.store import Store
from wss_cases.demo.calendar import Calendar, moment
from wss_cases.demo.names import name_of
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.pathways.circles.circle.models import CircleSetting
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringGroup, MentorKind
from wss_cases.pathways.referrals.referral.models import Partner
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.topics import KnownTopic

PROVIDER = "Example Restorative Institute"
STRENGTHS = ("Basketball, patience, first period", "Reading and quiet talks", "Music, finding an adult to talk to")


@dataclass(frozen=True)
class Organisation:
    """A partner as referrals need it; `account` is whoever signs in for it."""

    id: int
    name: str
    services: tuple[str, ...]
    languages: tuple[str, ...]
    days_to_answer: int
    days_to_first_service: int
    sends: bool
    account: Somebody | None = None


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


def make_partners(
    store: Store, calendar: Calendar, since: date, district: Somebody, account: Somebody
) -> list[Organisation]:
    """Write the directory; the first partner is the demo person's, the last one's agreement has run out."""
    found = []
    at = moment(min(since, calendar.past[0]), 9 * 60)
    for number, (name, services, languages, area, places, answer, first) in enumerate(DIRECTORY):
        until = {2: calendar.today + timedelta(days=40), 7: calendar.today - timedelta(days=20)}.get(number)
        row = store.new(
            Partner,
            name=name,
            services=list(services),
            languages=list(languages),
            low_grade=6 if "violence_intervention" in services else None,
            area=area,
            capacity=places,
            agreement_from=since - timedelta(days=30),
            agreement_until=until,
            phone=f"312-555-{1000 + number:04d}",
            days_to_answer=answer,
            days_to_first_service=first,
        )
        _tell(store, 0, at, district, "partner", row["id"], "partner.added", {"name": name})
        found.append(
            Organisation(
                row["id"], name, services, languages, answer, first, number != 7, account if number == 0 else None
            )
        )
    return found


def make_ready(store: Store, rng: Random, place: Place, calendar: Calendar, since: date) -> None:
    """Write what a school has ready before its first case."""
    at = moment(min(since, calendar.past[0]), 8 * 60 + 30)
    administrator = place.staff["administrator"][0]
    _train(store, place, at, administrator, calendar)
    setting = store.new(CircleSetting, school_id=place.id, guardian_consent=False)
    _tell(
        store, place.id, at, administrator, "circle_setting", setting["id"], "circle.setting_changed",
        {"guardian_consent": False},
    )  # fmt: skip
    _mentors(store, rng, place, at)
    store.pause()


def _train(store: Store, place: Place, at: datetime, administrator: Somebody, calendar: Calendar) -> None:
    done = local_date(at, DEFAULT_ZONE) - timedelta(days=50)
    coordinators, deans = place.staff["coordinator"], place.staff["dean"]
    place.keepers = list(coordinators)
    trained: list[tuple[Somebody, KnownTopic, date | None]] = [
        (one, KnownTopic.CIRCLE_KEEPING, None) for one in place.keepers
    ]
    if place.is_demo:
        run_out = max(done, calendar.today - timedelta(days=60))
        trained.append((deans[0], KnownTopic.CIRCLE_KEEPING, run_out))
        trained.append((place.staff["reporter"][0], KnownTopic.MENTORING, None))
        trained.append((deans[0], KnownTopic.DE_ESCALATION, None))
    for person, topic, until in trained:
        row = store.new(
            TrainingRecord,
            school_id=place.id,
            user_id=person.id,
            topic=topic.value,
            provider=PROVIDER,
            completed_on=done,
            valid_until=until,
            taken_back_with_session=False,
            recorded_at=at,
            recorded_by_id=administrator.id,
        )
        changes = {"user_id": person.id, "topic": topic.value, "completed_on": done}
        _tell(
            store, place.id, at, administrator, "training_record", row["id"], "circle.training_recorded",
            changes, training=topic.value,
        )  # fmt: skip


def _mentors(store: Store, rng: Random, place: Place, at: datetime) -> None:
    lead = place.staff["coordinator"][0]
    own = place.staff["reporter"][: max(2, place.size // 400)]
    for number, person in enumerate([*own, None, None]):
        name = name_of(rng)
        row = store.new(
            Mentor,
            school_id=place.id,
            kind=(MentorKind.STAFF if person else MentorKind.PARTNER).value,
            name=person.name if person else f"{name.given} {name.family}",
            organisation="" if person else "Brick House Mentors",
            user_id=person.id if person else None,
            capacity=rng.choice((4, 5, 6)) + place.incidents // 60,
            languages=["en", "es"] if number % 2 else ["en"],
            strengths=STRENGTHS[number % len(STRENGTHS)],
            trained_on=local_date(at, DEFAULT_ZONE) - timedelta(days=60),
        )
        _tell(store, place.id, at, lead, "mentor", row["id"], "mentor.added", {"capacity": row["capacity"]})
        place.mentors.append(MentorPlaces(row["id"], row["name"], person, row["capacity"]))
    first = place.mentors[0]
    for title, capacity in (("Lunch group", 8), ("Morning group", 8)):
        group = store.new(MentoringGroup, school_id=place.id, mentor_id=first.mentor_id, name=title, capacity=capacity)
        changes = {"name": title, "capacity": capacity}
        _tell(store, place.id, at, lead, "mentoring_group", group["id"], "mentoring_group.added", changes)
        place.mentors.append(MentorPlaces(first.mentor_id, first.name, first.account, capacity, group["id"]))


def _tell(
    store: Store,
    school_id: int,
    at: datetime,
    who: Somebody,
    table: str,
    number: int,
    kind: str,
    changes: dict[str, Any],
    **data: Any,
) -> None:
    story = Story(school_id or None)
    story.act(at, who, (table, number), kind, changes, **data)
    story.tell(store)
