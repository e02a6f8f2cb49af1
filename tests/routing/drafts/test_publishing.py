"""Rule sets in the database: the first one, drafts, publishing, and that nothing published changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory
from tests.routing.asking import localized
from tests.routing.editing import edit_row, hand_over, publish, row_of, with_values
from tests.routing.first_rules.rule_set import VERSION, first_rows
from wss_cases.access.actor import SYSTEM, Actor, Invocation, Role
from wss_cases.foundation.errors import NotFound, Overreach, Refused, Stale, Unavailable
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import WhenPrecision
from wss_cases.journal.message_kinds import kind_of
from wss_cases.journal.models import AuditEntry, OutboxMessage, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.routing.drafts import pages
from wss_cases.routing.engine.explain import as_document
from wss_cases.routing.engine.facts import parse_facts
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.row_editor.pages import RowChanged, move_row, remove_row, save_row
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet, get_rule_set, rule_set_in_force, rule_sets, table_of

At = Callable[..., datetime]


@pytest.fixture
def now(at: At) -> datetime:
    return at("2026-11-24 10:00")


@pytest.fixture
def district(session: Any, now: datetime) -> Actor:
    return acting(make_user(Role.DISTRICT))


def shipped(session: Any) -> RuleSet:
    found: RuleSet = session.scalars(select(RuleSet).where(RuleSet.name == "2026-1", RuleSet.number == VERSION)).one()
    return found


def drafted(district: Actor, session: Any, now: datetime) -> RuleSet:
    draft: RuleSet = session.get(RuleSet, pages.draft_from(Invocation(district, now), shipped(session).id))
    return draft


def test_migrations_store_the_rule_set_as_it_is_written(session: Any) -> None:
    assert shipped(session).table_rows["rows"] == first_rows()
    table = table_of(rule_set_in_force(date(2026, 11, 24)))
    assert (table.name, table.version, len(table.rows)) == ("2026-1", VERSION, len(first_rows()))


@pytest.mark.both_databases
def test_a_published_rule_set_cannot_be_changed_even_in_sql(session: Any) -> None:
    for statement in (
        f"UPDATE routing_rule_set SET name = 'other' WHERE number = {VERSION}",
        f"DELETE FROM routing_rule_set WHERE number = {VERSION}",
    ):
        with pytest.raises(DBAPIError, match="never changes"), session.begin_nested():
            session.execute(text(statement))
    assert shipped(session).name == "2026-1"


def test_a_draft_is_edited_checked_and_published(session: Any, district: Actor, now: datetime) -> None:
    draft = drafted(district, session, now)
    assert (draft.name, draft.number, draft.state) == ("2026-1", VERSION + 1, RuleSetState.DRAFT)
    changes = {"when.all.1.value": 3, "items.0.tier": 2, "items.0.start": 2}
    edit_row(district, draft.id, "P1", changes, now)
    changes = {"when.all.1.value": 4}
    edit_row(district, draft.id, "P2", changes, now)
    second = publish(district, draft.id, date(2026, 12, 1), now, "No incidents yet.")
    draft = fresh(draft)
    assert draft.state is RuleSetState.PUBLISHED
    assert (draft.published_at, draft.published_by_id) == (now, second.user_id)
    assert row_of(draft, "P1")["items"][0]["tier"] == 2
    assert rule_set_in_force(date(2026, 11, 30)).number == VERSION
    assert rule_set_in_force(date(2026, 12, 1)).number == VERSION + 1
    kinds = session.scalars(
        select(TimelineEntry.kind).where(TimelineEntry.subject_id == draft.id).order_by(TimelineEntry.id)
    ).all()
    assert kinds == [
        *("rules.drafted", "rules.row_edited", "rules.row_edited", "rules.proposed", "rules.not_replayed"),
        "rules.published",
    ]
    edits = select(AuditEntry).where(AuditEntry.action == "rules.edited").order_by(AuditEntry.id)
    audited = session.scalars(edits).first()
    before, after = audited.changes["P1"]
    assert (before["items"][0]["tier"], after["items"][0]["tier"]) == (1, 2)
    with pytest.raises(Refused, match="never changes"):
        edit_row(district, draft.id, "P1", {"items.0.tier": 1}, now)
    with pytest.raises(Refused, match="never changes"):
        pages.drop_draft(district, draft.id, None, now)


def test_a_draft_with_findings_is_not_published(session: Any, district: Actor, now: datetime) -> None:
    draft = drafted(district, session, now)
    edit_row(district, draft.id, "P14", {"when.value": 1}, now)
    with pytest.raises(Refused, match="grade 2 or below"):
        hand_over(district, draft.id, date(2026, 12, 1), now)
    assert fresh(draft).state is RuleSetState.DRAFT


def test_a_draft_is_not_published_backwards(session: Any, district: Actor, now: datetime) -> None:
    draft = drafted(district, session, now)
    with pytest.raises(Refused) as refused:
        hand_over(district, draft.id, date(2026, 11, 23), now)
    assert refused.value.field == "starts_on"


def test_a_second_person_publishes_and_a_change_takes_the_draft_back(
    session: Any, district: Actor, now: datetime
) -> None:
    draft, second = drafted(district, session, now), acting(make_user(Role.DISTRICT))
    with pytest.raises(Refused, match="No one has handed over this draft"):
        pages.publish_act(second, draft.id, None, now)
    hand_over(district, draft.id, date(2026, 12, 1), now, "No incidents yet.")
    with pytest.raises(Overreach, match="second person"):
        pages.publish_act(district, draft.id, None, now)
    unknown = acting(make_user(Role.DISTRICT, first_setup=False))
    with pytest.raises(Overreach, match="second person"):
        pages.publish_act(unknown, draft.id, None, now)
    edit_row(second, draft.id, "F4", {"school_days.0": 2}, now)
    with pytest.raises(Refused, match="No one has handed over this draft"):
        pages.publish_act(district, draft.id, None, now)
    assert fresh(draft).proposed_by_id is None and fresh(draft).drafted_by_id == district.user_id
    hand_over(second, draft.id, date(2026, 12, 1), now, "No incidents yet.")
    seen = fresh(draft).version
    pages.save_note(second, draft.id, None, "Another reason.", now)
    with pytest.raises(Stale):
        pages.publish_act(district, draft.id, seen, now)
    hand_over(second, draft.id, date(2026, 12, 1), now, "No incidents yet.")
    with pytest.raises(Refused, match="today or later"):
        pages.publish_act(district, draft.id, None, now + timedelta(days=9))
    pages.publish_act(district, draft.id, fresh(draft).version, now)
    assert fresh(draft).published_by_id == district.user_id


@pytest.mark.both_databases
def test_a_published_set_is_withdrawn_before_its_first_day_and_never_in_force(
    session: Any, district: Actor, now: datetime
) -> None:
    draft = drafted(district, session, now)
    with pytest.raises(Refused, match="not yet in force"):
        pages.withdraw_act(district, draft.id, "Too early.", now)
    second = publish(district, draft.id, date(2026, 12, 1), now, "No incidents yet.")
    for reason, day, words in ((" ", now, "Explain why"), ("Late.", now + timedelta(days=8), "not yet in force")):
        with pytest.raises(Refused, match=words) as refused:
            pages.withdraw_act(district, draft.id, reason, day)
        assert refused.value.field == "reason"
    assert rule_set_in_force(date(2026, 12, 1)).id == draft.id
    pages.withdraw_act(second, draft.id, "A duty was missing.", now)
    assert rule_set_in_force(date(2026, 12, 1)).number == VERSION
    with pytest.raises(Refused, match="already withdrawn"):
        pages.withdraw_act(district, draft.id, "Again.", now)
    told = session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "rules.withdrawn")).one()
    assert (told.subject_id, told.actor_id, told.data["reason"]) == (draft.id, second.user_id, "A duty was missing.")
    assert drafted(district, session, now).number == VERSION + 2


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ("P4", {"items.0.tier": 4}),
        ("P4", {"items.0.start": -1}),
        ("P4", {"because.es": ""}),
        ("P7", {"items.2.when.value": -3}),
        ("F5", {"school_days.1": 999}),
        ("P5", {"when.any.0.value": "teacher"}),
    ],
)
def test_a_bad_edit_is_refused(session: Any, district: Actor, now: datetime, row: str, changes: dict[str, Any]) -> None:
    draft = drafted(district, session, now)
    with pytest.raises(Refused) as refused:
        edit_row(district, draft.id, row, changes, now)
    assert refused.value.field == row
    assert fresh(draft).table_rows["rows"] == first_rows()


def test_a_row_that_another_changed_is_not_overwritten_and_other_rows_stay(
    session: Any, district: Actor, now: datetime
) -> None:
    draft = drafted(district, session, now)
    opened, other = row_of(draft, "P1"), row_of(draft, "P2")
    edit_row(district, draft.id, "P1", {"items.0.start": 2}, now)
    with pytest.raises(RowChanged) as changed:
        save_row(district, draft.id, opened, with_values(opened, {"items.0.start": 3}), now)
    assert changed.value.current == row_of(fresh(draft), "P1") == with_values(opened, {"items.0.start": 2})
    save_row(district, draft.id, other, with_values(other, {"items.1.start": 4}), now)
    assert row_of(fresh(draft), "P2")["items"][1]["start"] == 4
    assert row_of(fresh(draft), "P1")["items"][0]["start"] == 2
    remove_row(district, draft.id, None, "P1", now)
    with pytest.raises(RowChanged) as removed:
        save_row(district, draft.id, opened, opened, now)
    assert removed.value.current is None


def ids_of(draft: RuleSet) -> list[str]:
    return [row["id"] for row in fresh(draft).table_rows["rows"]]


def test_rows_are_added_moved_and_removed(session: Any, district: Actor, now: datetime) -> None:
    draft = drafted(district, session, now)
    before = ids_of(draft)
    new = {**row_of(draft, "P8"), "id": "P17", "rule": "P17"}
    save_row(district, draft.id, None, new, now)
    assert ids_of(draft) == [*before[: before.index("P16") + 1], "P17", *before[before.index("P16") + 1 :]]
    with pytest.raises(Refused) as twice:
        save_row(district, draft.id, None, new, now)
    assert twice.value.field == "row_id"
    move_row(district, draft.id, None, "P17", True, now)
    assert ids_of(draft).index("P17") == ids_of(draft).index("P16") - 1
    move_row(district, draft.id, None, "H1", True, now)
    assert ids_of(draft).index("H1") == before.index("H1") + 1, "a row stays in its section"
    remove_row(district, draft.id, None, "P17", now)
    assert ids_of(draft) == before
    with pytest.raises(NotFound):
        remove_row(district, draft.id, None, "P17", now)
    with pytest.raises(Stale):
        move_row(district, draft.id, 1, "P16", True, now)


def test_a_rule_that_another_row_asks_about_stays_before_it(session: Any, district: Actor, now: datetime) -> None:
    draft = drafted(district, session, now)
    with pytest.raises(Refused, match="Row P4 asks whether rule P3 matches"):
        remove_row(district, draft.id, None, "P3", now)
    with pytest.raises(Refused, match="Row P4 asks whether rule P3 matches"):
        move_row(district, draft.id, None, "P3", False, now)
    with pytest.raises(Refused, match="Row P15-1 asks whether rule H1 matches"):
        remove_row(district, draft.id, None, "H1", now)
    assert fresh(draft).table_rows["rows"] == first_rows()


def test_the_same_form_makes_one_draft(session: Any, district: Actor, now: datetime) -> None:
    source = shipped(session).id
    assert pages.draft_from(Invocation(district, now, "key"), source) == pages.draft_from(
        Invocation(district, now, "key"), source
    )
    assert [row.number for row in rule_sets(district)] == [VERSION + 1, VERSION, 2, 1]


def test_a_draft_can_be_dropped(session: Any, district: Actor, now: datetime) -> None:
    draft = drafted(district, session, now)
    pages.drop_draft(district, draft.id, draft.version, now)
    assert [row.number for row in rule_sets(district)] == [VERSION, 2, 1]


@pytest.mark.parametrize("role", [Role.REPORTER, Role.SYSADMIN, Role.AUDITOR, Role.PARTNER])
def test_who_may_not_read_sees_nothing(session: Any, now: datetime, role: Role) -> None:
    actor = acting(make_user(role))
    assert rule_sets(actor) == []
    with pytest.raises(NotFound):
        get_rule_set(actor, shipped(session).id)


def test_deans_read_and_do_not_edit(session: Any, now: datetime) -> None:
    dean = acting(make_user(Role.DEAN))
    source = shipped(session).id
    assert get_rule_set(dean, source).number == VERSION
    with pytest.raises(NotFound):
        pages.draft_from(Invocation(dean, now), source)


def test_no_rule_set_in_force_is_said(session: Any) -> None:
    with pytest.raises(Unavailable):
        rule_set_in_force(date(1999, 1, 1))


def incident(session: Any, now: datetime) -> int:
    """Return the id of a submitted incident."""
    made = Incident(
        school_id=SchoolFactory().id,
        number=1,
        reference="T-I-0001",
        submitted_at=now,
        occurred_at=now,
        local_date=now.date(),
        when_precision=next(iter(WhenPrecision)),
        tile="fight",
        location_code="hallway",
        danger_now=False,
    )
    session.add(made)
    session.commit()
    return made.id


def test_an_incident_keeps_version_facts_and_answer(session: Any, now: datetime) -> None:
    incident_id = incident(session, now)
    facts = parse_facts({"bias": True, "supports": ["iep"], "group": None})
    with unit_of_work(SYSTEM, now) as uow:
        answer, recommendation = pages.route(uow, incident_id, None, facts, now.date())
    kept = session.get(RoutingAnswer, answer.id, populate_existing=True)
    assert kept.rule_set_id == shipped(session).id
    assert kept.facts == {"bias": True, "supports": ["iep"]}
    assert localized(kept.answer, "es") == as_document(recommendation, "es")


def test_whoever_may_be_the_second_person_hears_that_a_draft_waits(
    session: Any, district: Actor, now: datetime
) -> None:
    second = make_user(Role.DISTRICT)
    draft = drafted(district, session, now)
    hand_over(district, draft.id, date(2026, 12, 1), now, "No incidents yet.")
    mail = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == pages.WAITS)).one()
    kind = kind_of(pages.WAITS)
    assert kind is not None and mail.recipient_id == second.id
    assert kind.still_due(mail, acting(second)) and not kind.still_due(mail, district)
    edit_row(district, draft.id, "P1", {"when.all.1.value": 3}, now)
    assert not kind.still_due(mail, acting(second)), "what was changed since waits for nobody"


@pytest.mark.any_database("no database is touched")
def test_the_same_rows_are_tried_once_however_often_and_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []
    asking = threading.Semaphore(0)

    def slow(table: Any) -> list[Any]:
        # not done before all have asked
        tried.append(table)
        for _each in range(8 if len(tried) == 1 else 0):
            assert asking.acquire(timeout=5)
        return []

    monkeypatch.setattr(pages, "table_of", lambda rule_set: asking.release())
    monkeypatch.setattr(pages, "read_table", lambda name, number, rows: (name, number, rows))
    monkeypatch.setattr(pages, "check_table", slow)
    pages._tried.cache_clear()

    def ask(*rows: str) -> None:
        rule_set: Any = SimpleNamespace(name="first", number=1, table_rows={"rows": list(rows)})
        pages.findings_of(rule_set)

    together = [threading.Thread(target=ask, args=("a", "b")) for _each in range(8)]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert len(tried) == 1
    ask("a", "c")
    assert len(tried) == 2, "other rows are tried anew"
    pages._tried.cache_clear()
