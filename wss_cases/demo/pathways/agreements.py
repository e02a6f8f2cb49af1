"""What a circle agreed: promises of those who caused harm, whether they were kept, and the meeting at the end."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from wss_cases.demo.cases.case import Party, Path
from wss_cases.demo.district.schools import Person
from wss_cases.demo.pathways.questions import ask_again
from wss_cases.demo.story.world import Steps, rows
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.agreements.actions import TermDraft, complete_circle, make_agreement, sign
from wss_cases.pathways.circles.agreements.term_changes import change_term, mark_term
from wss_cases.pathways.circles.circle.models import MeetingState, TermState
from wss_cases.pathways.circles.circle.rules import outcome_of
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm, SignatureManner, WithoutMeeting

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
    sign(work.calls(now), path.id, signers, rng.choice(MANNERS), work.world.day(now))
    states, now = yield from _mark(path, invited, now)
    without = rng.choice(APART) if rng.random() < 0.45 else None
    while without is None:
        state, now = yield from meet(path, invited, keepers, now, 0)
        if state is MeetingState.HELD:
            break
        now = yield calendar.in_days(now, 1, 9 * 60)
    now = yield calendar.soon(now, 15)
    complete_circle(work.calls(now), path.id, outcome_of(states), "", without_meeting=without)
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
            draft = TermDraft(INSTEAD, owner, later, EVIDENCE)
            change_term(work.calls(now), number, draft, [one.id for one in invited])
        else:
            state = TermState.KEPT if state is TermState.CHANGED else state
            mark_term(work.calls(now), number, state)
        states.append(state.value)
