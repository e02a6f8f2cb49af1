"""The pages of the routing rules, as the district administrator uses them without JavaScript."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.routing.first_rules.rule_set import first_rows
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation.i18n import force_locale
from wss_cases.routing.drafts.presenters import either
from wss_cases.routing.engine.states import RuleSetState
from wss_cases.routing.rule_sets.models import RuleSet

ClientAs = Callable[[Any], PageClient]


@pytest.fixture
def district(session: Any, client_as: ClientAs, at: Callable[..., datetime]) -> PageClient:
    at("2026-11-24 10:00")
    return client_as(make_user(Role.DISTRICT))


def rule_set(session: Any, number: int) -> RuleSet:
    """Return a version of the first rule set as it is now."""
    session.expire_all()
    found: RuleSet = session.scalars(select(RuleSet).where(RuleSet.number == number)).one()
    return found


def draft_path(district: PageClient, session: Any) -> str:
    """Make a draft on the page of the first rule set; return the draft's address."""
    source = rule_set(session, 2)
    made = district.submit(f"/rules/{source.id}", action="/draft")
    assert made.status_code == 303
    return str(made.location)


def test_the_table_is_read_in_sentences(district: PageClient, session: Any) -> None:
    main = district.page("/rules").find_all("main")[0]
    assert "Rule set 2026-1, version 2" in main.text
    assert "In force today" in main.text
    page = district.page(f"/rules/{rule_set(session, 2).id}").find_all("main")[0]
    for row in first_rows():
        assert row["id"] in page.text
    assert "behavior group at least 5" in page.text
    assert "not rule P3 matches" in page.text
    assert "Peace circle, for both, tier 3, within 10 school days, when injury: needed care" in page.text
    assert not [link for link in page.find_all("a") if "/rows/" in link.get("href")]


def test_a_row_is_edited_and_the_draft_published(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    before = district.page(f"{path}/rows/P6").find_all("main")[0]
    assert "Earlier incidents in 365 days, at least" in before.text
    form = district.form(f"{path}/rows/P6")
    assert form.values()["value0"] == ["5"]
    saved = district.submit(f"{path}/rows/P6", {"value0": "6"})
    assert saved.status_code == 303
    page = district.page(path).find_all("main")[0]
    assert "earlier incidents in 365 days at least 6" in page.text
    assert "Row P6 changed" in page.text
    assert "The check found nothing" in district.page(f"{path}/check").text
    why = {"starts_on": "2026-12-01", "why_not_replayed": "No incidents yet."}
    done = district.submit(path, why, holding="starts_on")
    assert done.status_code == 303
    assert rule_set(session, 3).state is RuleSetState.PUBLISHED
    assert "version 2" in district.page("/rules").text
    assert district.get(f"{path}/rows/P6").status_code == 404


def test_mistakes_in_a_row_keep_every_answer(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    values = {"value0": "many", "value6": "no capital"}
    names = sorted(district.form(f"{path}/rows/P6").names)
    answer = district.submit(f"{path}/rows/P6", {key: value for key, value in values.items() if key in names})
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert "There is a problem" in text
    assert "many" in text
    assert rule_set(session, 3).table_rows == {"rows": first_rows()}


def test_a_draft_that_breaks_a_promise_is_not_published(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    district.submit(f"{path}/rows/P14", {"value0": "1"})
    checked = district.page(f"{path}/check").find_all("main")[0]
    assert "Mend before publishing" in checked.text
    refused = district.submit(path, {"starts_on": "2026-12-01"}, holding="starts_on")
    assert refused.status_code == 400
    assert "cannot be published yet" in refused.get_data(as_text=True)
    assert rule_set(session, 3).state is RuleSetState.DRAFT


def test_publishing_without_a_day_is_explained(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    answer = district.submit(path, {"starts_on": ""}, holding="starts_on")
    assert answer.status_code == 400
    assert "Enter the first day." in answer.get_data(as_text=True)


def test_two_editors_the_second_is_told(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    stale = {name: held[0] for name, held in district.form(f"{path}/rows/P6").values().items()}
    district.submit(f"{path}/rows/P6", {"value0": "6"})
    answer = district.post(f"{path}/rows/P6", data={**stale, "value0": "7"})
    assert answer.status_code == 409
    assert rule_set(session, 3).table_rows["rows"][6]["when"]["all"][0]["any"][0]["value"] == 6


def test_a_draft_is_deleted(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    gone = district.submit(path, action="/drop")
    assert gone.status_code == 303
    assert district.get(path).status_code == 404


def test_every_row_of_a_draft_opens_and_saves_unchanged(district: PageClient, session: Any) -> None:
    path = draft_path(district, session)
    for row in first_rows():
        assert district.submit(f"{path}/rows/{row['id']}").status_code == 303, row["id"]
    assert rule_set(session, 3).table_rows == {"rows": first_rows()}


def test_spanish_pages_show_spanish_reasons(district: PageClient, session: Any) -> None:
    with district.session_transaction() as cookie:
        cookie["locale"] = "es"
    page = district.page(f"/rules/{rule_set(session, 2).id}").find_all("main")[0]
    assert "Ambos estudiantes causaron y sufrieron daño" in page.text
    assert "Cuando:" in page.text and "Cuándo" not in page.text


def test_the_word_or_changes_before_the_sound_o(app: Flask) -> None:
    with app.test_request_context("/"):
        with force_locale("es"):
            assert either(["llamada", "otro", "hora fija", "visita"]) == "llamada u otro u hora fija o visita"
        assert either(["a call", "other"]) == "a call or other"
        assert either(["a call"]) == "a call" and either([]) == ""


@pytest.mark.parametrize("role", [Role.DEAN, Role.COORDINATOR, Role.ADMINISTRATOR])
def test_school_roles_read_and_do_not_edit(session: Any, client_as: ClientAs, role: Role, district: PageClient) -> None:
    reader = client_as(make_user(role))
    path = f"/rules/{rule_set(session, 2).id}"
    assert "Make a draft of it" not in reader.page(path).text
    token = district.csrf_token(path)
    assert reader.post(f"{path}/draft", data={"csrf_token": token}).status_code in (400, 404)
    assert [row.number for row in session.scalars(select(RuleSet))] == [1, 2]


@pytest.mark.parametrize("role", [Role.REPORTER, Role.SYSADMIN, Role.AUDITOR, Role.PARTNER])
def test_others_find_nothing(session: Any, client_as: ClientAs, role: Role) -> None:
    assert client_as(make_user(role)).get("/rules").status_code == 404
