"""Rows of removed features go into a file that its owner alone reads, and the administrator is told of it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.architecture.test_migrations import counts, engine, plant, run
from tests.factories.accounts import make_user
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role

pytestmark = pytest.mark.both_databases
MOMENT = datetime(2026, 11, 24, 16, tzinfo=UTC)


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def mails(database: Database) -> list[str]:
    """What the mails of the outbox are about."""
    with engine(database).connect() as connection:
        return list(connection.scalars(sa.text("SELECT object_type FROM outbox_message ORDER BY object_type")))


def test_rows_of_analysts_files_are_written_once_and_their_mails_go(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    folder = Path(app.instance_path) / "removed"
    run(app, "downgrade", "0135")
    people = [{"id": number, "email": f"person{number}@district.example"} for number in (1, 2)]
    rows: dict[str, list[dict[str, Any]]] = {
        "user_account": people,
        "privacy_lead": [{"id": 1, "user_id": 1, "named_by_id": 2}],
        "analyst_agreement": [
            {"id": number, "receiver": f"Señal {number}", "recorded_by_id": 2} for number in (1, 2)
        ],
        "outbox_message": [
            {"id": number, "recipient_id": 1, "object_type": name, "object_id": 1, "dedupe_key": name}
            for number, name in enumerate(("analyst_agreement", "incident"), 1)
        ],
    }  # fmt: skip
    plant(database, rows)
    result = app.test_cli_runner().invoke(args=["db", "upgrade", "0136"])
    assert result.exit_code == 0
    agreements = folder / "analyst_agreement-0136.jsonl"
    assert f"2 rows of analyst_agreement have no place in the new schema. They are in {agreements}" in (result.output)
    assert [row["receiver"] for row in lines(agreements)] == ["Señal 1", "Señal 2"]
    assert {file.name for file in folder.iterdir()} == {"analyst_agreement-0136.jsonl", "privacy_lead-0136.jsonl"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert mails(database) == ["incident"]

    run(app, "downgrade", "0135")
    assert counts(database)["analyst_agreement"] == 0
    plant(database, {"analyst_agreement": [{"id": 3, "receiver": "third", "recorded_by_id": 2}]})
    run(app, "upgrade", "0136")
    assert len(lines(agreements)) == 2
    assert [row["receiver"] for row in lines(folder / "analyst_agreement-0136-2.jsonl")] == ["third"]


def test_counter_entries_go_into_the_history_of_what_they_took_back(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", "0138")
    placed = {"school_id": 1, "resource_id": 1, "kind": "spent", "on_day": date(2026, 9, 1)}
    rows: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 1}],
        "user_account": [{"id": 1, "email": "head@district.example", "name": "Head"}],
        "school_plan": [{"id": 1, "school_id": 1, "state": "draft"}],
        "plan_goal": [{"id": 1, "why_not_measured": "x", "school_id": 1, "plan_id": 1}],
        "plan_strategy": [{"id": 1, "school_id": 1, "plan_id": 1, "goal_id": 1}],
        "plan_resource": [{"id": 1, "kind": "stipend", "job_code": "", "school_id": 1}],
        "resource_entry": [
            {"id": 1, "amount_cents": 123_456, "note": "Rug", **placed},
            {"id": 2, "amount_cents": 700, "note": "", **placed},
            {"id": 3, "amount_cents": -123_456, "note": "A gift", "corrects_id": 1, "made_by_id": 1, **placed},
            {"id": 4, "amount_cents": -700, "note": "Twice", "corrects_id": 2, "made_by_id": 1, **placed},
        ],
        "timeline_entry": [
            {"id": 9001, "subject_type": "resource_entry", "subject_id": 3, "kind": "resource_entry.corrected"}
        ],
    }
    plant(database, rows)
    run(app, "upgrade", "0139")
    assert [row["id"] for row in lines(tmp_path / "removed" / "resource_entry-0139.jsonl")] == [3, 4]
    entries, history = sa.table("resource_entry", sa.column("id"), sa.column("amount_cents")), sa.MetaData()
    with engine(database).connect() as connection:
        assert [tuple(row) for row in connection.execute(sa.select(entries).order_by("id"))] == [(1, 0), (2, 0)]
        timeline = sa.Table("timeline_entry", history, autoload_with=connection)
        corrections = connection.execute(sa.select(timeline).order_by(timeline.c.subject_id)).mappings().all()
    assert [(row["subject_id"], row["data"]["reason"]) for row in corrections] == [(1, "A gift"), (2, "Twice")]
    assert corrections[0]["data"]["was_amount"] == "$1,234.56" and corrections[1]["data"]["was_amount"] == "$7"
    assert corrections[1]["actor_name"] == "Head" and corrections[0]["id"] == 9001
    run(app, "downgrade", "0138")
    assert len(lines(tmp_path / "removed" / "resource_entry-0139-downgrade.jsonl")) == 2
    run(app, "upgrade", "0139")


def test_system_lists_the_files_until_they_are_moved(
    app: Flask, session: Any, client_as: Callable[[Any], PageClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    client, file = client_as(make_user(Role.SYSADMIN)), tmp_path / "removed" / "analyst_agreement-0136.jsonl"
    assert file.name not in client.get("/system").get_data(as_text=True)
    file.parent.mkdir()
    file.write_text("{}\n")
    assert file.name in client.get("/system").get_data(as_text=True)
    file.unlink()
    assert file.name not in client.get("/system").get_data(as_text=True)


def test_a_canceled_session_stays_without_its_people_and_is_written_to_a_file(
    database: Database, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", "0137")
    canceled = {"canceled_at": MOMENT, "canceled_because": "not_held", "canceled_reason": "The trainer fell ill"}
    back = {"taken_back_at": MOMENT, "taken_back_reason": "The trainer fell ill", "taken_back_with_session": True}
    plant(
        database,
        {
            "school": [{"id": 1, "name": "First School"}],
            "user_account": [{"id": 1, "email": "person@district.example"}],
            "training_session": [
                {"id": 1, "topic": "bias", "minutes": 60, "code": "AAAAAA"},
                {"id": 2, "topic": "bias", "minutes": 60, "code": "BBBBBB", **canceled},
            ],
            "training_record": [
                {"id": 1, "topic": "bias", "school_id": 1, "user_id": 1, "session_id": 1},
                {"id": 2, "topic": "bias", "school_id": 1, "user_id": 1, "session_id": 2, **back},
            ],
            "outbox_message": [
                {"id": number, "recipient_id": 1, "kind": kind, "object_type": name, "object_id": 2, "dedupe_key": kind}
                for number, (kind, name) in enumerate(
                    [("training_session.canceled", "training_session"), ("case_opened", "case")], 1
                )
            ],
        },
    )  # fmt: skip
    run(app, "upgrade", "0138")
    [row] = lines(Path(app.instance_path) / "removed" / "training_session-0138.jsonl")
    assert (row["id"], row["canceled_reason"]) == (2, "The trainer fell ill")
    assert mails(database) == ["case"]
    assert counts(database)["training_session"] == 2
    with engine(database).connect() as connection:
        standing = sa.text("SELECT id FROM training_record WHERE taken_back_at IS NULL")
        assert connection.scalars(standing).all() == [1]
        waits_for_session = sa.text("SELECT id FROM training_record WHERE taken_back_with_session")
        assert connection.scalars(waits_for_session).all() == []
    run(app, "downgrade", "0137")
    run(app, "upgrade", "head")
