"""A district administrator edits the signs of a draft; a published version keeps its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.routing.signs.test_signs import ROWS
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.rule_sets import RuleSet, signs_of

SHIPPED = json.loads(ROWS.read_text(encoding="utf-8"))


@pytest.fixture
def district(session: Any) -> Any:
    return make_user(Role.DISTRICT)


@pytest.fixture
def draft(client_as: Any, district: Any) -> RuleSet:
    published = newest(RuleSetState.PUBLISHED)
    client_as(district).submit(f"/rules/{published.id}", {}, action=f"/rules/{published.id}/draft")
    return newest(RuleSetState.DRAFT)


def newest(state: RuleSetState) -> RuleSet:
    found = db.session.scalars(select(RuleSet).where(RuleSet.state == state).order_by(RuleSet.id.desc())).first()
    assert found is not None
    return found


def sign(draft: RuleSet, sign_id: str = "word_gun") -> Any:
    return next((row for row in fresh(draft).table_rows["signs"] if row["id"] == sign_id), None)


def test_the_published_rule_set_holds_the_shipped_signs_and_a_draft_copies_them(draft: RuleSet) -> None:
    assert newest(RuleSetState.PUBLISHED).table_rows["signs"] == SHIPPED
    assert draft.table_rows["signs"] == SHIPPED


def test_words_are_changed_in_the_draft_and_shown_as_its_difference(
    client_as: Any, district: Any, draft: RuleSet
) -> None:
    client = client_as(district)
    words = "\n".join([*sign(draft)["words"]["en"], "boomstick"])
    assert client.submit(f"/rules/{draft.id}/signs/word_gun", {"words_en": words}).status_code == 303
    assert sign(draft)["words"]["en"][-1] == "boomstick"
    assert [match.words for match in signs_of(fresh(draft)).matches("He brought a Boomstick.")] == ["Boomstick"]
    assert newest(RuleSetState.PUBLISHED).table_rows["signs"] == SHIPPED
    assert "<ins>boomstick</ins>" in client.get(f"/rules/{draft.id}").get_data(as_text=True)
    audit = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "rules.edited")).one()
    assert "word_gun" in audit.changes


def test_a_row_that_is_edited_leaves_the_signs_as_they_are(client_as: Any, district: Any, draft: RuleSet) -> None:
    client_as(district).submit(f"/rules/{draft.id}", {}, action=f"/rules/{draft.id}/rows/P1/remove")
    assert not any(row["id"] == "P1" for row in fresh(draft).table_rows["rows"])
    assert fresh(draft).table_rows["signs"] == SHIPPED


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"words_en": "gun("}, "use letters, digits and single spaces only"),
        ({"words_es": "musulmán"}, "says who someone is"),
        ({"words_en": "", "words_es": ""}, "Enter at least one word"),
        ({"facts": []}, "Choose what becomes unknown"),
        ({"question_es": ""}, "in both languages"),
    ],
)
def test_what_is_no_sign_is_refused_beside_its_field(
    client_as: Any, district: Any, draft: RuleSet, typed: dict[str, Any], said: str
) -> None:
    client = client_as(district)
    page = client.submit(f"/rules/{draft.id}/signs/word_gun", typed)
    assert page.status_code == 400
    assert said in page.get_data(as_text=True)
    assert sign(draft) == next(row for row in SHIPPED if row["id"] == "word_gun")


def test_a_sign_is_added_once_and_removed(client_as: Any, district: Any, draft: RuleSet) -> None:
    client = client_as(district)
    new = {"sign_id": "word_lighter", "facts": ["fire_or_bomb"], "words_en": "lighter fluid", "words_es": "gasolina"}
    assert client.submit(f"/rules/{draft.id}/signs", new).status_code == 303
    assert sign(draft, "word_lighter")["words"] == {"en": ["lighter fluid"], "es": ["gasolina"]}
    again = client.submit(f"/rules/{draft.id}/signs", new)
    assert (again.status_code, "has this name" in again.get_data(as_text=True)) == (400, True)
    removed = client.submit(f"/rules/{draft.id}", {}, action=f"/rules/{draft.id}/signs/word_lighter/remove")
    assert removed.status_code == 303
    assert sign(draft, "word_lighter") is None


def test_a_draft_that_changed_since_is_not_overwritten(client_as: Any, district: Any, draft: RuleSet) -> None:
    client = client_as(district)
    form = client.form(f"/rules/{draft.id}/signs/adult")
    client.submit(f"/rules/{draft.id}/signs/word_bomb", {"question_en": "Was there a bomb?"})
    data = dict(form.values()) | {"facts": ["adult_conduct", "abuse_suspected"]}
    assert client.post(f"/rules/{draft.id}/signs/adult", data=data).status_code == 409
    assert sign(draft, "adult")["facts"] == ["adult_conduct"]


def test_whoever_only_reads_the_rules_sees_the_signs(client_as: Any, session: Any, draft: RuleSet) -> None:
    dean = client_as(make_user(Role.DEAN, SchoolFactory()))
    assert "word_gun" in dean.page(f"/rules/{draft.id}").text
