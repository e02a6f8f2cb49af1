"""The list of sessions: every one is reached, and many take as many statements as few; so does signing many in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.support.pages.asked import asked
from tests.support.pages.leafing import leaf
from tests.training.conftest import NOW, TODAY, Scene
from tests.training.test_pages import table_of
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.training.records.models import TrainingRecord, TrainingSession
from wss_cases.training.sessions import PAGE, sign_in

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
