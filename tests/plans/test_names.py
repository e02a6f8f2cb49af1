"""Every text of a plan, its votes, surveys and money is searched for students' names before it is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.plan_money import FundingFactory, ResourceEntryFactory, make_resource, make_strategy
from tests.factories.plans import SchoolMeetingFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.plans.voices.making import cast
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.plans.baselines.pages import enter_survey
from wss_cases.plans.money.funding.models import FundingSource
from wss_cases.plans.money.funding.pages import Given, add_funding, ask_change, settle_change
from wss_cases.plans.money.resources.models import ResourceKind
from wss_cases.plans.money.resources.pages import Needed, add_entry, add_resource, change_resource, correct_entry
from wss_cases.plans.voices.votes import VotingBody, correct_vote, record_vote

NAMED = "Zenobia asked for it"
TITLE = Needed(ResourceKind.TRAINING, NAMED, 100)


class Scene:
    """A school with a student called Zenobia, a plan in force, and its money."""

    def __init__(self) -> None:
        self.school = SchoolFactory()
        self.head, self.district = make_user(Role.ADMINISTRATOR, self.school), make_user(Role.DISTRICT)
        StudentFactory(school=self.school, given_name="Zenobia")
        self.strategy = make_strategy(self.school, self.head)
        self.resource = make_resource(self.strategy)
        self.entry = ResourceEntryFactory(school_id=self.school.id, resource_id=self.resource.id)
        line = {"source": FundingSource.FORMER_POLICE, "school_year": "2025-26"}
        self.line = FundingFactory(school_id=self.school.id, **line)
        meeting = SchoolMeetingFactory(school_id=self.school.id)
        vote = {"plan": self.strategy.plan_id, "body": VotingBody.STUDENTS, **cast(7, 0, 0, 7)}
        self.vote_id = record_vote(self.by(self.head), meeting.id, **vote)

    def by(self, who: Any) -> Invocation:
        return Invocation(acting(who), clock.now())

    def settle(self, anyway: bool) -> int:
        """Answer a change that the district asked for."""
        asked = ask_change(self.by(self.district), self.line.id, amount="0.01", reason="A reason")
        return settle_change(self.by(self.head), asked, agrees="no", answer=NAMED, anyway=anyway)


PAID = {"kind": "spent", "amount": "0.01", "on_day": date(2026, 11, 2)}
ACTS: dict[str, Callable[[Scene, bool], int]] = {
    "vote": lambda it, ok: correct_vote(it.by(it.head), it.vote_id, **cast(6, 1, 0, 7), reason=NAMED, anyway=ok),
    "survey": lambda it, ok: enter_survey(
        it.by(it.head), it.strategy.plan_id, instrument=NAMED, scale="Trust", value=5, year="2026-27", anyway=ok
    ),
    "scale": lambda it, ok: enter_survey(
        it.by(it.head), it.strategy.plan_id, instrument="Survey", scale=NAMED, value=5, year="2026-27", anyway=ok
    ),
    "funding": lambda it, ok: add_funding(
        it.by(it.district), it.school.id, Given("2026-27", FundingSource.GRANT, 1, None, NAMED), ok
    ),
    "change": lambda it, ok: ask_change(it.by(it.district), it.line.id, amount="0.01", reason=NAMED, anyway=ok),
    "answer": lambda it, ok: it.settle(ok),
    "resource": lambda it, ok: add_resource(it.by(it.head), it.strategy.id, TITLE, ok),
    "title": lambda it, ok: change_resource(it.by(it.head), it.resource.id, TITLE, ok),
    "entry": lambda it, ok: add_entry(it.by(it.head), it.resource.id, **PAID, note=NAMED, anyway=ok),
    "correction": lambda it, ok: correct_entry(it.by(it.head), it.entry.id, **PAID, reason=NAMED, anyway=ok),
}


@pytest.mark.parametrize("act", list(ACTS))
def test_a_name_is_asked_about_and_kept_once_it_is_confirmed(session: Any, at: Any, act: str) -> None:
    at("2026-11-24 10:00")
    scene = Scene()
    with pytest.raises(Refused, match="may name a student: Zenobia") as refused:
        ACTS[act](scene, False)
    assert refused.value.field == "anyway"
    if act == "answer":  # what was asked waits still, and is answered now
        scene.line = FundingFactory(
            school_id=scene.school.id, source=FundingSource.FORMER_POLICE, school_year="2024-25"
        )
    assert ACTS[act](scene, True)
