"""Sessions: adding one, signing people in, putting it right with what people have on record, and its list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.referrals import PartnerFactory
from tests.support.pages.asked import asked
from tests.support.pages.leafing import leaf
from tests.training.conftest import NOW, TODAY, Scene
from tests.training.test_pages import table_of
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import filled_from
from wss_cases.journal.models import AuditEntry
from wss_cases.training.records.models import TrainingRecord, TrainingSession, records_of
from wss_cases.training.records.pages import end_training, take_back, total_minutes
from wss_cases.training.sessions import (
    BACK,
    PAGE,
    SessionForm,
    SignInForm,
    TakeOffForm,
    add_session,
    change_session,
    sign_in,
    take_off,
)


def make_session(scene: Scene, school: Any = None, days: int = 0, by: Any = None, **more: Any) -> int:
    answers = {"topic": "restorative_practice", "held_on": TODAY + timedelta(days=days), "hours": "2"} | more
    place = school or scene.school
    form = filled_from(SessionForm, None, answers)
    return add_session(scene.call(by or scene.head), place.id if place != "district" else None, form)


def records() -> list[tuple[int, int | None, int]]:
    return [(one.user_id, one.minutes, one.school_id) for one in db.session.scalars(select(TrainingRecord))]


def test_whoever_was_ticked_is_on_record_once(scene: Scene) -> None:
    partner = PartnerFactory(name="Peace Partners")
    number = make_session(scene, partner=str(partner.id))
    people, call = [scene.teacher.id, scene.coordinator.id], scene.call(scene.head)
    row = db.session.get_one(TrainingSession, number)
    form = filled_from(SignInForm, row, {"people": list(map(str, people))})
    sign_in.carry_out(call, row, form)
    sign_in.carry_out(call, row, form)
    assert sorted(records()) == sorted((user_id, 120, scene.school.id) for user_id in people)
    assert {one.provider for one in db.session.scalars(select(TrainingRecord))} == {"Peace Partners"}


def test_the_list_takes_only_people_of_its_school_on_its_day(scene: Scene) -> None:
    number, later = make_session(scene), make_session(scene, days=1)
    with pytest.raises(Refused):
        sign_in(scene.call(scene.head), number, people=[str(scene.stranger.id)])
    with pytest.raises(Refused):
        sign_in(scene.call(scene.head), later, people=[str(scene.teacher.id)])
    assert records() == []


def test_a_partner_or_a_name_not_both(scene: Scene) -> None:
    partner = PartnerFactory(name="Peace Partners")
    with pytest.raises(Refused) as refused:
        make_session(scene, partner=str(partner.id), provider="Somebody")
    assert refused.value.field == "provider"
    with pytest.raises(Refused):
        make_session(scene, partner=str(partner.id + 999))


@pytest.mark.both_databases
def test_nobody_is_signed_in_twice(scene: Scene) -> None:
    number = make_session(scene)
    sign_in(scene.call(scene.head), number, people=[str(scene.teacher.id)])
    again = {"school_id": scene.school.id, "user_id": scene.teacher.id, "session_id": number, "recorded_at": NOW}
    db.session.add(TrainingRecord(topic="restorative_practice", completed_on=TODAY, **again))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_only_the_district_adds_a_session_of_the_district(scene: Scene) -> None:
    with pytest.raises(NotFound):
        make_session(scene, "district", by=scene.head)


BIAS = {"topic": "bias", "held_on": TODAY, "hours": "2", "provider": "Peace Center"}
YESTERDAY = TODAY - timedelta(days=1)


def add(scene: Scene, **answers: Any) -> int:
    """Add a session of the school."""
    return add_session(scene.call(scene.head), scene.school.id, filled_from(SessionForm, None, BIAS | answers))


def held(scene: Scene, *people: Any, **answers: Any) -> int:
    """Add a session at which these people were."""
    number = add(scene, **answers)
    sign_in(scene.call(scene.head), number, people=[str(one.id) for one in people])
    return number


def change(scene: Scene, user: Any, number: int, **answers: Any) -> None:
    """Put a session right; what is not named stays as BIAS has it."""
    change_session(scene.call(user), number, **(BIAS | {"school": str(scene.school.id)} | answers))


def test_a_session_is_put_right_with_everything_on_record_and_says_what_it_was(scene: Scene, client_as: Any) -> None:
    number, client = held(scene, scene.teacher, scene.coordinator), client_as(scene.head)
    [gone] = db.session.scalars(select(TrainingRecord.id).where(TrainingRecord.user_id == scene.coordinator.id))
    take_back(scene.call(scene.head), gone, reason="Was not there")
    page = f"/training/sessions/{number}"
    right = {"topic": "circle_keeping", "held_on": YESTERDAY.isoformat(), "hours": "1.5", "provider": "Quiet River"}
    assert client.submit(f"{page}/change", right).status_code == 303
    row = db.session.scalars(select(TrainingRecord).where(TrainingRecord.user_id == scene.teacher.id)).one()
    assert (row.topic, row.completed_on, row.minutes, row.provider) == ("circle_keeping", YESTERDAY, 90, "Quiet River")
    kept = db.session.get_one(TrainingRecord, gone)
    assert (kept.topic, kept.completed_on) == ("bias", TODAY), "what was taken back stays as it was"
    shown = client.page(page).text
    assert "Before: Bias and equity, Tue, Nov 24, 2026, 2 hours" in shown and "Ada Stone" in shown
    assert "Corrected with its session" in client.page(f"/training/records/{row.id}").text
    changes = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "training.corrected")).one()
    assert changes["completed_on"] == [TODAY.isoformat(), YESTERDAY.isoformat()]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("held_on", {"held_on": TODAY + timedelta(days=1)}),
        ("held_on", {"held_on": date(2099, 1, 1)}),
        ("held_on", {"held_on": date(2019, 1, 1)}),
        ("topic", {"topic": "juggling"}),
        ("hours", {"hours": "0"}),
    ],
)
def test_what_no_session_was_is_refused_beside_its_field(scene: Scene, field: str, values: dict[str, Any]) -> None:
    number = held(scene, scene.teacher)
    with pytest.raises(Refused) as refused:
        change(scene, scene.head, number, **values)
    assert refused.value.field == field
    assert db.session.scalars(select(TrainingRecord.completed_on)).one() == TODAY


def test_a_session_in_2099_is_refused_beside_its_day_and_nothing_typed_is_lost(scene: Scene, client_as: Any) -> None:
    values = {"topic": "bias", "held_on": "2099-01-01", "hours": "2", "provider": "Peace Center"}
    answer = client_as(scene.head).submit("/training/sessions/new", values)
    assert answer.status_code == 400 and 'id="held_on-error"' in answer.text and "Peace Center" in answer.text
    assert db.session.scalars(select(TrainingSession)).all() == []


def test_a_day_after_the_last_on_which_a_training_counts_is_refused(scene: Scene) -> None:
    number = held(scene, scene.teacher, held_on=YESTERDAY)
    end_training(scene.call(scene.head), db.session.scalars(select(TrainingRecord.id)).one(), valid_until=YESTERDAY)
    with pytest.raises(Refused) as refused:
        change(scene, scene.head, number)
    assert refused.value.field == "held_on"


def test_a_session_of_long_ago_keeps_its_day_and_takes_other_hours(scene: Scene) -> None:
    long_ago = TODAY - BACK - timedelta(days=30)
    row = TrainingSession(school_id=scene.school.id, topic="bias", held_on=long_ago, minutes=60, made_at=NOW)
    db.session.add(row)
    db.session.commit()
    change(scene, scene.head, row.id, held_on=long_ago, hours="1.5")
    changed = fresh(row)
    assert (changed.held_on, changed.minutes) == (long_ago, 90)
    with pytest.raises(Refused) as refused:
        change(scene, scene.head, row.id, held_on=long_ago + timedelta(days=1))
    assert refused.value.field == "held_on"


def test_two_editors_of_a_session_lose_nothing(scene: Scene, client_as: Any) -> None:
    number = held(scene, scene.teacher)
    page, client = f"/training/sessions/{number}/change", client_as(scene.head)
    seen = {"version": str(db.session.get_one(TrainingSession, number).version), "hours": "3"}
    assert client.submit(page, seen).status_code == 303
    assert client.submit(page, seen | {"hours": "4"}).status_code == 409
    assert fresh(db.session.get_one(TrainingSession, number)).minutes == 180


def test_who_was_not_there_is_taken_off_with_a_reason_and_both_histories_say_so(scene: Scene, client_as: Any) -> None:
    number, client = held(scene, scene.teacher, scene.coordinator, scene.head), client_as(scene.head)
    page = f"/training/sessions/{number}"
    both = {"people": [str(scene.teacher.id), str(scene.coordinator.id)]}
    refused = client.submit(f"{page}/take-off", both | {"reason": " "}, holding="people")
    assert refused.status_code == 400 and 'id="reason-error"' in refused.text
    none = client.submit(f"{page}/take-off", {"reason": "Left early"}, holding="people")
    assert none.status_code == 400 and "Choose who was not there" in none.text
    assert total_minutes(records_of([scene.teacher.id, scene.coordinator.id, scene.head.id])) == 360
    assert client.submit(f"{page}/take-off", both | {"reason": "Left early"}, holding="people").status_code == 303
    assert total_minutes(records_of([scene.teacher.id, scene.coordinator.id, scene.head.id])) == 120
    shown = client.page(page).text
    assert "Taken off the list: 2" in shown and "Tom Teacher" in shown, "Tom can be signed in again"
    assert "Left early" in client_as(scene.teacher).page("/training/mine").text
    left = db.session.scalars(select(TrainingRecord.id).where(TrainingRecord.user_id == scene.head.id)).one()
    take_back(scene.call(scene.head), left, reason="Was elsewhere")
    assert "Taken off the list: 1" in client.page(page).text


def test_only_who_is_signed_in_is_taken_off(scene: Scene) -> None:
    number = held(scene, scene.teacher)
    answers = {"people": [str(scene.teacher.id)], "reason": "Left early"}
    with pytest.raises(Refused) as refused:
        take_off(scene.call(scene.head), number, **(answers | {"people": [str(scene.coordinator.id)]}))
    assert refused.value.field == "people"
    row = db.session.get_one(TrainingSession, number)
    form = filled_from(TakeOffForm, row, answers)
    take_off(scene.call(scene.head), number, **answers)
    with pytest.raises(Refused, match="no longer on the list"):
        take_off.carry_out(scene.call(scene.head), row, form)
    sign_in(scene.call(scene.head), number, people=[str(scene.teacher.id)])
    assert total_minutes(records_of([scene.teacher.id])) == 120


def test_a_session_entered_at_the_wrong_school_is_moved_by_the_district(scene: Scene, client_as: Any) -> None:
    number, district = held(scene, scene.teacher), client_as(scene.district)
    page = f"/training/sessions/{number}"
    asked = client_as(scene.head).page(f"{page}/change").find_all("select")
    assert "school" not in [field.get("name") for field in asked]
    taken = district.submit(f"{page}/change", {"school": str(scene.other.id)})
    assert taken.status_code == 400 and 'id="school-error"' in taken.text
    answers = {"people": [str(scene.teacher.id)], "reason": "The other school"}
    take_off(scene.call(scene.head), number, **answers)
    assert district.submit(f"{page}/change", {"school": str(scene.other.id)}).status_code == 303
    assert client_as(scene.head).get(page).status_code == 404
    assert "Training session moved. Before: Willow" in client_as(scene.stranger).page(page).text
    assert district.submit(f"{page}/change", {"school": ""}).status_code == 303
    assert client_as(scene.stranger).get(page).status_code == 404
    assert "For the whole district" in district.page(page).text
    with pytest.raises(NotFound):
        change(scene, scene.head, held(scene), school=str(scene.other.id))


def test_nothing_goes_on_record_of_who_has_left(scene: Scene, client_as: Any) -> None:
    number = add(scene)
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == scene.teacher.id)).one()
    grant.ends_on = date(2026, 6, 30)
    db.session.commit()
    for field, record in (
        ("user", lambda: scene.record(scene.teacher)),
        ("people", lambda: sign_in(scene.call(scene.head), number, people=[str(scene.teacher.id)])),
    ):
        with pytest.raises(Refused) as refused:
            record()
        assert refused.value.field == field
    values = {"user": str(scene.teacher.id), "topic": "bias", "completed_on": "2026-11-01"}
    answer = client_as(scene.head).submit("/training/records/new", values, holding="user")
    assert answer.status_code == 400 and 'id="user-error"' in answer.text
    assert db.session.scalars(select(TrainingRecord)).all() == []


LIST = "/training/sessions"


def plant(school_id: int | None, number: int, topic: str = "bias") -> list[int]:
    """Add sessions of one topic, two on each day."""
    rows = [
        TrainingSession(
            school_id=school_id, topic=topic, held_on=TODAY - timedelta(days=one // 2), minutes=90, made_at=NOW
        )
        for one in range(number)
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def test_every_session_is_reached_page_by_page_in_any_order(scene: Scene, client_as: Any) -> None:
    own = plant(scene.school.id, PAGE + 4) + plant(scene.school.id, 3, "circle_keeping")
    plant(scene.other.id, 2)
    client = client_as(scene.head)
    for order in ("", "?sort=day", "?sort=-topic", "?sort=people"):
        pages = leaf(client, LIST + order, f"{LIST}/")
        assert [len(page) for page in pages] == [PAGE, 7], order
        found = [int(href.removeprefix(f"{LIST}/").split("?")[0]) for page in pages for href in page]
        assert sorted(found) == sorted(own), order


def test_the_district_sees_its_own_sessions_beside_a_schools(scene: Scene, client_as: Any) -> None:
    plant(scene.school.id, 1)
    plant(scene.other.id, 1)
    plant(None, 1)
    district = client_as(scene.district)
    table = table_of(district.page(f"{LIST}?school={scene.school.id}"))
    assert "Willow" in table and "For the whole district" in table and "Elm" not in table
    assert "Elm" in table_of(district.page(LIST))
    own = client_as(scene.head).page(LIST)
    assert "For the whole district" not in table_of(own)
    assert "Sessions" in [one.text.strip() for one in own.find_all("a") if one.get("aria-current") == "page"]


def test_the_list_leaves_as_a_file(scene: Scene, client_as: Any) -> None:
    plant(scene.school.id, 2)
    client = client_as(scene.head)
    [address] = [one.get("href") for one in client.page(LIST).find_all("a") if "csv" in (one.get("href") or "")]
    answer = client.submit(address, {"reason": "For the review of our plan"})
    assert answer.status_code == 200 and answer.text.count("Bias and equity") == 2


def test_many_sessions_take_as_many_statements_as_few(scene: Scene, client_as: Any) -> None:
    plant(scene.school.id, 2)
    client = client_as(scene.district)
    client.page(LIST)
    with asked() as few:
        client.page(LIST)
    for school_id in (scene.school.id, scene.other.id, None):
        plant(school_id, 12)
    with asked() as many:
        assert "Elm" in client.page(LIST).text
    assert len(many) == len(few), "\n".join(many)


@pytest.mark.both_databases
def test_signing_many_in_takes_as_many_statements_as_signing_in_six(scene: Scene) -> None:
    first, second = plant(scene.school.id, 2)
    people = [str(make_user(Role.REPORTER, scene.school).id) for _number in range(30)]
    with asked() as six:  # what fewer leave goes by one statement
        sign_in(scene.call(scene.head), first, people=people[:6])
    with asked() as thirty:
        sign_in(scene.call(scene.head), second, people=people)
    assert len(thirty) <= len(six), "\n".join(thirty)
    assert db.session.scalar(select(func.count(TrainingRecord.id))) == 36
