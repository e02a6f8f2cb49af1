"""How pathways went, counted a second time with plain loops over rows made at random."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.roster import SchoolFactory, StudentFactory, make_calendar
from tests.outcomes.making import CLOSED, FIRST_DAY, TODAY
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.foundation.db import db
from wss_cases.outcomes.queries_pathways import FEWEST, PathwayFigures, figures_of_pathways
from wss_cases.outcomes.rules import Scope, scope_of
from wss_cases.pathways.circles.questionnaires.models import Questionnaire, QuestionnaireAnswer
from wss_cases.pathways.circles.questionnaires.states import Answerer, Occasion
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import Kind, PathwayState
from wss_cases.pathways.mentoring.models import MentoringPlan, MentoringSession
from wss_cases.pathways.mentoring.states import Cadence, Missed
from wss_cases.pathways.reengagement.models import ReengagementPlan
from wss_cases.pathways.referrals.models import Referral
from wss_cases.pathways.referrals.states import ReferralState
from wss_cases.roster.queries import school_days

YEAR_BEGINS = date(2026, 8, 1)
DAY = timedelta(days=1)


class Made:
    """Two schools whose pathways went well and badly, some of it in the year before."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        before = [YEAR_BEGINS + DAY * number for number in range((FIRST_DAY - YEAR_BEGINS).days)]
        make_calendar(date(2026, 1, 5), date(2027, 6, 30), closed={*CLOSED, *before})
        self.schools = [SchoolFactory(name="Alder High School"), SchoolFactory(name="Birch High School")]
        self.lead = make_user(Role.COORDINATOR, self.schools[0])
        for school in self.schools:
            for _ in range(25):
                for _ in range(3):
                    self._questionnaire(self._pathway(school, Kind.PEACE_CIRCLE))
                self._mentoring(self._pathway(school, Kind.ONE_TO_ONE))
                self._referral(self._pathway(school, Kind.ACADEMIC))
                self._return(self._pathway(school, Kind.REENTRY_CIRCLE))
        db.session.commit()

    def day(self) -> date:
        """A day of this school year or of the spring before."""
        return TODAY - DAY * self.random.randrange(0, 200)

    def _pathway(self, school: Any, kind: Kind) -> Any:
        case = CaseFactory(school_id=school.id)
        person = CaseParticipantFactory(case_id=case.id, student_id=StudentFactory(school_id=school.id).id)
        state = self.random.choice((PathwayState.PREPARING, PathwayState.ACTIVE, PathwayState.ENDED_EARLY))
        over = state is PathwayState.ENDED_EARLY
        return PathwayFactory(
            case_id=case.id,
            school_id=school.id,
            kind=kind.value,
            state=state,
            participant_id=person.id,
            started_on=None if state is PathwayState.PREPARING else date(2026, 9, 1),
            end_reason="no_contact" if over else "",
            ended_at=datetime(2026, 10, self.random.randrange(1, 30), 18, tzinfo=UTC) if over else None,
        )

    def _keys(self, pathway: Any) -> dict[str, int]:
        return {"pathway_id": pathway.id, "case_id": pathway.case_id, "school_id": pathway.school_id}

    def _questionnaire(self, pathway: Any) -> None:
        pick = self.random
        day = self.day()
        made_at = datetime(day.year, day.month, day.day, pick.choice((2, 18)), tzinfo=UTC)
        answered = pick.random() < 0.7
        row = Questionnaire(
            **self._keys(pathway),
            occasion=pick.choice(list(Occasion)),
            answerer=pick.choice((Answerer.HARMED, Answerer.HARMED, Answerer.CAUSED_HARM)),
            participant_id=pathway.participant_id,
            token_digest=f"{pick.getrandbits(160):x}",
            made_at=made_at,
            expires_at=made_at + DAY * 14,
            answered_at=made_at + DAY if answered else None,
            revoked_at=None if answered or pick.random() < 0.7 else made_at + DAY,
        )
        if answered:
            asked = [code for code, often in (("heard", 0.9), ("rare", 0.08)) if pick.random() < often]
            row.answers = [QuestionnaireAnswer(question=code, value=pick.randint(1, 5)) for code in asked]
        db.session.add(row)

    def _mentoring(self, pathway: Any) -> None:
        pick = self.random
        starts_on = self.day()
        rhythm = pick.choice((Cadence.WEEKLY, Cadence.DAILY, Cadence.BIWEEKLY, None))
        weeks = pick.choice((4, 10, None))
        db.session.add(
            MentoringPlan(
                **self._keys(pathway), goal="x", rhythm=rhythm, weeks=weeks, starts_on=starts_on, minutes=30
            )
        )
        for number in pick.sample(range(60), 6):
            held = pick.random() < 0.7
            db.session.add(
                MentoringSession(
                    **self._keys(pathway),
                    on_day=starts_on + DAY * number,
                    held=held,
                    minutes=30 if held else None,
                    missed=None if held else Missed.STUDENT_ABSENT,
                    logged_at=datetime(2026, 11, 1, tzinfo=UTC),
                )
            )

    def _referral(self, pathway: Any) -> None:
        pick = self.random
        sent_on = self.day()
        answered = sent_on + DAY * pick.randrange(0, 20) if pick.random() < 0.7 else None
        seen = answered + DAY * pick.randrange(0, 30) if answered and pick.random() < 0.6 else None
        state = (
            ReferralState.FIRST_SEEN if seen else ReferralState.ACCEPTED if answered else ReferralState.SENT
        )
        drafted = pick.random() < 0.2
        db.session.add(
            Referral(
                **self._keys(pathway),
                state=ReferralState.DRAFTED if drafted else state,
                sent_on=None if drafted else sent_on,
                answered_on=None if drafted else answered,
                first_service_on=None if drafted else seen,
            )
        )

    def _return(self, pathway: Any) -> None:
        pick = self.random
        returned = self.day() if pick.random() < 0.8 else None
        day = (returned or TODAY) + DAY * pick.randrange(-14, 14)
        held = pick.random() < 0.7
        db.session.add(
            ReengagementPlan(
                **self._keys(pathway),
                return_on=returned or TODAY,
                returned_on=returned,
                meeting_at=datetime(day.year, day.month, day.day, 15, tzinfo=UTC) if held else None,
                meeting_held_on=day if held else None,
            )
        )


Counted = tuple[int | None, Scope, PathwayFigures]


@pytest.fixture(params=[None, 1])
def counted(request: pytest.FixtureRequest, session: Any) -> Counted:
    """The district, then one school."""
    made = Made(seed=11)
    school_id = None if request.param is None else made.schools[request.param].id
    scope = scope_of(school_id, "2026-27", TODAY)
    assert scope is not None
    return school_id, scope, figures_of_pathways(SYSTEM, scope, school_days(school_id))


def rows(model: Any, school_id: int | None) -> list[Any]:
    every = db.session.execute(db.select(model.__table__)).all()
    return [row for row in every if school_id in (None, row.school_id)]


def is_school_day(day: date) -> bool:
    return day.weekday() < 5 and day not in CLOSED and not YEAR_BEGINS <= day < FIRST_DAY


def between(start: date, end: date) -> int:
    """Count school days after one date up to another, one day at a time; negative backwards."""
    if end < start:
        return -between(end, start)
    return sum(is_school_day(start + DAY * number) for number in range(1, (end - start).days + 1))


def test_what_people_harmed_say(counted: Counted) -> None:
    school_id, _scope, figures = counted
    asked = [
        row
        for row in rows(Questionnaire, school_id)
        if row.answerer is Answerer.HARMED
        and row.revoked_at is None
        # five or six hours behind UTC: what was made at 2 in the morning was made the day before
        and YEAR_BEGINS <= (row.made_at - timedelta(hours=5)).date() <= TODAY
    ]
    ids = {row.id for row in asked}
    answers = [
        row
        for row in db.session.execute(db.select(QuestionnaireAnswer.__table__))
        if row.questionnaire_id in ids
    ]
    said = figures.said
    assert (said.asked, said.answered) == (len(asked), sum(row.answered_at is not None for row in asked))
    for code in ("heard", "rare"):
        values = [row.value for row in answers if row.question == code]
        if len(values) < FEWEST:
            assert code not in said.questions
        else:
            share = said.questions[code]
            assert (share.part, share.whole) == (sum(value > 3 for value in values), len(values))
    assert "heard" in said.questions and "rare" not in said.questions


def test_mentoring_delivered(counted: Counted) -> None:
    school_id, _scope, figures = counted
    pathways = {row.id: row for row in rows(Pathway, school_id)}
    plans = {row.pathway_id: row for row in rows(MentoringPlan, school_id)}
    planned = held = 0
    for plan in plans.values():
        pathway = pathways[plan.pathway_id]
        if pathway.started_on is None or plan.rhythm is None:
            continue
        step = {Cadence.DAILY: 1, Cadence.WEEKLY: 7, Cadence.BIWEEKLY: 14}[plan.rhythm]
        last = TODAY - DAY
        if plan.weeks is not None:
            last = min(last, plan.starts_on + timedelta(weeks=plan.weeks) - DAY)
        if pathway.ended_at is not None:
            last = min(last, (pathway.ended_at - timedelta(hours=5)).date())
        first = plan.starts_on
        while first <= last:
            # the one session of a period is due on its last school day
            period = [first + DAY * number for number in range(step)]
            due = [day for day in period if is_school_day(day)][-1:]
            planned += sum(YEAR_BEGINS <= day <= last for day in due)
            first += DAY * step
        if plan.starts_on > TODAY - DAY:
            continue
        held += sum(
            row.held and YEAR_BEGINS <= row.on_day < TODAY
            for row in rows(MentoringSession, school_id)
            if row.pathway_id == plan.pathway_id
        )
    assert (figures.dose.part, figures.dose.whole) == (held, planned)
    assert held > 5 and planned > 20


def test_referrals(counted: Counted) -> None:
    school_id, _scope, figures = counted
    sent = [row for row in rows(Referral, school_id) if row.sent_on and YEAR_BEGINS <= row.sent_on <= TODAY]
    for waits, column in ((figures.answers, "answered_on"), (figures.services, "first_service_on")):
        over = [between(row.sent_on, getattr(row, column)) for row in sent if getattr(row, column)]
        assert (waits.over, waits.of) == (len(over), len(sent))
        assert waits.median == median(over)
    assert figures.services.over < figures.answers.over < len(sent)


def test_returns(counted: Counted) -> None:
    school_id, _scope, figures = counted
    back = [
        row
        for row in rows(ReengagementPlan, school_id)
        if row.returned_on and YEAR_BEGINS <= row.returned_on <= TODAY
    ]
    near = [
        row for row in back if row.meeting_held_on and abs(between(row.returned_on, row.meeting_held_on)) <= 5
    ]
    assert (figures.returns.part, figures.returns.whole) == (len(near), len(back))
    assert 0 < len(near) < len(back)


def test_nothing_is_nothing(session: Any) -> None:
    scope = scope_of(None, "2026-27", TODAY)
    assert scope is not None
    figures = figures_of_pathways(SYSTEM, scope, school_days(None))
    assert (figures.dose.percent, figures.returns.percent, figures.answers.median) == (None, None, None)
    assert (figures.said.asked, figures.said.questions) == (0, {})
