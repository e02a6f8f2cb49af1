"""The pages of training: of a school, of all schools, of one session, one's own; lists as files; topics."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from tests.factories.base import fresh
from tests.training.conftest import TODAY, Scene
from wss_cases.foundation.db import db
from wss_cases.training.records.models import TrainingRecord, TrainingSession
from wss_cases.training.requirements.models import TrainingRequirement
from wss_cases.training.topics import TrainingTopic, offered


def table_of(page: Any) -> str:
    [table] = page.find_all("table")
    return str(table.text)


def test_the_tab_of_the_page_is_marked(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.head)
    for address, words in (
        ("/training", "Who is due"),
        ("/training/on-record", "On record"),
        ("/training/sessions", "Sessions"),
    ):
        [tabs] = [one for one in client.page(address).find_all("nav") if one.get("aria-label") == "Pages of training"]
        assert [one.text for one in tabs.find_all("a") if one.get("aria-current") == "page"] == [words]


def test_a_school_sees_what_is_unmet_and_who_is_due(scene: Scene, client_as: Any) -> None:
    scene.require_minimum()
    scene.require_people()
    client = client_as(scene.head)
    page = client.page("/training").text
    assert "Keeping circles: 0 trained, at least 2 needed" in page and "Not met" in page
    assert "Tom Teacher" in page and "No training on record" in page
    values = {"user": str(scene.teacher.id), "topic": "de_escalation", "completed_on": "2026-11-01", "hours": "two"}
    refused = client.submit("/training/records/new", values)
    assert refused.status_code == 400 and "Enter the hours as a number" in refused.text
    assert client.submit("/training/records/new", values | {"hours": "1.5"}).status_code == 303
    assert "Tom Teacher" not in client.page("/training?standing=none").text
    table = table_of(client.page("/training?standing=valid"))
    assert "Tom Teacher" in table and "Up to date" in table
    row = table_of(client.page("/training/on-record"))
    assert "De-escalation" in row and "1.5" in row


def test_lists_leave_as_files(scene: Scene, client_as: Any) -> None:
    scene.require_people()
    scene.require_minimum()
    scene.record(scene.teacher)
    client = client_as(scene.head)
    for page in ("/training", "/training/on-record", "/training/schools"):
        hrefs = [link.get("href") for link in client.page(page).find_all("a")]
        [address] = [href for href in hrefs if href and "csv" in href]
        answer = client.submit(address, {"reason": "For the review of our plan"})
        assert answer.status_code == 200, address
        assert ("Willow" if page.endswith("schools") else "Tom Teacher") in answer.text


def test_a_training_is_corrected_with_a_trace(scene: Scene, client_as: Any) -> None:
    number, client = scene.record(scene.teacher), client_as(scene.head)
    base = f"/training/records/{number}"
    assert client.submit(f"{base}/valid-until", {"valid_until": "2026-08-01"}).status_code == 400
    assert client.submit(f"{base}/valid-until", {"valid_until": "2026-11-01"}).status_code == 303
    assert "Expired" in client.page(base).text
    assert client.submit(f"{base}/take-back", {"reason": ""}).status_code == 400
    assert client.submit(f"{base}/take-back", {"reason": "The wrong Tom"}).status_code == 303
    page = client.page(base).text
    assert "The wrong Tom" in page and "Training taken back" in page and "Ada Stone" in page


def test_people_are_signed_in_by_the_list(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.head)
    values = {"topic": "bias", "held_on": TODAY.isoformat(), "hours": "2", "provider": "Peace Center"}
    assert client.submit("/training/sessions/new", values).status_code == 303
    number = db.session.scalars(select(TrainingSession.id)).one()
    page = f"/training/sessions/{number}"
    assert client.submit(page, {"people": [str(scene.coordinator.id)]}, holding="people").status_code == 303
    shown = client.page(page)
    assert "Cora Coordinator" in shown.text
    assert client.submit(page, {"people": ["999999"]}, holding="people").status_code == 400
    mine = client_as(scene.coordinator).page("/training/mine").text
    assert "Bias and equity" in mine and "2 hours" in mine


def test_everyone_sees_their_own_alone(scene: Scene, client_as: Any) -> None:
    scene.record(scene.teacher, provider="Peace Center")
    scene.record(scene.coordinator, provider="Quiet River")
    mine = client_as(scene.teacher).page("/training/mine").text
    assert "Peace Center" in mine and "Quiet River" not in mine
    other = client_as(scene.stranger).page(f"/training/on-record?school={scene.school.id}").text
    assert "Tom Teacher" not in other and "Elm" in other


def test_the_district_sees_each_school_and_opens_one(scene: Scene, client_as: Any) -> None:
    scene.require_minimum(1)
    scene.record(scene.coordinator, "circle_keeping")
    client = client_as(scene.district)
    assert client.get("/training").status_code == 302
    lines = client.page("/training/schools").find_all("tr")
    rows = {line.find_all("th")[0].text.strip(): line.text for line in lines[1:]}
    assert "Keeping circles: 0 trained, at least 1 needed" in rows["Elm"] and "Keeping circles" not in rows["Willow"]
    assert "Willow" in client.page(f"/training?school={scene.school.id}").text


def test_the_district_keeps_topics_and_requirements(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.district)
    both = {"name_en": "First aid", "name_es": "Primeros auxilios"}
    assert client.submit("/training/topics/new", both | {"name_es": " "}).status_code == 400
    assert client.submit("/training/topics/new", both).status_code == 303
    assert client.submit("/training/topics/new", both).status_code == 400
    assert offered(TODAY)["first_aid"] == "First aid"
    assert client.submit("/training/topics/first_aid", both | {"ends_on": "2026-11-24"}).status_code == 303
    assert "first_aid" in offered(TODAY) and "first_aid" not in offered(date(2026, 11, 25))
    held = client.submit("/training/topics/circle_keeping", {"ends_on": "2026-12-24"})
    assert held.status_code == 400 and "Circles need this training" in held.text
    values = {"topic": "bias", "shape": "school_minimum", "minimum": "2", "confirmed": "no", "starts_on": "2026-11-24"}
    assert client.submit("/training/requirements/new", values | {"minimum": ""}).status_code == 400
    assert client.submit("/training/requirements/new", values).status_code == 303
    page = client.page("/training/requirements").text
    assert "At least 2 trained people" in page and "Needs legal review" in page
    number = db.session.scalars(select(TrainingRequirement.id)).one()
    assert client.submit(f"/training/requirements/{number}/end", {"ends_on": "2026-12-01"}).status_code == 303


def test_two_editors_of_a_topic_lose_nothing(scene: Scene, client_as: Any) -> None:
    client = client_as(scene.district)
    topic = db.session.scalars(select(TrainingTopic).where(TrainingTopic.code == "bias")).one()
    seen = {"name_en": "Bias", "name_es": "Prejuicios", "version": str(topic.version)}
    assert client.submit("/training/topics/bias", seen).status_code == 303
    late = client.submit("/training/topics/bias", seen | {"name_en": "Equity"})
    assert late.status_code == 409
    assert fresh(topic).name_en == "Bias"
    assert db.session.scalars(select(TrainingRecord)).all() == []
