"""Mentoring: the match, sessions held and missed, reviews, and the daily card of check-in/check-out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.bench.bulk.cases.courses import Course
from tests.bench.bulk.cases.followups import close
from tests.bench.bulk.district.schools import MentorPlaces
from tests.bench.bulk.writing.acts import PRIVATE, Somebody
from tests.bench.bulk.writing.world import later, moment
from wss_cases.followups.core.presenters import outcomes_of
from wss_cases.foundation.clock import school_year
from wss_cases.pathways.mentoring.plan.models import (
    CARD_DAYS,
    REVIEW_AFTER_DAYS,
    After,
    Cadence,
    DailyCard,
    DailyCardDay,
    GoesOn,
    MentoringPlan,
    MentoringReview,
    MentoringSession,
)
from wss_cases.pathways.mentoring.plan.rules import due_days, last_day_of
from wss_cases.routing.engine.vocabulary import Kind

GOALS = (
    "Ask for a break before it gets loud",
    "Be in first period on time",
    "Find one adult to talk to",
    "Finish the week without leaving class",
)
MISSED = ("student_absent", "student_absent", "student_chose_not", "mentor_absent", "other")
EXPECTATIONS = ["Be on time", "Keep hands and words kind", "Ask for a break before leaving"]
PERIODS = ["Morning", "Before lunch", "After lunch", "Last period"]
RHYTHMS = {
    Kind.CHECK_IN_CHECK_OUT.value: ((Cadence.DAILY,), (8, 10), 10),
    Kind.GROUP.value: ((Cadence.WEEKLY,), (8, 10, 12), 40),
    Kind.ONE_TO_ONE.value: (
        (Cadence.WEEKLY, Cadence.WEEKLY, Cadence.TWICE_WEEKLY, Cadence.BIWEEKLY),
        (8, 10, 12, 27),
        45,
    ),
}
"""Rhythms, lengths in weeks, and minutes of a session, by kind."""


@dataclass
class Matched:
    """A student with a mentor: the plan's row, the place taken, and who logs."""

    row: dict[str, Any]
    place: MentorPlaces
    asked: list[dict[str, Any]]

    @property
    def last_day(self) -> date:
        """The last day of the plan."""
        found = last_day_of(self.row["starts_on"], self.row["weeks"])
        assert found is not None
        return found


def match(course: Course, at: datetime, starts_on: date) -> Matched | None:
    """Match a student with whoever has a place; None where nobody has, or it is for no student."""
    rng, kind = course.scene.rng, course.row["kind"]
    owner = course.owner
    wants_group = kind == Kind.GROUP.value
    free = [
        one
        for one in course.scene.place.mentors
        if one.taken < one.capacity and (one.group_id is not None) == wants_group
    ]
    if not free or owner is None or owner.part.pupil is None:
        course.row["next_step"] = "Find a mentor with a place"
        return None
    place = max(free, key=lambda one: one.capacity - one.taken)
    place.taken += 1
    rhythms, lengths, minutes = RHYTHMS[kind]
    row = course.new(
        MentoringPlan,
        mentor_id=place.mentor_id,
        group_id=place.group_id,
        match_reasons="place,trained",
        goal=rng.choice(GOALS),
        rhythm=rng.choice(rhythms).value,
        weeks=rng.choice(lengths),
        minutes=minutes,
        starts_on=starts_on,
    )
    changes = {"mentor_id": place.mentor_id, "goal": PRIVATE, "rhythm": row["rhythm"], "weeks": row["weeks"]}
    course.tell(at, "mentoring_plan", row["id"], "mentoring.matched", changes, mentor=place.name)
    course.row["next_step"], course.row["next_step_on"] = "", None
    return Matched(row, place, [])


def meet(course: Course, found: Matched, ended_on: date) -> None:
    """Write the sessions and reviews of a plan that have come, up to a day."""
    world, row = course.scene.world, found.row
    course.row["expected_end"] = found.last_day
    if not world.keeps_every_answer and school_year(row["starts_on"]) != world.calendar.years[-1]:
        return
    held = []
    until = min(ended_on, world.calendar.today)
    for day in due_days(Cadence(row["rhythm"]), row["starts_on"], until, world.days):
        at = moment(day, course.scene.rng.randrange(12 * 60, 15 * 60))
        if at >= world.now:
            break
        if _session(course, found, day, at):
            held.append(day)
    _review(course, found, ended_on)
    if course.row["kind"] == Kind.CHECK_IN_CHECK_OUT.value and held and ended_on >= world.calendar.today:
        _card(course, found, held[-CARD_DAYS:])


def end(course: Course, found: Matched, at: datetime) -> None:
    """Say what comes after, and give the place back."""
    after = course.scene.rng.choice(list(After)).value
    row = found.row
    row["comes_after"], row["next_review_on"], row["version"] = after, None, 3
    found.place.taken -= 1
    course.tell(at, "mentoring_plan", row["id"], "mentoring.after", {"comes_after": after}, after=after)


def _session(course: Course, found: Matched, day: date, at: datetime) -> bool:
    """Log one planned session; returns whether it was held. A few of the last days are not logged yet."""
    rng, world = course.scene.rng, course.scene.world
    chance = rng.random()
    if chance > 0.95 and (world.calendar.today - day).days < 10:
        return False
    missed = None if chance < 0.84 or chance > 0.95 else rng.choice(MISSED)
    minutes = None if missed else max(5, found.row["minutes"] + rng.choice((-15, -5, 0, 0, 0, 10)))
    who = found.place.account or course.work.lead
    row = course.new(
        MentoringSession,
        on_day=day,
        held=missed is None,
        minutes=minutes,
        missed=missed,
        logged_at=at,
        logged_by_id=who.id,
    )
    kind = "mentoring.missed" if missed else "mentoring.held"
    changes = {"on_day": day, "held": missed is None}
    data = {"day": day.isoformat(), "reason": missed or ""}
    course.tell(at, "mentoring_session", row["id"], kind, changes, who, **data)
    if missed:
        _ask_after(course, found, day, at, who)
    return missed is None


def _ask_after(course: Course, found: Matched, day: date, at: datetime, who: Somebody) -> None:
    monday = day - timedelta(days=day.weekday())
    if found.asked and (found.asked[-1]["state"] == "open" or found.asked[-1]["due_on"] > monday):
        return
    world, rng = course.scene.world, course.scene.rng
    closes_at = moment(world.days.add(day, 1), rng.randrange(9 * 60, 15 * 60))
    is_late = (world.calendar.today - day).days < 8 and rng.random() < 0.3
    outcome = rng.choice(outcomes_of("mentoring_missed")[:2])
    found.asked.append(
        course.follow("mentoring_missed", at, days=1, closes_at=None if is_late else closes_at, outcome=outcome)
    )


def _review(course: Course, found: Matched, ended_on: date) -> None:
    world, rng = course.scene.world, course.scene.rng
    made_at = moment(found.row["starts_on"], 15 * 60)
    day = world.days.on_or_after(found.row["starts_on"] + timedelta(days=REVIEW_AFTER_DAYS))
    while day < ended_on and made_at < world.now:
        found.row["next_review_on"] = day
        asked = course.follow("mentoring_review", made_at, due_on=day)
        at = moment(day, rng.randrange(9 * 60, 15 * 60))
        if at >= world.now or ((world.calendar.today - day).days < 3 and rng.random() < 0.5):
            return
        stands = rng.choices(("goal_reached", "goal_partly_reached", "goal_not_reached"), (2, 6, 2))[0]
        goes_on = GoesOn.SAME.value
        lead = course.work.lead
        row = course.new(MentoringReview, on_day=day, goal_stands=stands, goes_on=goes_on, reviewed_by_id=lead.id)
        data = {"stands": stands, "goes_on": goes_on}
        course.tell(at, "mentoring_review", row["id"], "mentoring.reviewed", {"goal_stands": stands}, lead, **data)
        close(course.scene, course.report, asked, at, lead, stands)
        made_at = later(at, 1)
        day = world.days.on_or_after(day + timedelta(days=REVIEW_AFTER_DAYS))
    found.row["next_review_on"] = None


def _card(course: Course, found: Matched, days: list[date]) -> None:
    world, rng, story = course.scene.world, course.scene.rng, course.report.story
    who = found.place.account or course.work.lead
    card = course.new(DailyCard, expectations=EXPECTATIONS, periods=PERIODS, goal_percent=80)
    set_at = moment(days[0], 7 * 60 + 50)
    course.tell(set_at, "daily_card", card["id"], "mentoring.card_set", {"goal_percent": 80})
    for day in days:
        marks = {name: [rng.choices((0, 1, 2), (1, 3, 6))[0] for _ in EXPECTATIONS] for name in PERIODS}
        times = (moment(day, 7 * 60 + 55), moment(day, 11 * 60 + 45), moment(day, 14 * 60 + 50))
        into, marked, out = (at if at < world.now else None for at in times)
        if into is None:
            continue
        row = world.store.new(
            DailyCardDay,
            card_id=card["id"],
            school_id=course.scene.place.id,
            on_day=day,
            checked_in_at=into,
            checked_out_at=out,
            marks=marks if marked else {},
            logged_by_id=who.id,
        )
        subject = ("daily_card_day", row["id"])
        story.audit(into, who, subject, "daily_card_day.checked_in", {"checked_in_at": into})
        if marked:
            story.audit(marked, who, subject, "daily_card_day.marked", {})
        if out:
            story.audit(out, who, subject, "daily_card_day.checked_out", {"checked_out_at": out})
