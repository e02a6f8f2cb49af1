"""A case that is played, and its circles: prepared, held, agreed on, ended."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from wss_cases.access.actor import Invocation
from wss_cases.casework.pathway_page import end_early
from wss_cases.demo.calendar import Steps, moment
from wss_cases.demo.district import Person, Place, Pupil, World, rows
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.db import db
from wss_cases.foundation.settings import setting
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.agreements.pages import NO_AGREEMENT, TermDraft, complete_circle, make_agreement, sign
from wss_cases.pathways.circles.agreements.term_changes import update_term
from wss_cases.pathways.circles.circle import models as states
from wss_cases.pathways.circles.circle.models import MeetingState, Presence, TermState
from wss_cases.pathways.circles.circle.rules import outcome_of, parties, unmet
from wss_cases.pathways.circles.keepers import add_keeper
from wss_cases.pathways.circles.meeting.actions import answer_meeting
from wss_cases.pathways.circles.meeting.pages import plan_meeting, record_screen
from wss_cases.pathways.circles.meeting.queries import Attendance
from wss_cases.pathways.circles.notes.pages import write_note
from wss_cases.pathways.circles.preparation.actions import Visit, record_visit
from wss_cases.pathways.circles.questionnaires.actions import make_links
from wss_cases.pathways.circles.questionnaires.models import QUESTIONS, VALUES, Answerer, Occasion
from wss_cases.pathways.circles.questionnaires.pages import answer, answer_as_keeper
from wss_cases.pathways.circles.questionnaires.queries import answerer_of
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm, SignatureManner, WithoutMeeting
from wss_cases.pathways.common.models import EndReason, Pathway


@dataclass(frozen=True)
class Party:
    """One person of a case."""

    id: int
    role: PersonRole
    pupil: Pupil | None

    @property
    def was_harmed(self) -> bool:
        """Whether harm was done to this person, whatever else they did."""
        return self.role in (PersonRole.HARMED, PersonRole.BOTH)

    @property
    def caused_harm(self) -> bool:
        """Whether this person is reported to have caused harm."""
        return self.role in (PersonRole.CAUSED_HARM, PersonRole.BOTH)


@dataclass
class Work:
    """A case. `story` says what is to be seen of it today, `kept` whether each agreement was kept."""

    world: World
    place: Place
    story: str
    id: int
    lead: Person
    people: list[Party]
    kept: list[bool] = field(default_factory=list)

    def calls(self, now: datetime) -> Invocation:
        """The call that the lead makes of an act."""
        return self.world.calls(self.lead, now)


@dataclass(frozen=True)
class Path:
    """One pathway of a case; `owner` is the person it is for, where it is for one."""

    work: Work
    id: int
    family: str
    kind: str
    for_whom: str
    owner: Party | None

    @property
    def pupil(self) -> Pupil | None:
        """The student the pathway is for."""
        return self.owner.pupil if self.owner else None


PROMISES = (
    "Repairs what was broken, together with the engineer.",
    "Writes a letter and reads it out.",
    "Helps in the library on two afternoons.",
    "Meets the counselor once a week for a month.",
)
WITH_AGREEMENT, APART = (True, True, False, True, True, True), (True, False)
"""Whether a circle makes an agreement, and whether it ends without a second meeting."""


def circle(path: Path, now: datetime) -> Steps:
    """Prepare a circle and hold it; then an agreement, kept or not, and a meeting about that."""
    work, world, calendar = path.work, path.work.world, path.work.world.calendar
    invited = parties(path.for_whom, path.owner.id if path.owner else None, work.people)
    add_keeper(work.calls(now), path.id, keeper=work.lead.id)
    now = yield from _prepare(path, invited, now)
    if unmet(circle_of(db.session.get_one(Pathway, path.id)).requirements_on(world.day(now))):
        end_early(work.calls(now), path.id, EndReason.NOT_SUITABLE, "")
        return
    now = yield calendar.soon(now, 10)
    now = yield from _meet(path, invited, now, 1 + work.place.rng.randrange(3))
    world.circles[work.id] = "held"
    now = yield from _ask_afterwards(path, invited, now)
    if not any(party.caused_harm for party in invited) or not work.place.take(WITH_AGREEMENT):
        now = yield calendar.in_days(now, 1, 900 + work.place.rng.randrange(60))
        complete_circle(work.calls(now), path.id, outcome=NO_AGREEMENT)
        return
    now, outcome = yield from _agree(path, invited, now)
    without = WithoutMeeting.APART if work.place.take(APART) else None
    if without is None:
        now = yield from _meet(path, invited, now, 0)
    now = yield calendar.soon(now, 15)
    complete_circle(work.calls(now), path.id, outcome=outcome, without_meeting=without)


def _prepare(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Offer support to whoever was harmed, ask everybody and their guardians, meet each alone, and screen.

    A circle for one person needs neither separate meetings nor the screen.
    """
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    for party in invited:
        if party.was_harmed:
            now = yield calendar.soon(now, 6)
            record_visit(work.calls(now), path.id, party.id, Visit(work.world.day(now), "in_person", support=True))
    for party in invited:
        now = yield calendar.soon(now, 25)
        guardian = states.GuardianAnswer.PAPER if party.pupil else None
        yes = Visit(work.world.day(now), "in_person", letter=True, answer=states.PartyAnswer.YES, guardian=guardian,
                    guardian_name=party.pupil.guardian if party.pupil else "")  # fmt: skip
        record_visit(work.calls(now), path.id, party.id, yes)
    if len(invited) < 2:
        return now
    for number, party in enumerate(invited):
        now = yield calendar.in_days(now, 1 - number % 2, 540 + rng.randrange(240))
        record_visit(work.calls(now), path.id, party.id, Visit(work.world.day(now), "in_person", pre_met=True))
        now = yield calendar.soon(now, 20)
        supporter = party.pupil.guardian if party.pupil and work.place.take((False, False, False, True)) else ""
        relation = states.SupporterRelation.GUARDIAN if supporter else None
        record_visit(work.calls(now), path.id, party.id, Visit(ready=True, supporter=supporter, relation=relation))
    now = yield calendar.soon(now, 15)
    record_screen(work.calls(now), path.id, states.ScreenAnswer.SAFE, work.world.day(now))
    return now


MINUTES = 60
HELD_OR_NOT = (
    *(MeetingState.HELD,) * 6, MeetingState.POSTPONED, *(MeetingState.HELD,) * 6, MeetingState.NO_SHOW
)  # fmt: skip


def _meet(path: Path, invited: list[Party], now: datetime, wait: int) -> Steps:
    """Plan a meeting so many school days ahead and say whether it was held, again and again until it was."""
    work, world = path.work, path.work.world
    while True:
        starts_at, room = _time(path, invited, now, wait)
        meeting = plan_meeting(
            work.calls(now), path.id, starts_at=starts_at, room=room, keeper_id=work.lead.id, minutes=MINUTES,
            anyway=True,
        )  # fmt: skip
        world.circles.setdefault(work.id, "planned")
        # of today's circles nobody has said yet whether they happened
        now = yield world.calendar.never if work.story == "circle" else starts_at + timedelta(minutes=MINUTES + 5)
        state = MeetingState.WALKED_OUT if work.story == "walked" else work.place.take(HELD_OR_NOT)
        came = {party.id: Presence.CAME for party in invited}
        if state in (MeetingState.NO_SHOW, MeetingState.WALKED_OUT):
            came[invited[-1].id] = Presence.ABSENT if state is MeetingState.NO_SHOW else Presence.LEFT_EARLY
        supporters = rows(states.CircleSupporter.id, where=states.CircleSupporter.pathway_id == path.id)
        attendance = Attendance(came, {row[0]: Presence.CAME for row in supporters}, {work.lead.id: Presence.CAME})
        answer_meeting(work.calls(now), meeting, state, attendance)
        if state is MeetingState.WALKED_OUT:
            yield world.calendar.never
        if state is MeetingState.HELD:
            return now
        now = yield world.calendar.in_days(now, 1, 9 * 60 + 10)
        wait = 1


FURTHEST = 10
"""Somebody who is removed is waited for so many school days."""


def _time(path: Path, invited: list[Party], now: datetime, wait: int) -> tuple[datetime, str]:
    work, days, today = path.work, path.work.world.calendar.school_days, path.work.world.calendar.due_today
    day = days.add(work.world.day(now), wait)
    for _number in range(FURTHEST):
        if all(party.pupil.is_there(day) for party in invited if party.pupil):
            break
        day = days.add(day, 1)
    earliest = moment(day, 540 + work.place.rng.randrange(240)) if wait else now + timedelta(minutes=30)
    if work.story == "circle":
        earliest = moment(today, (10 * 60, 13 * 60)[work.id % 2])
    elif work.story == "walked":
        earliest = moment(days.add(today, -1), 11 * 60)
    return work.place.book(days, earliest)


WORDS = (
    "I was nervous, but people let me finish.",
    "It was good that my aunt could come.",
    "Tuve tiempo para pensar lo que iba a decir.",
    "Next time please in the morning.",
)
NOTES_WRITTEN = (
    "Spoke about the week before and what each of them heard from others.",
    "Wishes to begin with a drawing. Water and a break after twenty minutes.",
    "Asked not to sit with their back to the door.",
)
BEST = (0, 0, 1, 0, 1, 2)
"""How far from the best value an answer is."""


ASKED_SINCE = timedelta(days=120)
"""The questionnaires began so long ago, or with this school year."""


def _ask_afterwards(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Ask every party after the meeting; most answer, the keeper answers and writes a note now and then."""
    work, world = path.work, path.work.world
    is_old = world.calendar.now - now > ASKED_SINCE
    if is_old and school_year(world.day(now)) != world.calendar.years[-1]:
        return now
    now = yield world.calendar.soon(now, 10)
    answerers = {f"party-{party.id}": answerer_of(party.role) for party in invited}
    keys = sorted(answerers)
    links = make_links(work.calls(now).actor, path.id, Occasion.AFTER_MEETING, keys, "", now)
    for key, link in zip(keys, links, strict=True):
        if work.place.take((True, True, False)):
            world.agenda.begin(_answer(path, link.questionnaire_id, answerers[key], now))
    if work.place.take((True, False, True)):
        now = yield world.calendar.soon(now, 10)
        answer_as_keeper(work.calls(now), path.id, Occasion.AFTER_MEETING, _values(path, Answerer.KEEPER), "")
        if world.calendar.now - now < timedelta(days=setting("NOTE_DAYS") - 1):
            now = yield world.calendar.soon(now, 5)
            write_note(work.calls(now), path.id, work.place.take(NOTES_WRITTEN))
    return now


def _answer(path: Path, number: int, who: Answerer, now: datetime) -> Steps:
    rng = path.work.place.rng
    now = yield path.work.world.calendar.in_days(now, rng.randrange(4), 540 + rng.randrange(420))
    answer(number, _values(path, who), path.work.place.take(WORDS) if number % 2 else "", now)


def _values(path: Path, who: Answerer) -> dict[str, int]:
    return {
        question.code: sorted(VALUES[question.scale], reverse=True)[path.work.place.take(BEST)]
        for question in QUESTIONS[who, Occasion.AFTER_MEETING]
    }


EVIDENCE = "The coordinator saw it or was told by both."
ENDS = (
    *(TermState.KEPT,) * 4, TermState.LATE, *(TermState.KEPT,) * 4, TermState.NOT_KEPT, *(TermState.KEPT,) * 4,
    TermState.CHANGED,
)  # fmt: skip
"""How a promise ends."""


def _agree(path: Path, invited: list[Party], now: datetime) -> Steps:
    """Agree on one or two promises of those who caused harm, sign, and mark each in the morning of its day."""
    work, rng, calendar = path.work, path.work.place.rng, path.work.world.calendar
    now = yield calendar.soon(now, 15)
    owners = [party.id for party in invited if party.caused_harm]
    drafts = [
        TermDraft(text, rng.choice(owners), calendar.school_days.add(work.world.day(now), rng.choice((3, 5, 10, 15))),
                  EVIDENCE)
        for text in rng.sample(PROMISES, work.place.take((1, 2)))
    ]  # fmt: skip
    make_agreement(work.calls(now), path.id, drafts)
    now = yield calendar.soon(now, 4)
    signers = [*(f"party-{party.id}" for party in invited), f"keeper-{work.lead.id}"]
    sign(work.calls(now), path.id, signers=signers, manner=SignatureManner.PAPER, signed_on=work.world.day(now))
    ends: list[str] = []
    term = AgreementTerm
    own = term.agreement_id.in_(select(Agreement.id).where(Agreement.pathway_id == path.id))
    columns = (term.id, term.due_on, term.owner_participant_id)
    while left := rows(*columns, where=own & (term.state == TermState.OPEN), order_by=term.due_on):
        number, due, owner = left[0]
        state, another = work.place.take(ENDS), {}
        if state is TermState.CHANGED and "changed" in ends:
            state = TermState.KEPT
        day = calendar.school_days.add(due, 2) if state is TermState.LATE else due
        now = yield calendar.on(day, 540 + rng.randrange(60), now)
        if state is TermState.CHANGED:
            another = {
                "text": "The same with the counselor present, because that felt safer.", "owner": owner,
                "due_on": calendar.school_days.add(work.world.day(now), 5), "evidence": EVIDENCE,
                "consented": [party.id for party in invited],
            }  # fmt: skip
        update_term(work.calls(now), number, state=state, **another)
        ends.append(state.value)
    outcome = outcome_of(ends)
    work.kept.append(outcome == "agreement_kept")
    return now, outcome
