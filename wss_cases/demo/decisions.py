"""The life of a report: submitted, asked about, decided; then its conversation is held, or its case begins."""

from datetime import date, datetime
from random import Random

from wss_cases.demo.cases.case import PathLife, Work, look, note, opened, protect, wanted
from wss_cases.demo.cases.duties import raised, tell_police
from wss_cases.demo.cases.removals import perhaps_remove
from wss_cases.demo.district.schools import Person, Place
from wss_cases.demo.story.reports import Report, submit
from wss_cases.demo.story.world import Life, Steps, World, rows
from wss_cases.incidents.additions import answer_question
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake.decision.pages import CONVERSATION_OUTCOMES, decide, record_conversation
from wss_cases.intake.decision.rules import Choice, is_light
from wss_cases.intake.duplicates.pages import merge_into
from wss_cases.intake.open_questions.models import HURT, PROTECTION, PURPOSE
from wss_cases.intake.open_questions.pages import answer_fact
from wss_cases.intake.open_questions.queries import must_answer
from wss_cases.intake.recommendation.queries import Situation, situation
from wss_cases.intake.review.acts import ask_reporter, check_facts, take_no_action
from wss_cases.routing.engine.pages import FollowUpKind
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY
from wss_cases.safeguards.duties.duty.queries import duties_of

QUESTIONS = ("Who else was there?", "Was anybody hurt?", "Did this happen before or after lunch?")
NO_ACTION = ("settled", "settled", "settled", "unfounded", "unfounded", "not_school")
WAITS = ((0, 1, 2, 4), (54, 32, 10, 4))
"""School days until a report is decided, and how often."""
AT_ONCE = 0.7
"""How often a light conversation is held before the report is decided, so that both are one act."""


def report(world: World, place: Place, day: date, story: str, life_of: PathLife) -> Life:
    """Let one report be made and decided; `life_of` is what its case's pathways live."""
    made, now = yield from submit(world, place, day, story)
    calendar, rng, dean = world.calendar, place.rng, place.who("dean", bool(story))
    raised(world, made, dean, now)
    if story == "waiting":
        return
    if story == "returned":
        now = yield calendar.soon(now, 3)
        ask_reporter(world.calls(dean, now), made.id, question=rng.choice(QUESTIONS))
        return
    if not story and rng.random() < 0.04:
        now = yield from _asked(world, made, dean, now)
    wait = rng.choices(*WAITS)[0]
    now = yield calendar.soon(now, 4) if story else calendar.within(now, wait, rng, 8, 50)
    if made.twin is not None:
        merge_into(world.calls(dean, now), made.twin.id, made.reference)
        now = yield calendar.soon(now, 4)
    now = yield from _check(world, made, dean, now)
    now = yield from _answer(world, made, dean, now)
    raised(world, made, dean, now)
    known = situation(made.id)
    duties = sum(1 for row in duties_of(made.id) if row.duty.state in OPEN_DUTY)
    if not (story or duties or made.twin) and rng.random() < 0.05:
        words = "The dean spoke with everyone involved."
        take_no_action(world.calls(dean, now), made.id, reason=rng.choice(NO_ACTION), note=words)
        return
    yield from _decide(world, made, known, duties, dean, life_of, now)


def _asked(world: World, made: Report, dean: Person, now: datetime) -> Steps:
    # a few reports go back to their reporter with a question before they are decided
    now = yield world.calendar.soon(now, 20)
    ask_reporter(world.calls(dean, now), made.id, question=made.place.rng.choice(QUESTIONS))
    now = yield world.calendar.soon(now, 45)
    answer_question(world.calls(made.reporter, now), made.id, "Added what was missing.")
    return now


def _check(world: World, made: Report, dean: Person, now: datetime) -> Steps:
    verified = made.facts.get("verified")
    asks = made.profile.tile in ("fight", "pushing")
    if verified is None and not made.is_mutual and not asks:
        return now
    mutual = ("yes" if made.is_mutual else "no") if asks or made.is_mutual else ""
    check_facts(world.calls(dean, now), made.id, verified=verified or "yes", mutual=mutual)
    now = yield world.calendar.soon(now, 6)
    return now


def _answer(world: World, made: Report, dean: Person, now: datetime) -> Steps:
    # an answer may bring another question: a gun that may be one asks whether staff can calm the danger
    while True:
        report = rows(Incident.facts, Incident.tile, where=Incident.id == made.id)[0]
        known = situation(made.id)
        asked = must_answer(known.plan, report, known.people)
        if not asked:
            return now
        answer, whom = _answer_to(asked[0], made.place.rng)
        answer_fact(world.calls(dean, now), made.id, asked[0], answer, whom)
        now = yield world.calendar.soon(now, 6)


def _answer_to(fact: str, rng: Random) -> tuple[str, str]:
    answers = {
        PURPOSE: (f"yes:{rng.choice((HURT, PROTECTION))}", ""),
        "imminent_danger": ("no", ""),
        "harmed": ("asked", "The students who were there"),
    }
    return answers.get(fact, ("no:saw", ""))


def _decide(
    world: World, made: Report, known: Situation, duties: int, dean: Person, life_of: PathLife, now: datetime
) -> Steps:
    rng, call = made.place.rng, world.calls(dean, now)
    outcome = rng.choices(list(CONVERSATION_OUTCOMES), (6, 4, 1))[0]
    if is_light(known.plan, duties) and not made.story:
        if rng.random() < AT_ONCE:
            decide(call, made.id, Choice(conversation=outcome))
            return
        decide(call, made.id, Choice())
        start = max(item.start for item in known.plan.items)
        now = yield world.calendar.in_days(now, rng.randrange(start + 1), rng.randrange(9 * 60, 15 * 60))
        record_conversation(world.calls(dean, now), made.id, outcome, "")
        return
    if known.plan.waiting and not known.plan.items:
        take_no_action(call, made.id, reason="other", note="Nobody could say who it was.")
        return
    decide(call, made.id, Choice())
    tell_police(world, made, known.plan.police, dean, now)
    perhaps_remove(world, made, dean, now)
    work = opened(world, made, life_of)
    if work is not None:
        _work(work, known, now)


def _work(work: Work, known: Situation, now: datetime) -> None:
    agenda, person = work.world.agenda, wanted(work)
    asked = [one for one in known.plan.follow_ups if one.kind is FollowUpKind.SAFETY_PLAN]
    if asked and person is not None:
        agenda.begin(protect(work, person, asked[0].days, now))
    elif asked:
        work.world.unprotected.add(work.id)
    if work.place.rng.random() < 0.4:
        agenda.begin(note(work, now))
    look(work, now)
