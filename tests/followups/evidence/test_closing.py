"""Closing with evidence: every kind says what closes it, has outcomes of its own, and never closes by a tick alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.factories.base import fresh
from tests.factories.followups import shown
from tests.mail.making import scene
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.presenters import needs_note, outcomes_of
from wss_cases.followups.core.states import KINDS, OUTCOME_LABELS, OUTCOMES, RECORD_PAGES, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import BY_CONTACT, CLOSES_WITH, NAMES_WHOM, QUESTIONS, Evidence, missing
from wss_cases.followups.undo import restorable
from wss_cases.foundation.i18n import force_locale

TODAY = date(2026, 11, 24)
HERE = sorted(set(KINDS) - set(RECORDED_ELSEWHERE))


def in_both(words: Any) -> tuple[str, str]:
    said = []
    for locale in ("en", "es"):
        with force_locale(locale):
            said.append(str(words))
    return said[0], said[1]


def lacking(kind: str) -> list[str]:
    """What a kind of follow-up lacks: words in a language, outcomes of its own, what is asked as evidence."""
    closes, outcomes = CLOSES_WITH.get(kind), OUTCOMES.get(kind, ())
    asked = RECORDED_ELSEWHERE.get(kind) or QUESTIONS.get(kind)
    wanted = {"name": KINDS[kind], "what closes it": closes, **{code: OUTCOME_LABELS.get(code) for code in outcomes}}
    if kind not in BY_CONTACT:
        wanted["what is asked"] = asked
    found = [f"{kind}: {what}" for what, words in wanted.items() if not words or len({*in_both(words)}) < 2]
    own = kind == "other" or (outcomes and outcomes != OUTCOMES["other"])
    return found if own and len(outcomes) == len(set(outcomes)) else [*found, f"{kind}: outcomes of its own"]


def test_every_kind_has_its_words_and_its_outcomes_in_both_languages(session: Any) -> None:
    assert [lack for kind in KINDS for lack in lacking(kind)] == []


def test_a_kind_without_words_or_outcomes_is_named(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "planted", "Planted")
    assert len(lacking("planted")) == 4
    monkeypatch.setitem(OUTCOMES, "liaison", OUTCOMES["other"])
    assert lacking("liaison") == ["liaison: outcomes of its own"]
    monkeypatch.delitem(QUESTIONS, "repair_step")
    assert lacking("repair_step") == ["repair_step: what is asked"]


def test_the_tables_name_no_kind_that_is_none() -> None:
    for table in (OUTCOMES, CLOSES_WITH, QUESTIONS, BY_CONTACT, NAMES_WHOM, RECORDED_ELSEWHERE, RECORD_PAGES):
        assert set(table) <= set(KINDS)
    assert NAMES_WHOM <= BY_CONTACT <= set(HERE)
    assert set(QUESTIONS) == set(HERE) - BY_CONTACT


@pytest.mark.parametrize("kind", HERE)
def test_a_tick_alone_closes_nothing_and_what_shows_it_does(kind: str) -> None:
    for outcome in outcomes_of(kind):
        assert missing(kind, outcome, Evidence(), TODAY) is not None, outcome
        assert missing(kind, outcome, shown(TODAY), TODAY) is None, outcome


CALL = {"manner": "phone", "on_day": TODAY, "attempts": 1}


@pytest.mark.parametrize(
    ("kind", "outcome", "said", "field"),
    [
        ("contact_person_harmed", "reached", CALL, None),
        ("contact_person_harmed", "reached", CALL | {"manner": ""}, "manner"),
        ("contact_person_harmed", "reached", CALL | {"manner": "owl"}, "manner"),
        ("contact_person_harmed", "reached", CALL | {"on_day": None}, "on_day"),
        ("contact_person_harmed", "reached", CALL | {"on_day": date(2026, 11, 25)}, "on_day"),
        ("contact_person_harmed", "reached", CALL | {"attempts": 0}, "attempts"),
        ("contact_person_harmed", "reached", CALL | {"attempts": 51}, "attempts"),
        ("contact_person_harmed", "not_reached", CALL | {"note": "No answer"}, "attempts"),
        ("contact_person_harmed", "not_reached", CALL | {"attempts": 2}, "note"),
        ("contact_person_harmed", "not_reached", CALL | {"attempts": 2, "note": "No answer"}, None),
        ("guardian_contact", "reached", CALL, "who"),
        ("guardian_contact", "reached", CALL | {"who": "  "}, "who"),
        ("guardian_contact", "reached", CALL | {"who": "Their aunt"}, None),
        ("guardian_contact", "not_to_contact", {}, "note"),
        ("guardian_contact", "not_to_contact", {"note": "Advised by counsel"}, None),
        ("repair_step", "done", {}, "note"),
        ("repair_step", "done", {"note": " \n"}, "note"),
        ("repair_step", "done", {"note": "The teacher saw the wall"}, None),
    ],
)
def test_what_is_missing_is_named(kind: str, outcome: str, said: dict[str, Any], field: str | None) -> None:
    lacks = missing(kind, outcome, Evidence(**said), TODAY)
    assert (lacks[0] if lacks else None) == field


def test_what_was_said_is_kept_and_shown_and_goes_when_it_is_taken_back(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    row = here.due(TODAY, kind="guardian_contact", title="")
    before = restorable(row)
    client = client_as(here.coordinator)
    address = f"/follow-ups/{row.id}"
    assert "a voicemail is not contact" in client.page(address).text
    values = {"outcome": "reached", "manner": "phone", "attempts": "3", "language": "Polish", "interpreter": "y"}
    refused = client.submit(address, values)
    assert refused.status_code == 400
    assert "Enter who you reached." in refused.get_data(as_text=True)
    assert 'value="Polish"' in refused.get_data(as_text=True)
    assert client.submit(address, values | {"who": "Their aunt"}).status_code == 303
    text = client.page(address).text
    for words in ("Phone call", "Tue, Nov 24, 2026", "Their aunt", "Polish · with an interpreter", "3"):
        assert words in text
    client.submit("/my-day", action="/follow-ups/undo")
    assert (fresh(row).state, restorable(fresh(row))) == (FollowUpState.OPEN, before)


def test_outcomes_that_say_little_are_outcomes() -> None:
    known = {code for codes in OUTCOMES.values() for code in codes}
    assert known <= set(OUTCOME_LABELS)
    assert any(needs_note(code) for code in known)
