"""Questionnaires after a meeting, some of them answered, and a few private notes of the keeper."""

from datetime import datetime, timedelta

from wss_cases.demo.cases.case import Party, Path
from wss_cases.demo.district.schools import Person
from wss_cases.demo.story.agenda import Life
from wss_cases.demo.story.world import Steps
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.settings.reading import setting
from wss_cases.pathways.circles.notes.pages import write_note
from wss_cases.pathways.circles.questionnaires.actions import make_links
from wss_cases.pathways.circles.questionnaires.models import QUESTIONS, VALUES, Answerer, Occasion, Scale
from wss_cases.pathways.circles.questionnaires.pages import answer, answer_as_keeper
from wss_cases.pathways.circles.questionnaires.queries import answerer_of

ANSWERED, BY_KEEPERS, AGAIN = 0.6, 0.3, 0.3
"""How often a link is answered, a keeper answers, and people are asked again at the end."""
WORDS = (
    "I was nervous, but people let me finish.",
    "It was good that my aunt could come.",
    "I still do not sit near them at lunch.",
    "Tuve tiempo para pensar lo que iba a decir.",
    "Next time please in the morning.",
)
NOTES_WRITTEN = (
    "Spoke about the week before and what each of them heard from others.",
    "Wishes to begin with a drawing. Water and a break after twenty minutes.",
    "Asked not to sit with their back to the door.",
)


def ask(path: Path, invited: list[Party], keepers: list[Person], now: datetime) -> Steps:
    """Make a link for every party after the meeting; some answer, sometimes a keeper too. Returns the last instant."""
    rng, world = path.work.place.rng, path.work.world
    if not _is_this_year(path, now):
        return now
    now = yield world.calendar.soon(now, 10)
    _links(path, invited, Occasion.AFTER_MEETING, now)
    if rng.random() < BY_KEEPERS:
        now = yield world.calendar.soon(now, 10)
        values = _values(path, Answerer.KEEPER, Occasion.AFTER_MEETING)
        answer_as_keeper(world.calls(keepers[0], now), path.id, Occasion.AFTER_MEETING, values, "")
    is_kept = world.calendar.now - now < timedelta(days=setting("NOTE_DAYS") - 1)
    if is_kept and rng.random() < 0.5:
        now = yield world.calendar.soon(now, 5)
        write_note(world.calls(keepers[0], now), path.id, rng.choice(NOTES_WRITTEN))
    return now


def ask_again(path: Path, invited: list[Party], now: datetime) -> None:
    """Perhaps ask every party once more when the circle is complete."""
    if path.work.place.rng.random() < AGAIN and _is_this_year(path, now):
        _links(path, invited, Occasion.LAST_CHECK_IN, now)


def _is_this_year(path: Path, now: datetime) -> bool:
    # the questionnaires began with this school year
    return school_year(path.work.world.day(now)) == path.work.world.calendar.years[-1]


def _links(path: Path, invited: list[Party], occasion: Occasion, now: datetime) -> None:
    keys = sorted(f"party-{one.id}" for one in invited)
    links = make_links(path.work.calls(now).actor, path.id, occasion, keys, "", now)
    by_key = {f"party-{one.id}": one for one in invited}
    for key, link in zip(keys, links, strict=True):
        if path.work.place.rng.random() < ANSWERED:
            who = answerer_of(by_key[key].role)
            path.work.world.agenda.begin(_answer(path, link.questionnaire_id, who, occasion, now))


def _answer(path: Path, number: int, who: Answerer, occasion: Occasion, now: datetime) -> Life:
    rng = path.work.place.rng
    now = yield path.work.world.calendar.in_days(now, rng.randrange(4), rng.randrange(9 * 60, 16 * 60))
    answer(number, _values(path, who, occasion), rng.choice(WORDS) if rng.random() < 0.3 else "", now)


def _values(path: Path, who: Answerer, occasion: Occasion) -> dict[str, int]:
    rng, found = path.work.place.rng, {}
    for question in QUESTIONS[who, occasion]:
        weights = (6, 3, 1) if question.scale is Scale.THREE else (7, 8, 4, 2, 1)
        found[question.code] = rng.choices(sorted(VALUES[question.scale], reverse=True), weights)[0]
    return found
