"""Texts for families: found in their language, never rewritten once shown, and what is missing is seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.mail.common.pages import EXAMPLES, PLACEHOLDER_LABELS, FamilyText
from wss_cases.mail.family_texts import PLACEHOLDERS, Text, blocks, family_text, family_texts, fill, placeholders
from wss_cases.safeguards.duties.duty.models import LegalDutyKind, LegalDutyKindStep

At = Callable[..., datetime]
TODAY = date(2026, 11, 24)


@pytest.fixture
def client(session: Any, at: At, client_as: Any) -> Any:
    at("2026-11-24 10:00")
    return client_as(make_user(Role.DISTRICT))


def found(code: str, language: str, day: date = TODAY) -> Text:
    return family_text(code, language, day)


def test_a_family_gets_its_language_or_english(session: Any) -> None:
    assert found("circle_consent", "es").title.startswith("Participar en un círculo")
    assert found("circle_consent", "es-MX").language == "es"
    for language in ("pl", "", "xx-Unknown"):
        assert found("circle_consent", language).language == "en"
    with pytest.raises(LookupError, match="no_such_text"):
        found("no_such_text", "en")
    both = family_texts(["agreement_head", "no_such_text"], "es", TODAY)
    assert {code: text.language for code, text in both.items()} == {"agreement_head": "es"}


def test_what_a_page_must_fill_in_is_the_same_in_both_languages_and_written_down(session: Any) -> None:
    for code, names in PLACEHOLDERS.items():
        for language in ("en", "es"):
            text = found(code, language)
            assert text.language == language
            assert placeholders(text.title) | placeholders(text.text) == names, (code, language)
        assert names <= set(PLACEHOLDER_LABELS) and names <= set(EXAMPLES)
        assert len(found(code, "en").blocks) == len(found(code, "es").blocks)


def test_what_comes_with_the_system_names_a_guardian_as_families_do(session: Any) -> None:
    delivered = [
        *session.scalars(select(FamilyText.text).where(FamilyText.language == "es")),
        *session.scalars(select(FollowUpTemplate.title_es)),
        *session.scalars(select(FollowUpTemplate.closes_with_es)),
        *session.scalars(select(LegalDutyKind.tell_es)),
        *session.scalars(select(LegalDutyKindStep.whom_es)),
    ]
    lines = [line for words in delivered for line in words.split("\n")]
    assert [line for line in lines if "tutor" in line and "madre" not in line] == []
    assert [line for line in lines if "informar de algo" in line or "se informa que" in line or "«" in line] == []
    assert "Comunicarse con el padre, la madre o el tutor" in lines


def test_a_consent_says_what_it_must(session: Any) -> None:
    for language, words in {
        "en": ("voluntary", "at any time", "never used against you", "804.5", "bodily harm", "court"),
        "es": ("voluntario", "en cualquier momento", "nunca se usa en su contra", "804.5", "lesión", "tribunal"),
    }.items():
        text = found("circle_consent", language).text
        assert all(word in text for word in words), language


def test_a_placeholder_without_a_value_fails_by_its_name() -> None:
    assert fill("%(school)s: 100 % of us", {"school": "Ada"}) == "Ada: 100 % of us"
    with pytest.raises(ValueError, match="'scool'"):
        Text("", "%(scool)s", "en").filled({"school": "Ada"})


def test_parts_of_a_text() -> None:
    first, second = blocks("Hello\n\n# Rules\nThree:\n- one\n- two\nEnd")
    assert (first.heading, first.groups) == ("", [(False, ["Hello"])])
    assert second.heading == "Rules"
    assert second.groups == [(False, ["Three:"]), (True, ["one", "two"]), (False, ["End"])]


def test_a_language_is_added_without_code(client: Any) -> None:
    page = client.get("/texts").get_data(as_text=True)
    assert "Spanish" in page and "Missing" not in page
    answers = {"code": "circle_consent", "language": "pl", "title": "Udział w kręgu"}
    answers |= {"text": "Zaprasza %(school)s\n# Kontakt\n%(contact)s", "starts_on": "2026-11-24"}
    assert client.submit("/texts/new", answers).status_code == 303
    assert found("circle_consent", "pl").filled({"school": "A", "contact": "B"}).blocks[1].lines == ("B",)
    page = client.get("/texts?language=pl").get_data(as_text=True)
    assert "Polish" in page and "1 of " in page and "Missing" in page
    row = db.session.scalars(select(FamilyText).where(FamilyText.language == "pl")).one()
    audit = select(AuditEntry).where(AuditEntry.object_type == "family_text", AuditEntry.object_id == row.id)
    assert db.session.scalars(audit).one().action == "family_text.added"


def test_what_was_shown_stays_as_it_was(client: Any) -> None:
    before = found("privacy_short", "en")
    address = "/texts/new?code=privacy_short&language=en"
    answers = {"title": "Private", "text": "New words", "starts_on": "2026-11-24"}
    refused = client.submit(address, answers)
    assert refused.status_code == 400
    assert "Choose a day after today" in refused.get_data(as_text=True)
    assert "New words" in refused.get_data(as_text=True)
    assert client.submit(address, answers | {"starts_on": "2026-11-30"}).status_code == 303
    assert found("privacy_short", "en") == before == found("privacy_short", "en", date(2026, 11, 29))
    assert found("privacy_short", "en", date(2026, 11, 30)).text == "New words"
    again = client.submit(address, answers | {"starts_on": "2026-11-30"})
    assert "Another version begins on that day" in again.get_data(as_text=True)


def test_a_version_changes_only_before_its_first_day(session: Any, client_as: Any, at: At) -> None:
    at("2026-11-24 10:00")
    client = client_as(make_user(Role.DISTRICT))
    address = "/texts/new?code=agreement_head&language=es"
    assert client.submit(address, {"text": "Uno", "starts_on": "2026-11-30"}).status_code == 303
    row = db.session.scalars(select(FamilyText).order_by(FamilyText.id.desc())).first()
    assert row is not None
    change = f"/texts/{row.id}/change"
    assert client.submit(change, {"text": "Dos"}).status_code == 303
    assert found("agreement_head", "es", date(2026, 11, 30)).text == "Dos"
    at("2026-11-30 10:00")
    refused = client_as(make_user(Role.DISTRICT)).submit(change, {"text": "Tres"})
    assert refused.status_code == 400
    assert "Families have been shown this version" in refused.get_data(as_text=True)
    assert found("agreement_head", "es", date(2026, 11, 30)).text == "Dos"


@pytest.mark.parametrize("button", ["preview", ""])
def test_a_placeholder_that_no_page_fills_is_refused(client: Any, button: str) -> None:
    answers = {"code": "agreement_head", "language": "pl", "title": "x", "text": "%(student)s"}
    if button:
        answers[button] = "1"
    refused = client.submit("/texts/new", answers | {"starts_on": "2026-11-30"})
    assert "No page fills in “%(student)s” here" in refused.get_data(as_text=True)
    assert found("agreement_head", "pl", date(2026, 11, 30)).language == "en"


def test_a_preview_saves_nothing(client: Any) -> None:
    answers = {"code": "agreement_head", "language": "ar", "title": "اتفاقنا", "text": "في %(school)s"}
    page = client.submit("/texts/new", answers | {"starts_on": "2026-11-30", "preview": "1"})
    assert page.status_code == 200
    assert "في Example School" in page.get_data(as_text=True)
    assert found("agreement_head", "ar", date(2026, 12, 1)).language == "en"
