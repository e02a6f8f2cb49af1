"""The public page: no account, no cookie, the same for everyone, and missing where nothing is published."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from tests.plans.public.making import PublicScene, change, switch
from tests.support.pages.asked import asked
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.public import pages
from wss_cases.plans.public.publications.pages import withdraw


@pytest.fixture
def scene(session: Any, at: Any) -> PublicScene:
    at("2026-11-24 10:00")
    switch("on")
    return PublicScene()


def address(scene: PublicScene, language: str = "en") -> str:
    return f"/public/{language}/{scene.school_id}"


def without_token(page: str, path: str) -> str:
    return re.sub(r'value="[^"]{60,}"', "", page.replace(path, ""))


@pytest.mark.parametrize("signed_in", [False, True])
def test_anyone_reads_it_without_a_cookie_and_a_cache_may_keep_it(
    scene: PublicScene, client: Any, client_as: Any, signed_in: bool
) -> None:
    scene.publish()
    reader = client_as(scene.head) if signed_in else client
    answer = reader.get(address(scene))
    assert answer.status_code == 200 and "Everyone is greeted by name at the door" in answer.text
    assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    again = reader.get(address(scene), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and not again.data
    assert again.headers["Cache-Control"] == "public, max-age=300" and "Set-Cookie" not in again.headers


def test_it_is_plain_html_in_either_language(scene: PublicScene, client: Any) -> None:
    scene.publish()
    english, spanish = client.get(address(scene)).text, client.get(address(scene, "es")).text
    assert '<html lang="en"' in english and '<html lang="es"' in spanish
    assert "<script" not in english and "<form" not in english and "style=" not in english
    assert "You said, we did" in english and "You said, we did" not in spanish
    assert "Tres metas" in spanish and address(scene, "es") in english
    for code in ("fr", "EN"):
        assert client.get(address(scene, code)).status_code == 404


def test_what_is_not_published_looks_like_what_is_missing(scene: PublicScene, client: Any) -> None:
    nothing = client.get("/public/en/999999999")
    before = client.get(address(scene))
    assert (before.status_code, nothing.status_code) == (404, 404)
    assert without_token(before.text, address(scene)) == without_token(nothing.text, "/public/en/999999999")
    assert client.get("/public/en").status_code == 404
    published = scene.publish()
    assert client.get(address(scene)).status_code == 200 and scene.name in client.get("/public/en").text
    withdraw(scene.call(), published.id, because="Wrong figures")
    gone = client.get(address(scene))
    assert gone.status_code == 404 and gone.headers["Cache-Control"] == "no-store"


def test_what_the_district_turned_off_is_missing(scene: PublicScene, client: Any, at: Any) -> None:
    scene.publish()
    at("2026-11-25 10:00")
    switch("off")
    assert client.get(address(scene)).status_code == 404 and client.get("/public/en").status_code == 404


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": PlanState.CLOSED, "closed_on": date(2026, 11, 20)}, "Ended on Fri, Nov 20"),
        ({"first_year": "2025-26", "last_year": "2025-26"}, "Its school years are over"),
        ({"state": PlanState.COMMITTEE}, "Being changed, not approved"),
    ],
)
def test_a_page_says_what_became_of_its_plan(
    scene: PublicScene, client: Any, values: dict[str, Any], said: str
) -> None:
    scene.publish()
    assert "2026-27 · In force" in client.get(address(scene)).text
    change(scene.plan, **values)
    english, listed = client.get(address(scene)).text, client.get("/public/en").text
    assert said in english and said in listed and "In force" not in english + listed
    assert "This plan is not in force." in english and said not in client.get(address(scene, "es")).text


def test_the_list_of_schools_is_read_without_their_pages_and_page_by_page(
    scene: PublicScene, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    scenes = [scene, *(PublicScene() for _ in range(4))]
    for one in scenes:
        one.publish()
    with asked() as made:
        first = client.get("/public/en").text
    assert "Page 1 of 3" in first and sum(one.name in first for one in scenes) == 2
    assert not [one for one in made if "plan_publication.content," in one], "no page is read whole"
    shown = [client.get(f"/public/en?page={number}").text for number in (1, 2, 3)]
    assert all(sum(one.name in page for page in shown) == 1 for one in scenes)
    for wrong in ("0", "4", "x", "-1"):
        assert client.get(f"/public/en?page={wrong}").status_code == 404
