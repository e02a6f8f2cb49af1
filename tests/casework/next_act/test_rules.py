"""The one next act, by situation."""

from datetime import date, timedelta
from typing import Any

import pytest

from wss_cases.cases.case.models import CaseState
from wss_cases.casework.case_file import duty_words
from wss_cases.casework.next_act import (
    Act,
    DutyItem,
    FollowUpItem,
    Next,
    PathwayItem,
    Situation,
    Stuck,
    next_act,
    what_words,
    why_stuck,
)
from wss_cases.pathways.common.models import PathwayState as P
from wss_cases.pathways.common.models import Step
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS

TODAY = date(2026, 11, 24)
SOON, PAST = TODAY + timedelta(days=3), TODAY - timedelta(days=1)


def case(**changes):
    given = {"state": CaseState.IN_PROCESS, "today": TODAY, "has_lead": True, "review_on": SOON}
    return Situation(**(given | changes))


def pathway(code, state=P.ACTIVE, number=1, **changes):
    return PathwayItem(number, state, Step(code, code, "pathway_acts.plan", {}, **changes))


@pytest.mark.parametrize(
    ("changes", "act"),
    [
        ({"state": CaseState.CLOSED, "duties": [DutyItem(1, "x")]}, Act.REOPEN),
        ({"duties": [DutyItem(1, "x")], "has_lead": False}, Act.DUTY),
        (
            {
                "pathways": [pathway("plan"), pathway("answer_meeting", number=2, urgent=True)],
                "follow_ups": [FollowUpItem(1, PAST)],
            },
            "answer_meeting",
        ),
        ({"follow_ups": [FollowUpItem(1, TODAY)], "has_lead": False}, Act.FOLLOW_UP),
        ({"has_lead": False, "pathways": [pathway("offer", P.PROPOSED)]}, Act.CHOOSE_LEAD),
        ({"state": CaseState.INTAKE, "pathways": [PathwayItem(1, P.COMPLETED)]}, Act.ADD_PATHWAY),
        ({"pathways": [pathway("offer", P.PROPOSED)], "review_on": PAST}, "offer"),
        ({"pathways": [pathway("wait", on=SOON, waits=True)], "review_on": TODAY}, Act.REVIEW),
        ({}, Act.ADD_PATHWAY),
        ({"pathways": [PathwayItem(1, P.DECLINED)]}, Act.CLOSE),
        ({"pathways": [PathwayItem(1, P.DECLINED)], "follow_ups": [FollowUpItem(1, SOON)]}, Act.WAIT),
    ],
)
def test_a_case_asks_for_one_act(changes, act):
    found = next_act(case(**changes))
    assert (found.step.code if found.step else found.act) == act
    assert found.step is None or found.act is Act.STEP


def test_among_the_steps_of_pathways_the_one_that_was_due_first_comes_first():
    found = next_act(case(pathways=[pathway("offer"), pathway("mark_term", number=2, on=PAST)]))
    assert (found.step.code, found.pathway_id, found.on) == ("mark_term", 2, PAST)


def test_waiting_says_until_when():
    sooner = TODAY + timedelta(days=1)
    waiting = case(pathways=[pathway("wait", on=sooner, waits=True)], follow_ups=[FollowUpItem(1, SOON)])
    assert next_act(waiting).on == sooner
    left_by_others = FollowUpItem(2, PAST, of_others=True)
    waits = next_act(case(pathways=waiting.pathways, follow_ups=[left_by_others]))
    assert (waits.on, waits.others_due) == (sooner, True), "no day that is past, and not that nothing at all is due"
    assert not next_act(waiting).others_due


def test_every_duty_of_the_table_is_named(session: Any) -> None:
    """One that the rules never raise (a questioning) stood on the case as a bare code, and as nothing on its button."""
    for code, words in DUTY_LABELS.items():
        assert what_words(Next(Act.DUTY, 1, what=code)) == duty_words(code) == str(words)


def test_the_oldest_follow_up_comes_first():
    items = [FollowUpItem(1, TODAY), FollowUpItem(2, PAST)]
    assert next_act(case(follow_ups=items)).object_id == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((CaseState.CLOSED, TODAY, None, False, 3, 0), None),
        ((CaseState.INTAKE, TODAY, PAST, False, 0, 0), Stuck.LEAD),
        ((CaseState.INTAKE, TODAY, PAST, True, 0, 1), Stuck.REVIEW),
        ((CaseState.INTAKE, TODAY, TODAY, True, 1, 1), Stuck.FOLLOW_UPS),
        ((CaseState.INTAKE, TODAY, SOON, True, 0, 0), Stuck.PATHWAY),
        ((CaseState.MONITORING, TODAY, SOON, True, 0, 0), None),
        ((CaseState.IN_PROCESS, TODAY, SOON, True, 0, 1), None),
    ],
)
def test_why_a_case_is_stuck(arguments, why):
    assert why_stuck(*arguments) is why
