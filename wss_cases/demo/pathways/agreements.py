"""What a circle agreed: promises of those who caused harm, and whether they were kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from wss_cases.demo.cases.case import Party, Path
from wss_cases.demo.story.world import Life, Steps, rows
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.pathways.circles.agreements.pages import TermDraft, make_agreement, sign
from wss_cases.pathways.circles.agreements.term_changes import update_term
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.circle.rules import outcome_of
from wss_cases.pathways.circles.notes.pages import write_note
from wss_cases.pathways.circles.questionnaires.actions import make_links
from wss_cases.pathways.circles.questionnaires.models import QUESTIONS, VALUES, Answerer, Occasion, Scale
from wss_cases.pathways.circles.questionnaires.pages import answer, answer_as_keeper
from wss_cases.pathways.circles.questionnaires.queries import answerer_of
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm, SignatureManner, WithoutMeeting

ANSWERED, BY_KEEPERS = 0.6, 0.6
"""How often a link is answered, and a keeper answers and writes a note."""
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


def ask(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Make a link for every party after the meeting; some answer, sometimes the keeper too, and writes a note."""
    rng, world = path.work.place.rng, path.work.world
    if school_year(world.day(now)) != world.calendar.years[-1]:
        return now  # the questionnaires began with this school year
    now = yield world.calendar.soon(now, 10)
    keys = sorted(f"party-{party.id}" for party in invited)
    roles = {f"party-{party.id}": answerer_of(party.role) for party in invited}
    links = make_links(path.work.calls(now).actor, path.id, Occasion.AFTER_MEETING, keys, "", now)
    for key, link in zip(keys, links, strict=True):
        if rng.random() < ANSWERED:
            world.agenda.begin(_answer(path, link.questionnaire_id, roles[key], now))
    if rng.random() < BY_KEEPERS:
        now = yield world.calendar.soon(now, 10)
        values = _values(path, Answerer.KEEPER)
        answer_as_keeper(path.work.calls(now), path.id, Occasion.AFTER_MEETING, values, "")
        if world.calendar.now - now < timedelta(days=setting("NOTE_DAYS") - 1):
            now = yield world.calendar.soon(now, 5)
            write_note(path.work.calls(now), path.id, rng.choice(NOTES_WRITTEN))
    return now


def _answer(path: Path, number: int, who: Answerer, now: datetime) -> Life:
    rng = path.work.place.rng
    now = yield path.work.world.calendar.in_days(now, rng.randrange(4), rng.randrange(9 * 60, 16 * 60))
    answer(number, _values(path, who), rng.choice(WORDS) if rng.random() < 0.3 else "", now)


def _values(path: Path, who: Answerer) -> dict[str, int]:
    rng, values = path.work.place.rng, {}
    for question in QUESTIONS[who, Occasion.AFTER_MEETING]:
        weights = (6, 3, 1) if question.scale is Scale.THREE else (7, 8, 4, 2, 1)
        values[question.code] = rng.choices(sorted(VALUES[question.scale], reverse=True), weights)[0]
    return values


PROMISES = (
    "Repairs what was broken, together with the engineer.",
    "Writes a letter and reads it out.",
    "Helps in the library on two afternoons.",
    "Meets the counselor once a week for a month.",
)
INSTEAD = "The same with the counselor present, because that felt safer."
EVIDENCE = "The coordinator saw it or was told by both."
ENDS = ((TermState.KEPT, TermState.LATE, TermState.NOT_KEPT, TermState.CHANGED), (74, 12, 10, 4))


@dataclass(frozen=True)
class End:
    """How a circle ends: after which instant, with what outcome, and why without a meeting, where so."""

    now: datetime
    outcome: str
    without: WithoutMeeting | None


def agree(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Agree on one or two terms, sign, and mark each in the morning of its day, some late."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    now = yield calendar.soon(now, 15)
    today, owners = work.world.day(now), [party.id for party in invited if party.caused_harm]
    drafts = [
        TermDraft(text, rng.choice(owners), calendar.school_days.add(today, rng.choice((3, 5, 10, 15))), EVIDENCE)
        for text in rng.sample(PROMISES, rng.choice((1, 2)))
    ]
    make_agreement(work.calls(now), path.id, drafts)
    now = yield calendar.soon(now, 4)
    signers = [*(f"party-{party.id}" for party in invited), f"keeper-{work.lead.id}"]
    sign(work.calls(now), path.id, signers=signers, manner=SignatureManner.PAPER, signed_on=work.world.day(now))
    states: list[str] = []
    term = AgreementTerm
    own = term.agreement_id.in_(select(Agreement.id).where(Agreement.pathway_id == path.id))
    while left := rows(term.id, term.due_on, where=own & (term.state == TermState.OPEN), order_by=term.due_on):
        number, due = left[0]
        state = rng.choices(*ENDS)[0]
        day = calendar.school_days.add(due, 2) if state is TermState.LATE else due
        now = yield calendar.on(day, rng.randrange(9 * 60, 10 * 60), now)
        if state is TermState.CHANGED and "changed" not in states:
            later = calendar.school_days.add(work.world.day(now), 5)
            owner = db.session.get_one(AgreementTerm, number).owner_participant_id
            consented = [party.id for party in invited]
            another = {"text": INSTEAD, "owner": owner, "due_on": later, "evidence": EVIDENCE, "consented": consented}
            update_term(work.calls(now), number, state=state, **another)
        else:
            state = TermState.KEPT if state is TermState.CHANGED else state
            update_term(work.calls(now), number, state=state)
        states.append(state.value)
    work.kept.append(outcome_of(states) == "agreement_kept")
    return End(now, outcome_of(states), WithoutMeeting.APART if rng.random() < 0.45 else None)
