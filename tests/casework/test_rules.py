"""The one next act, by situation."""

from datetime import date, timedelta

import pytest

from wss_cases.cases.states import CaseState
from wss_cases.casework.rules import (
    CircleItem,
    DutyItem,
    FollowUpItem,
    PathwayItem,
    Situation,
    next_act,
    pathway_act,
    why_stuck,
)
from wss_cases.casework.states import Act, Stuck
from wss_cases.pathways.common.states import PathwayState as P

TODAY = date(2026, 11, 24)
SOON, PAST = TODAY + timedelta(days=3), TODAY - timedelta(days=1)


def case(**changes):
    given = {"state": CaseState.IN_PROCESS, "today": TODAY, "has_lead": True, "review_on": SOON}
    return Situation(**(given | changes))


def circle(state=P.PREPARING, **changes):
    return PathwayItem(1, "circle", state, offered=True, circle=CircleItem(**changes))


def mentoring(state, **changes):
    return PathwayItem(2, "mentoring", state, **changes)


@pytest.mark.parametrize(
    ("pathway", "act"),
    [
        (mentoring(P.PROPOSED), Act.OFFER),
        (mentoring(P.PROPOSED, offered=True), Act.ACCEPT),
        (mentoring(P.PREPARING), Act.START),
        (mentoring(P.ACTIVE), Act.PLAN_STEP),
        (mentoring(P.ACTIVE, next_step_on=TODAY), Act.PLAN_STEP),
        (mentoring(P.ACTIVE, next_step_on=SOON), None),
        (mentoring(P.ACTIVE, next_step_on=SOON, expected_end=TODAY), Act.COMPLETE),
        (PathwayItem(3, "restorative_conversation", P.PROPOSED), Act.LOG_CONVERSATION),
        (circle(to_ask=7), Act.CONSENT),
        (circle(to_ask=7, refused=True), Act.DECLINE),
        (circle(liftable_hold="H2"), Act.LIFT_HOLD),
        (circle(liftable_hold="H2", to_ask=7), Act.CONSENT),
        (circle(standing_hold=True, to_ask=7), Act.END),
        (circle(), Act.PLAN_MEETING),
        (circle(waiting_meeting=4), None),
        (circle(waiting_meeting=4, meeting_begun=True), Act.ANSWER_MEETING),
        (circle(P.ACTIVE, was_held=True), Act.AGREEMENT),
        (circle(P.ACTIVE, was_held=True, has_agreement=True, open_terms=[(9, SOON)]), None),
        (
            circle(P.ACTIVE, was_held=True, has_agreement=True, open_terms=[(8, SOON), (9, PAST)]),
            Act.MARK_TERM,
        ),
        (circle(P.ACTIVE, was_held=True, has_agreement=True), Act.COMPLETE),
    ],
)
def test_a_pathway_asks_for_one_act(pathway, act):
    found = pathway_act(pathway, TODAY)
    assert (found.act if found else None) is act
    assert found is None or found.pathway_id == pathway.id


def test_the_term_that_is_due_first_is_marked_first():
    item = circle(P.ACTIVE, was_held=True, has_agreement=True, open_terms=[(8, TODAY), (9, PAST)])
    assert pathway_act(item, TODAY).object_id == 9


@pytest.mark.parametrize(
    ("changes", "act"),
    [
        ({"state": CaseState.CLOSED, "duties": [DutyItem(1, "x")]}, Act.REOPEN),
        ({"duties": [DutyItem(1, "x")], "has_lead": False}, Act.DUTY),
        (
            {
                "pathways": [circle(waiting_meeting=4, meeting_begun=True)],
                "follow_ups": [FollowUpItem(1, PAST)],
            },
            Act.ANSWER_MEETING,
        ),
        ({"follow_ups": [FollowUpItem(1, TODAY)], "has_lead": False}, Act.FOLLOW_UP),
        ({"has_lead": False, "pathways": [mentoring(P.PROPOSED)]}, Act.CHOOSE_LEAD),
        ({"pathways": [mentoring(P.PROPOSED)], "review_on": PAST}, Act.OFFER),
        ({"pathways": [mentoring(P.ACTIVE, next_step_on=SOON)], "review_on": TODAY}, Act.REVIEW),
        ({}, Act.ADD_PATHWAY),
        ({"pathways": [mentoring(P.DECLINED)]}, Act.CLOSE),
        ({"pathways": [mentoring(P.DECLINED)], "follow_ups": [FollowUpItem(1, SOON)]}, Act.WAIT),
    ],
)
def test_a_case_asks_for_one_act(changes, act):
    assert next_act(case(**changes)).act is act


def test_waiting_says_until_when():
    sooner = TODAY + timedelta(days=1)
    waiting = case(pathways=[mentoring(P.ACTIVE, next_step_on=sooner)], follow_ups=[FollowUpItem(1, SOON)])
    assert next_act(waiting).on == sooner


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
