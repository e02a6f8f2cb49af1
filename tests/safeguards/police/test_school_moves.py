"""A school moves to another network: what waits for a second approval there goes to whoever gives it there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.safeguards.police.test_review import NOW, Scene, answer, mails, scene, state
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation.errors import NotFound
from wss_cases.roster.networks import NONE, move_school
from wss_cases.safeguards.police.review.models import PoliceReview, ReviewState
from wss_cases.safeguards.police.review.pages import answer_first, answer_second
from wss_cases.safeguards.police.settings import set_approver

__all__ = ["scene"]


def test_what_waits_goes_to_the_new_network_and_stays_where_nobody_approves(scene: Scene, session: Any) -> None:
    for network in ("Network 5", "Network 6"):
        SchoolFactory(network=network)
    new = make_user(Role.DISTRICT)
    set_approver(Invocation(acting(scene.district), NOW), "Network 5", new.id, None, 2)
    waits = scene.ask()
    answer_first(Invocation(acting(scene.head), NOW), waits, **answer(True))
    move_school(Invocation(acting(scene.district), NOW), scene.school.id, network="Network 6")
    review = session.get(PoliceReview, waits, populate_existing=True)
    assert (review.approver_id, review.deputy_id) == (scene.district.id, scene.deputy.id), "nobody approves there"
    move_school(Invocation(acting(scene.district), NOW), scene.school.id, network="Network 5")
    review = session.get(PoliceReview, waits, populate_existing=True)
    assert (review.approver_id, review.deputy_id) == (new.id, None)
    assert new.id in mails(session, "police.second"), "and hears of it"
    with pytest.raises(NotFound):
        answer_second(Invocation(acting(scene.deputy), NOW), waits, **answer(True))
    answer_second(Invocation(acting(new), NOW), waits, **answer(True))
    assert state(session, waits) is ReviewState.ALLOWED
    move_school(Invocation(acting(scene.district), NOW), scene.school.id, network=NONE)
    review = session.get(PoliceReview, waits, populate_existing=True)
    assert review.approver_id == new.id, "what is decided stays with whoever decided it"
