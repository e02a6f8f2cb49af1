"""Climate surveys that are over: one a school year at the demo school, and one of nine students at the next school, too
few to show."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from wss_cases.demo.district.calendar import moment
from wss_cases.demo.district.schools import Place
from wss_cases.demo.story.world import Life, World
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.surveys.answering import answer, open_code
from wss_cases.surveys.instrument import VALUES, SurveyGroup, questions_on
from wss_cases.surveys.links import make_slips, show_slips
from wss_cases.surveys.people import people_of
from wss_cases.surveys.results import end_round
from wss_cases.surveys.rounds import Planned, open_round, running_round

BEGINS = timedelta(days=70)
"""After the first of August: in October, when classes know each other."""
LASTS, ANSWERED_AFTER = 9, 3
"""School days from the first to the last, and to the day on which everyone answers."""
TOLD = timedelta(days=14)
ENOUGH = {SurveyGroup.STUDENT: 24, SurveyGroup.FAMILY: 12, SurveyGroup.STAFF: 11}
NINE = {SurveyGroup.STUDENT: 9}
AGREE = (5, 7, 5, 3)
"""How often each answer is chosen, the most favorable first; of yes and no the first two."""
PLANNED_AT, ANSWERED_AT, ENDED_AT = 9 * 60, 10 * 60, 16 * 60


def lives(world: World) -> Iterator[Life]:
    """Return a life for each survey, of this school year where it is over already, and of the one before."""
    days = world.calendar.school_days
    for place, answers in zip(world.places, (ENOUGH, NINE), strict=False):
        for year in world.calendar.years[-2:]:
            opens = days.on_or_after(school_year_bounds(year)[0] + BEGINS)
            if world.calendar.first_day < opens - TOLD and days.add(opens, LASTS) < world.day(world.calendar.now):
                yield _survey(world, place, opens, answers)


def _survey(world: World, place: Place, opens: date, answers: dict[SurveyGroup, int]) -> Life:
    days = world.calendar.school_days
    now = yield moment(opens, PLANNED_AT)
    closes = days.add(opens, LASTS)
    planned = Planned(opens, closes, frozenset(answers), opens - TOLD, wall=False)
    round_id = open_round(world.calls(place.head, now), place.id, planned)
    now = yield moment(days.add(opens, ANSWERED_AFTER), ANSWERED_AT)
    rng = Random(f"{place.id}/{opens}")
    for group, number in answers.items():
        _answer(world, place, group, number, rng, now)
    now = yield moment(closes, ENDED_AT)
    end_round(world.calls(place.head, now), round_id)


def _answer(world: World, place: Place, group: SurveyGroup, number: int, rng: Random, now: datetime) -> None:
    day = world.day(now)
    running = running_round(place.id)
    assert running is not None
    if not people_of(place.id, group, day):
        return
    make_slips(world.calls(place.head, now), running.id, group)
    shown = show_slips(world.calls(place.head, now), running.id, group)
    asked = questions_on(running.opens_on, group)
    for code in [one.code for one in shown][:number]:
        opened = open_code(code, now)
        assert opened is not None
        values = {one.code: rng.choices(VALUES[one.scale], AGREE[: len(VALUES[one.scale])])[0] for one in asked}
        answer(opened, group, values, code, now)
