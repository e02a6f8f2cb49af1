"""Pathways that went well and badly: questionnaires, mentoring, referrals, returns."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.factories.base import one_commit
from tests.factories.cases import CaseFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.roster import StudentFactory
from tests.outcomes.making.small_district import TODAY
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.questionnaires.models import Answerer, Occasion, Questionnaire, QuestionnaireAnswer
from wss_cases.pathways.common.models import PathwayState
from wss_cases.pathways.mentoring.plan.models import Cadence, MentoringPlan, MentoringSession, Missed
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.pathways.referrals.referral.models import Referral, ReferralState
from wss_cases.routing.engine.vocabulary import Kind

DAY = timedelta(days=1)


class Pathways:
    """Pathways of schools that went well and badly, `each` of every kind, some of it in the year before."""

    def __init__(self, pick: random.Random, schools: Sequence[Any], each: int = 25) -> None:
        self.random = pick
        with one_commit():
            for school in schools:
                for _ in range(each):
                    for _ in range(3):
                        self._questionnaire(self._pathway(school, Kind.PEACE_CIRCLE))
                    self._mentoring(self._pathway(school, Kind.ONE_TO_ONE))
                    self._referral(self._pathway(school, Kind.ACADEMIC))
                    self._return(self._pathway(school, Kind.REENTRY_CIRCLE))

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
            asked = [code for code, often in (("heard", 0.9), ("again", 0.08)) if pick.random() < often]
            row.answers = [QuestionnaireAnswer(question=code, value=pick.randint(1, 5)) for code in asked]
        db.session.add(row)

    def _mentoring(self, pathway: Any) -> None:
        pick = self.random
        starts_on = self.day()
        rhythm = pick.choice((*Cadence, None))
        weeks = pick.choice((4, 10, None))
        db.session.add(
            MentoringPlan(**self._keys(pathway), goal="x", rhythm=rhythm, weeks=weeks, starts_on=starts_on, minutes=30)
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
        state = ReferralState.FIRST_SEEN if seen else ReferralState.ACCEPTED if answered else ReferralState.SENT
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
