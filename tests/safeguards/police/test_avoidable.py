"""What no law asked for after all counts as avoidable: two people find it out later, or the second review does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.safeguards.police.test_review import NOW, Scene
from tests.safeguards.police.test_second_person import DANGER, by_hand, call, found
from wss_cases.foundation.db import db
from wss_cases.outcomes.counting.repair.police import Police, police
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.safeguards.duties.duty.models import DutyState, LegalDuty
from wss_cases.safeguards.duties.duty.pages import take_second_review
from wss_cases.safeguards.duties.duty.queries import steps_of
from wss_cases.safeguards.duties.pages import SCHOOL_ACTS
from wss_cases.safeguards.police.asking import call_first
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.models import NotificationGround
from wss_cases.safeguards.police.second_person import review_afterwards, second
from wss_cases.workday.my_day.queries import waiting_for


@pytest.fixture
def scene(session: Any, at: Callable[..., datetime]) -> Scene:
    at("2026-11-24 11:00")
    return Scene()


def counted(scene: Scene) -> tuple[int, int, int]:
    """How many were made, were avoidable, and were emergencies that nobody confirmed."""
    made = made_at(scene)
    return made.instances, made.avoidable, made.unconfirmed


def made_at(scene: Scene) -> Police:
    """The notifications of the scene's school this year, as counted."""
    year = Scope(scene.school.id, "2026-27", date(2026, 8, 1), date(2026, 11, 24), date(2026, 11, 24))
    return police(acting(scene.head), year)


def test_a_duty_that_was_carried_out_and_did_not_apply_makes_its_notification_avoidable(
    scene: Scene, session: Any, client_as: Callable[[Any], Any]
) -> None:
    review_id = by_hand(scene)
    second(call(scene.head), review_id, verified="yes", reason="I read the complaint.")
    duty = db.session.get_one(LegalDuty, found(review_id).duty_id)
    steps = tuple(row.step.id for row in steps_of(duty))
    record_notification(call(scene.dean), review_id, **scene.told(step_ids=steps))
    duty = fresh(duty)
    assert duty.state is DutyState.DISCHARGED
    assert counted(scene) == (1, 0, 0)
    dean, head, page = client_as(scene.dean), client_as(scene.head), f"/duties/{duty.id}"
    assert "Not applicable" in dean.page(page).text
    assert "counts as avoidable" in dean.page(f"{page}/not-applicable").text
    assert dean.submit(f"{page}/not-applicable", {"reason": "A lesson was disrupted, no more."}).status_code == 303
    assert counted(scene) == (1, 0, 0), "not by one person's word"
    assert waiting_for(acting(scene.head), date(2026, 11, 23)).second_looks == 1 and page in head.get("/duties").text
    agree = {"csrf_token": head.csrf_token(page), "agrees": "1", "version": str(fresh(duty).version)}
    assert head.post(f"{page}/second-look", data=agree).status_code == 303
    duty = fresh(duty)
    assert duty.state is DutyState.NOT_APPLICABLE and "no more." in duty.what_was_done
    assert duty.told_whom and counted(scene) == (1, 1, 0), "what was done stays on record"
    assert not waiting_for(acting(scene.head), date(2026, 11, 23)).second_looks


@pytest.mark.parametrize(("confirms", "avoidable"), [(True, 0), (False, 1)])
def test_what_nobody_seconded_and_the_review_did_not_confirm_was_avoidable(
    scene: Scene, confirms: bool, avoidable: int
) -> None:
    review_id, later, answer = by_hand(scene), NOW + timedelta(minutes=15), "yes" if confirms else "no"
    record_notification(call(scene.dean, later), review_id, **scene.told())
    review_afterwards(call(scene.head, later), review_id, confirms=answer, reason="I asked the teacher.")
    assert counted(scene) == (1, avoidable, 0)


@pytest.mark.parametrize("confirms", [True, False])
def test_an_emergency_that_nobody_confirmed_stands_on_a_line_of_its_own(scene: Scene, confirms: bool) -> None:
    review_id, answer = call_first(call(scene.dean), scene.incident.id, called_at=NOW), "yes" if confirms else "no"
    record_notification(call(scene.dean), review_id, **scene.told(danger=DANGER))
    review_afterwards(call(scene.head), review_id, confirms=answer, reason="I asked the teacher.")
    assert counted(scene) == (1, 0, 0 if confirms else 1)


@pytest.mark.parametrize("later", ["not confirmed", "duty found not to apply", "confirmed"])
def test_a_gun_that_was_none_after_all_has_a_line_of_its_own_and_is_never_avoidable(scene: Scene, later: str) -> None:
    review_id = by_hand(scene, "firearm_or_gun_threat")
    record_notification(call(scene.dean), review_id, **scene.told())
    made = made_at(scene)
    assert (made.instances, made.law_unconfirmed, made.by_door[NotificationGround.REQUIRED_BY_LAW]) == (1, 0, 1)
    review_afterwards(
        call(scene.head), review_id, confirms="no" if later == "not confirmed" else "yes", reason="It was a toy."
    )
    if later == "duty found not to apply":
        duty_id = found(review_id).duty_id or 0
        SCHOOL_ACTS["not_applicable"](call(scene.dean), duty_id, reason="It was a toy.")
        take_second_review(call(scene.head), duty_id, agrees=True)
    made, own_line = made_at(scene), int(later != "confirmed")
    assert (made.instances, made.avoidable, made.law_unconfirmed) == (1, 0, own_line)
    assert made.by_door[NotificationGround.REQUIRED_BY_LAW] == 1 - own_line


def test_what_was_not_confirmed_stands_beside_the_avoidable_and_names_no_caller(
    scene: Scene, client_as: Callable[[Any], Any]
) -> None:
    for review_id in (
        by_hand(scene, "firearm_or_gun_threat"),
        call_first(call(scene.dean), scene.incident.id, called_at=NOW),
    ):
        record_notification(call(scene.dean), review_id, **scene.told(danger=DANGER))
        review_afterwards(call(scene.head), review_id, confirms="no", reason="It was a toy.")
    head = client_as(scene.head)
    assert "Not confirmed, separate: 1 emergency, 1 required by law" in head.page("/outcomes").text
    page = head.page("/outcomes/removals")
    assert "Police notification: emergency not confirmed" in page.text
    assert "Police notification: required by law, not confirmed (firearm or gun threat)" in page.text
    for choice in ("emergency_not_confirmed", "required_by_law_not_confirmed"):
        behind = head.page(f"/outcomes/behind/notifications?choice={choice}").text
        assert scene.incident.reference in behind and scene.dean.name not in behind, choice
