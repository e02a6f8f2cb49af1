"""The life of a report: submitted and decided; then its conversation is held, or its case begins."""

from datetime import date, datetime

from wss_cases.demo.cases.case import opened, protect
from wss_cases.demo.cases.duties import raised, tell_police
from wss_cases.demo.cases.removals import perhaps_remove
from wss_cases.demo.district.schools import Person, Place
from wss_cases.demo.pathways.lives import case_life
from wss_cases.demo.story.reports import Report, submit
from wss_cases.demo.story.world import Life, Steps, World, rows
from wss_cases.incidents.incident.models import Incident
from wss_cases.intake.decision.pages import CONVERSATION_OUTCOMES, decide
from wss_cases.intake.decision.rules import Choice, is_light
from wss_cases.intake.duplicates.pages import merge_into
from wss_cases.intake.open_questions.models import HURT, PURPOSE
from wss_cases.intake.open_questions.pages import answer_fact
from wss_cases.intake.open_questions.queries import must_answer
from wss_cases.intake.recommendation.queries import situation
from wss_cases.intake.review.acts import ask_reporter, check_facts, take_no_action
from wss_cases.routing.engine.pages import FollowUpKind
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY
from wss_cases.safeguards.duties.duty.queries import duties_of

QUESTION = "Who else was there, and was anybody hurt?"
NO_ACTION = ("settled", "settled", "unfounded", "not_school")
WAITS = ((0, 1, 2, 4), (54, 32, 10, 4))
"""School days until a report is decided, and how often."""
ANSWERS = {
    PURPOSE: (f"yes:{HURT}", ""),
    "imminent_danger": ("no", ""),
    "harmed": ("asked", "The students who were there"),
}
"""What the dean answers to a fact that is open: the answer, and whom they asked."""


def report(world: World, place: Place, day: date, story: str) -> Life:
    """Let one report be made and decided."""
    made, now = yield from submit(world, place, day, story)
    calendar, rng, dean = world.calendar, place.rng, place.who("dean", bool(story))
    raised(world, made, dean, now)
    if story == "waiting":
        return
    if story == "returned":
        now = yield calendar.soon(now, 3)
        ask_reporter(world.calls(dean, now), made.id, question=QUESTION)
        return
    wait = rng.choices(*WAITS)[0]
    now = yield calendar.soon(now, 4) if story else calendar.within(now, wait, rng, 8, 50)
    if made.twin is not None:
        merge_into(world.calls(dean, now), made.twin.id, made.reference)
        now = yield calendar.soon(now, 4)
    now = yield from _complete(world, made, dean, now)
    raised(world, made, dean, now)
    duties = sum(1 for row in duties_of(made.id) if row.duty.state in OPEN_DUTY)
    if not (story or duties or made.twin) and rng.random() < 0.05:
        words = "The dean spoke with everyone involved."
        take_no_action(world.calls(dean, now), made.id, reason=rng.choice(NO_ACTION), note=words)
        return
    _decide(world, made, duties, dean, now)


def _complete(world: World, made: Report, dean: Person, now: datetime) -> Steps:
    """Check the facts of a fight or a thing that was seen, then answer what must be known before the decision.

    An answer may bring another question: a gun that may be one asks whether staff can calm the danger.
    """
    verified, is_fight = made.facts.get("verified"), made.profile.tile in ("fight", "pushing")
    if verified is not None or made.is_mutual or is_fight:
        mutual = ("yes" if made.is_mutual else "no") if is_fight or made.is_mutual else ""
        check_facts(world.calls(dean, now), made.id, verified=verified or "yes", mutual=mutual)
        now = yield world.calendar.soon(now, 6)
    while True:
        stored = rows(Incident.facts, Incident.tile, where=Incident.id == made.id)[0]
        known = situation(made.id)
        facts = must_answer(known.plan, stored, known.people)
        if not facts:
            return now
        answer, whom = ANSWERS.get(facts[0], ("no:saw", ""))
        answer_fact(world.calls(dean, now), made.id, facts[0], answer, whom)
        now = yield world.calendar.soon(now, 6)


def _decide(world: World, made: Report, duties: int, dean: Person, now: datetime) -> None:
    known, call = situation(made.id), world.calls(dean, now)
    if is_light(known.plan, duties) and not made.story:
        outcome = made.place.rng.choices(list(CONVERSATION_OUTCOMES), (6, 4, 1))[0]
        decide(call, made.id, Choice(conversation=outcome))
        return
    if known.plan.waiting and not known.plan.items:
        take_no_action(call, made.id, reason="other", note="Nobody could say who it was.")
        return
    decide(call, made.id, Choice())
    tell_police(world, made, known.plan.police, dean, now)
    perhaps_remove(world, made, dean, now)
    work = opened(world, made)
    if work is None:
        return
    for row in known.plan.follow_ups:
        if row.kind is FollowUpKind.SAFETY_PLAN:
            world.agenda.begin(protect(work, row.days, now))
            break
    world.agenda.begin(case_life(work, now))
