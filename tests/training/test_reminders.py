"""Who must take or renew a training is told until it is done, and so is the administrator; then it is quiet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tests.factories.accounts import RoleGrantFactory, acting
from tests.factories.cases import CaseFactory
from tests.factories.followups import FollowUpFactory
from tests.training.conftest import NOW, TODAY, Scene
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseState
from wss_cases.foundation.db import db
from wss_cases.journal.message_kinds import kinds
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.training.records.pages import end_training, take_back
from wss_cases.training.requirements.pages import end_requirement
from wss_cases.workday.my_day.queries import waiting_for
from wss_cases.workday.sweep import sweep

TUESDAY = datetime(2026, 12, 1, 15, tzinfo=UTC)


def told(scene: Scene, day: date = TODAY) -> dict[str, tuple[int, int]]:
    """Return what My day says to each: trainings of their own, and of the school that they administer."""
    people = {"teacher": scene.teacher, "head": scene.head, "stranger": scene.stranger, "district": scene.district}
    found = {name: waiting_for(acting(user), day) for name, user in people.items()}
    return {name: (one.own_trainings, one.school_trainings) for name, one in found.items()}


def queued() -> Counter[int]:
    """How many morning mails are queued for whom."""
    return Counter(db.session.scalars(select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "digest")))


def digests() -> set[int]:
    """Whose morning mail is queued."""
    return set(queued())


def test_one_is_told_while_a_training_is_missing_due_or_lapsed_and_no_longer(scene: Scene) -> None:
    scene.require_people(Role.REPORTER, 12)
    nothing, missing = {"stranger": (0, 0), "district": (0, 0)}, {"teacher": (1, 0), "head": (0, 1)}
    assert told(scene) == missing | nothing
    number = scene.record(scene.teacher, on=date(2026, 9, 1))
    quiet = {"teacher": (0, 0), "head": (0, 0)} | nothing
    assert told(scene) == quiet
    assert told(scene, date(2027, 7, 2)) == quiet, "61 days before it is due"
    for day in (date(2027, 7, 3), date(2027, 9, 2), date(2031, 1, 1)):
        assert told(scene, day) == missing | nothing, f"due, lapsed, and never fading: {day}"
    end_training(scene.call(scene.head), number, valid_until=TODAY)
    assert told(scene) == missing | nothing, "it ends today"
    take_back(scene.call(scene.head), number, reason="The wrong Tom")
    assert told(scene) == missing | nothing


def test_a_requirement_that_ended_and_a_role_that_one_does_not_hold_ask_for_nothing(scene: Scene) -> None:
    number = scene.require_people(Role.COORDINATOR)
    assert told(scene)["teacher"] == (0, 0) and told(scene)["head"] == (0, 1)
    end_requirement(scene.call(scene.district), number, ends_on=TODAY)
    assert told(scene, date(2026, 11, 25))["head"] == (0, 0)


def test_a_minimum_is_told_to_the_administrator_of_each_school_that_does_not_meet_it(scene: Scene) -> None:
    scene.require_minimum(1)
    scene.record(scene.coordinator, "circle_keeping")
    assert told(scene)["head"] == (0, 0) and told(scene)["stranger"] == (0, 1)


@pytest.mark.both_databases
def test_the_first_digest_of_a_week_says_it_until_it_is_done(scene: Scene, at: Callable[..., Any]) -> None:
    scene.require_people(Role.REPORTER, 12)
    at("2026-12-01 09:00")
    sweep(TUESDAY)
    assert digests() == set(), "once a week, on its first school day"
    at("2026-12-07 09:00")
    said = sweep(datetime(2026, 12, 7, 15, tzinfo=UTC), dry_run=True)
    assert sweep(datetime(2026, 12, 7, 15, tzinfo=UTC)) == said
    assert digests() == {scene.teacher.id, scene.head.id}
    db.session.execute(delete(OutboxMessage))
    db.session.commit()
    scene.record(scene.teacher, on=date(2026, 11, 1))
    at("2026-12-14 09:00")
    sweep(datetime(2026, 12, 14, 15, tzinfo=UTC))
    assert digests() == set()


def test_where_the_first_morning_of_a_week_was_missed_the_next_one_says_it_until_it_is_sent(
    scene: Scene, at: Callable[..., Any]
) -> None:
    scene.require_people(Role.REPORTER, 12)

    def said() -> str | None:
        message = OutboxMessage(kind="digest", recipient_id=scene.teacher.id, school_id=scene.school.id)
        mail = kinds()["digest"].says(message, acting(scene.teacher))
        return mail and mail.subject

    at("2026-11-24 09:00")
    sweep(NOW)
    assert digests() == set()
    at("2026-12-01 09:00")  # nothing ran on Monday
    sweep(TUESDAY)
    assert digests() == {scene.teacher.id, scene.head.id} and said() == "1 waiting for you"
    at("2026-12-02 09:00")  # no mail server answered on Tuesday
    sweep(datetime(2026, 12, 2, 15, tzinfo=UTC))
    both = Counter({scene.teacher.id: 2, scene.head.id: 2})
    assert queued() == both and said() == "1 waiting for you"
    late = OutboxMessage.dedupe_key.endswith("2026-12-02")
    db.session.execute(update(OutboxMessage).where(late).values(state=OutboxState.SENT, sent_at=TUESDAY))
    db.session.commit()
    at("2026-12-03 09:00")
    sweep(datetime(2026, 12, 3, 15, tzinfo=UTC))
    assert queued() == both and said() is None


def test_a_digest_of_another_morning_says_what_is_due_there_and_no_training(
    scene: Scene, at: Callable[..., Any]
) -> None:
    scene.require_people(Role.COORDINATOR)
    owner, school_id = scene.coordinator.id, scene.school.id
    case = CaseFactory(school_id=school_id, lead_id=owner, state=CaseState.IN_PROCESS)
    FollowUpFactory(school_id=school_id, case_id=case.id, owner_id=owner, due_on=date(2026, 11, 20))

    def said(user: Any) -> str | None:
        message = OutboxMessage(kind="digest", recipient_id=user.id, school_id=scene.school.id)
        mail = kinds()["digest"].says(message, acting(user))
        return mail and mail.subject

    at("2026-12-07 09:00")
    assert said(scene.coordinator) == "1 overdue, 1 waiting for you" and said(scene.head) == "1 waiting for you"
    at("2026-12-08 09:00")
    assert said(scene.coordinator) == "1 overdue" and said(scene.head) is None


def test_my_day_leads_to_the_school_that_is_behind_and_to_all_where_several_are(scene: Scene, client_as: Any) -> None:
    RoleGrantFactory(user_id=scene.head.id, role=Role.ADMINISTRATOR, school_id=scene.other.id)
    scene.require_minimum(1)
    scene.record(scene.coordinator, "circle_keeping")

    def leads_to() -> list[str | None]:
        links = client_as(scene.head).page("/my-day").find_all("a")
        return [one.get("href") for one in links if (one.get("href") or "").startswith("/training")]

    assert f"/training?school={scene.other.id}" in leads_to()
    scene.require_people(Role.REPORTER, 12)
    assert "/training/schools" in leads_to() and f"/training?school={scene.other.id}" not in leads_to()


def test_my_day_and_ones_own_trainings_say_which(scene: Scene, client_as: Any) -> None:
    scene.require_people(Role.REPORTER, 12)
    own = client_as(scene.teacher)
    assert "1 training that you must take or renew" in own.page("/my-day").text
    mine = own.page("/training/mine").text
    assert "Required of you" in mine and "De-escalation" in mine and "No training on record" in mine
    assert "1 required training is missing or due at your school" in client_as(scene.head).page("/my-day").text
    scene.record(scene.teacher, on=date(2025, 12, 1))
    assert "Due Tue, Dec 1, 2026" in own.page("/training/mine").text
    scene.record(scene.teacher, on=NOW.date())
    assert "Required of you" not in own.page("/training/mine").text
    assert "must take or renew" not in own.page("/my-day").text
