"""Closing with evidence: each kind has its outcomes and what shows it; it counts on its own day, and a call on record
closes the follow-up that asked for one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.cases.making import NOW, make_world
from tests.factories.base import fresh
from tests.factories.cases import PathwayFactory
from tests.factories.followups import FollowUpFactory, shown
from tests.intake.making import Place
from tests.mail.making import scene
from wss_cases.access.actor import Invocation
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.presenters import needs_note, outcomes_of
from wss_cases.followups.core.states import KINDS, OUTCOME_LABELS, OUTCOMES, RECORD_PAGES, RECORDED_ELSEWHERE
from wss_cases.followups.evidence import BY_CONTACT, CLOSES_WITH, NAMES_WHOM, QUESTIONS, Evidence, missing
from wss_cases.followups.undo import restorable
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.incidents.pages import record_guardian_contact
from wss_cases.intake.decision import Choice, decide
from wss_cases.intake.duplicates import merge_into
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm

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


SENT = {"outcome": "reached", "manner": "phone", "attempts": "1"}


def test_a_contact_written_down_days_later_counts_on_its_own_day(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-30 10:00")
    here = scene()
    row = here.due(date(2026, 11, 24), kind="contact_person_harmed")
    client_as(here.coordinator).submit(f"/follow-ups/{row.id}", SENT | {"on_day": "2026-11-24"})
    assert (fresh(row).state, fresh(row).closed_on) == (FollowUpState.DONE, date(2026, 11, 24))


def test_what_closes_by_a_sentence_has_its_day_too(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-30 10:00")
    here = scene()
    client, row = client_as(here.coordinator), here.due(date(2026, 11, 24), kind="repair_step")
    said = {"outcome": "done", "note": "The teacher saw it"}
    assert 'value="2026-11-30"' in client.get(f"/follow-ups/{row.id}").get_data(as_text=True)
    client.submit(f"/follow-ups/{row.id}", said | {"on_day": "2026-11-25"})
    assert fresh(row).closed_on == date(2026, 11, 25)


def test_a_conversation_counts_on_its_own_day(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 11:00")
    place = Place()
    report = place.report((place.students[0], PersonRole.CAUSED_HARM), code="disruption", tile="disruption")
    decide(Invocation(place.actor(), clock.now(), "light", version=report.version), report.id, Choice())
    at("2026-11-30 10:00")
    client, address = client_as(place.dean), f"/review/{report.id}/conversation"
    said = {"outcome": "understood", "note": "Both spoke."}
    refused = client.submit(address, said | {"held_on": "2026-11-20"})
    assert refused.status_code == 400 and "Both spoke." in refused.get_data(as_text=True)
    assert client.submit(address, said | {"held_on": "2026-11-25"}).status_code == 303
    row = session.scalar(select(FollowUp).filter_by(incident_id=report.id, kind="conversation"))
    assert (row.closed_on, row.closed_on <= row.due_on) == (date(2026, 11, 25), True)


def test_a_term_counts_on_the_day_on_which_it_was_kept(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 10:00")
    world = make_world()
    circle = PathwayFactory(case_id=world.case.id, school_id=world.school.id, owner_id=world.coordinator.id)
    row = FollowUpFactory(
        school_id=world.school.id, case_id=world.case.id, pathway_id=circle.id, owner_id=world.coordinator.id,
        kind="agreement_term", due_on=date(2026, 12, 1),
    )  # fmt: skip
    agreement = Agreement(
        pathway_id=circle.id, case_id=world.case.id, school_id=world.school.id, agreed_on=date(2026, 11, 24),
    )  # fmt: skip
    agreement.terms.append(AgreementTerm(position=1, text="Sorry", due_on=date(2026, 12, 1), follow_up_id=row.id))
    session.add(agreement)
    session.commit()
    at("2026-12-10 10:00")
    client = client_as(world.coordinator)
    address = f"/cases/{world.case.id}/pathways/{circle.id}/terms/{agreement.terms[0].id}"
    for wrong in ("2026-12-10", "2026-11-20", "2026-12-11"):
        assert client.submit(address, {"state": "kept", "on_day": wrong}).status_code == 400
    assert client.submit(address, {"state": "kept", "on_day": "2026-11-30"}).status_code == 303
    assert fresh(row).closed_on == date(2026, 11, 30)


@pytest.mark.parametrize("day", ["2026-11-23", "2026-12-01", "1899-01-01"])
def test_a_day_before_the_incident_or_to_come_is_refused(session: Any, at: Any, client_as: Any, day: str) -> None:
    at("2026-11-30 10:00")
    world = make_world()
    row = FollowUpFactory(school_id=world.school.id, case_id=world.case.id, owner_id=world.coordinator.id)
    answer = client_as(world.coordinator).submit(f"/follow-ups/{row.id}", SENT | {"on_day": day, "note": "Kept words"})
    assert answer.status_code == 400
    assert "Kept words" in answer.get_data(as_text=True)
    assert fresh(row).state is FollowUpState.OPEN


@pytest.mark.parametrize("kind", ["guardian_contact", "guardian_contact_harmed"])
@pytest.mark.parametrize(("result", "state"), [("reached", FollowUpState.DONE), ("voicemail", FollowUpState.OPEN)])
def test_a_guardian_reached_closes_the_call_that_was_asked_for(
    session: Any, kind: str, result: str, state: Any
) -> None:
    world = make_world()
    mine, other = world.incident.people
    values = {"school_id": world.school.id, "case_id": world.case.id, "kind": kind}
    asked, others = (FollowUpFactory(**values, incident_person_id=one.id) for one in (mine, other))
    attempt = {"person": str(mine.id), "at": NOW, "manner": "phone", "result": result, "language": "es"}
    record_guardian_contact(Invocation(world.actor, NOW), world.incident.id, **attempt)
    row = fresh(asked)
    assert (row.state, row.closed_on) == (state, TODAY if state is FollowUpState.DONE else None)
    assert row.evidence.get("language", "") == ("es" if state is FollowUpState.DONE else "")
    assert fresh(others).state is FollowUpState.OPEN


@pytest.mark.parametrize(("result", "state"), [("reached", FollowUpState.DONE), ("voicemail", FollowUpState.OPEN)])
def test_a_guardian_whom_the_reporter_reached_is_not_to_be_called_after_the_decision(
    session: Any, result: str, state: Any
) -> None:
    place = Place()
    caused, harmed, _third = place.students
    incident = place.report((caused, PersonRole.CAUSED_HARM), (harmed, PersonRole.HARMED))
    attempt = {"person": str(incident.people[0].id), "at": NOW, "manner": "phone", "result": result}
    record_guardian_contact(Invocation(place.actor("reporter"), NOW), incident.id, **attempt)
    decide(Invocation(place.actor(), NOW, version=fresh(incident).version), incident.id, Choice())
    calls = select(FollowUp.kind, FollowUp.state).where(FollowUp.kind.like("guardian_contact%"))
    asked = dict(db.session.execute(calls).all())
    assert asked == {"guardian_contact": state, "guardian_contact_harmed": FollowUpState.OPEN}


@pytest.mark.parametrize("decided_first", [True, False])
def test_what_a_merged_report_says_of_a_call_counts_in_the_one_that_stays(session: Any, decided_first: bool) -> None:
    place = Place()
    caused, harmed, _third = place.students
    parts = ((caused, PersonRole.CAUSED_HARM), (harmed, PersonRole.HARMED))
    stays, other = place.report(*parts), place.report(*parts)
    attempt = {"person": str(other.people[0].id), "at": NOW, "manner": "phone", "result": "reached"}
    record_guardian_contact(Invocation(place.actor("reporter"), NOW), other.id, **attempt)
    for step in (0, 1) if decided_first else (1, 0):
        row = fresh((stays, other)[step])
        call = Invocation(place.actor(), NOW, version=row.version)
        if step:
            merge_into(call, row.id, stays.reference)
        else:
            decide(call, row.id, Choice())
    calls = select(FollowUp.kind, FollowUp.state).where(
        FollowUp.kind.like("guardian_contact%"), FollowUp.state != FollowUpState.CANCELLED
    )
    asked = dict(db.session.execute(calls).all())
    assert asked == {"guardian_contact": FollowUpState.DONE, "guardian_contact_harmed": FollowUpState.OPEN}
