"""The next act of a pathway by its common life."""

from datetime import date, timedelta

import pytest

from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.next_steps import common_step
from wss_cases.pathways.common.states import PathwayState as P

TODAY = date(2026, 11, 24)
SOON = TODAY + timedelta(days=3)


@pytest.mark.parametrize(
    ("state", "values", "code"),
    [
        (P.PROPOSED, {}, "offer"),
        (P.PROPOSED, {"offered_on": TODAY}, "accept"),
        (P.PREPARING, {}, "start"),
        (P.ACTIVE, {}, "plan_step"),
        (P.ACTIVE, {"next_step_on": TODAY}, "plan_step"),
        (P.ACTIVE, {"next_step_on": SOON}, "wait"),
        (P.ACTIVE, {"next_step_on": SOON, "expected_end": TODAY}, "complete"),
        (P.DECLINED, {}, None),
    ],
)
def test_a_pathway_asks_for_one_act(state, values, code):
    step = common_step(Pathway(id=1, case_id=2, state=state, **values), TODAY)
    assert (step.code if step else None) == code
    assert step is None or step.waits is (code == "wait")
