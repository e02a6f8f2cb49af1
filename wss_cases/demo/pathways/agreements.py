"""What a circle agreed: promises of those who caused harm, whether they were kept, and the meeting at the end."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from wss_cases.demo.cases.case import Party, Path
from wss_cases.demo.district.schools import Person
from wss_cases.demo.story.world import Life, Steps, rows
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.pathways.circles.agreements.pages import TermDraft, complete_circle, make_agreement, sign
from wss_cases.pathways.circles.agreements.term_changes import update_term
from wss_cases.pathways.circles.circle.models import MeetingState, TermState
from wss_cases.pathways.circles.circle.rules import outcome_of
from wss_cases.pathways.circles.notes.pages import write_note
from wss_cases.pathways.circles.questionnaires.actions import make_links
from wss_cases.pathways.circles.questionnaires.models import QUESTIONS, VALUES, Answerer, Occasion, Scale
from wss_cases.pathways.circles.questionnaires.pages import answer, answer_as_keeper
from wss_cases.pathways.circles.questionnaires.queries import answerer_of
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm, SignatureManner, WithoutMeeting

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


PROMISES = (
    "Repairs what was broken, together with the engineer.",
    "Writes a letter and reads it out.",
    "Eats lunch at another table until winter break.",
    "Helps in the library on two afternoons.",
    "Meets the counselor once a week for a month.",
    "Says good morning and keeps a distance otherwise.",
    "Replaces what was taken.",
)
INSTEAD = "The same with the counselor present, because that felt safer."
EVIDENCE = "The coordinator saw it or was told by both."
ENDS = ((TermState.KEPT, TermState.LATE, TermState.NOT_KEPT, TermState.CHANGED), (74, 12, 10, 4))
MANNERS = (SignatureManner.PAPER, SignatureManner.PAPER, SignatureManner.SCREEN, SignatureManner.SPOKEN)
APART = (WithoutMeeting.APART, WithoutMeeting.DECLINED)
Meet = Callable[[Path, list[Party], list[Person], datetime, int], Steps]


def agree(path: Path, invited: list[Party], keepers: list[Person], now: datetime, meet: Meet) -> Steps:
    """Agree on some terms, sign, mark them when they are due, meet at the end, and complete the circle."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    now = yield calendar.soon(now, 15)
    today, owners = work.world.day(now), [one.id for one in invited if one.caused_harm]
    drafts = [
        TermDraft(text, rng.choice(owners), calendar.school_days.add(today, rng.choice((3, 5, 10, 15))), EVIDENCE)
        for text in rng.sample(PROMISES, rng.choice((1, 1, 2, 2)))
    ]
    make_agreement(work.calls(now), path.id, drafts)
    now = yield calendar.soon(now, 4)
    signers = [*(f"party-{one.id}" for one in invited), *(f"keeper-{one.id}" for one in keepers)]
    sign(work.calls(now), path.id, signers=signers, manner=rng.choice(MANNERS), signed_on=work.world.day(now))
    states, now = yield from _mark(path, invited, now)
    without = rng.choice(APART) if rng.random() < 0.45 else None
    while without is None:
        state, now = yield from meet(path, invited, keepers, now, 0)
        if state is MeetingState.HELD:
            break
        now = yield calendar.in_days(now, 1, 9 * 60)
    now = yield calendar.soon(now, 15)
    complete_circle(work.calls(now), path.id, outcome=outcome_of(states), without_meeting=without)
    work.kept.append(outcome_of(states) == "agreement_kept")
    ask_again(path, invited, now)
    return now


def _mark(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Mark each term in the morning of its day, some late; one may be changed by consent. Returns the states."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    states: list[str] = []
    while True:
        term = AgreementTerm
        own = term.agreement_id.in_(select(Agreement.id).where(Agreement.pathway_id == path.id))
        left = rows(term.id, term.due_on, where=own & (term.state == TermState.OPEN), order_by=term.due_on)
        if not left:
            return states, now
        number, due = left[0]
        state = rng.choices(*ENDS)[0]
        day = calendar.school_days.add(due, 2) if state is TermState.LATE else due
        now = yield calendar.on(day, rng.randrange(9 * 60, 10 * 60), now)
        if state is TermState.CHANGED and "changed" not in states:
            later = calendar.school_days.add(work.world.day(now), 5)
            owner = db.session.get_one(AgreementTerm, number).owner_participant_id
            consented = [one.id for one in invited]
            another = {"text": INSTEAD, "owner": owner, "due_on": later, "evidence": EVIDENCE, "consented": consented}
            update_term(work.calls(now), number, state=state, **another)
        else:
            state = TermState.KEPT if state is TermState.CHANGED else state
            update_term(work.calls(now), number, state=state)
        states.append(state.value)
