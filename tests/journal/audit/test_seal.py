"""The audit chain: every tampering up to the exported head is named, and nothing else ever is."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.support.applications import Rollback, make_app
from tests.support.databases import TEST_KEYS, Database
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import tick
from wss_cases.journal.audit import actions as seal_actions
from wss_cases.journal.audit.actions import BATCH, seal
from wss_cases.journal.audit.queries import Broken, Verdict, head_document, verify
from wss_cases.journal.audit.rules import GENESIS
from wss_cases.journal.models import AuditEntry, AuditSeal
from wss_cases.journal.unit_of_work import unit_of_work

ROWS = 120
TRIALS = {"sqlite": 430, "postgresql": 70}
HOLES = (7, 31, 32, 90)
"""Numbers that no row has, as a unit that was rolled back leaves them."""
WRITERS, ACTS = 16, 12


def write(count: int, action: str = "case.closed") -> None:
    for number in range(count):
        with unit_of_work(SYSTEM, clock.now() + timedelta(seconds=number)) as uow:
            changes = {"state": ["open", "closed"], "weight": [1.5, None], "name": ["", "Zoë Nuñez"]}
            uow.audit(action, "case_record", number + 1, changes)


def run(statement: str, **values: Any) -> None:
    db.session.execute(text(statement), values)


def numbers() -> list[int]:
    return list(db.session.scalars(select(AuditSeal.entry_id).order_by(AuditSeal.number)))


@pytest.fixture(scope="module")
def chained(backend: str, databases: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Any]]:
    """An application whose audit rows are sealed, and its exported head."""
    copy = databases.copy(databases.template(backend))
    app = make_app(copy.url, tmp_path_factory.mktemp("chained"))
    with app.app_context():
        write(ROWS)
        for hole in HOLES:
            run("DELETE FROM audit_entry WHERE id = :hole", hole=hole)
        db.session.commit()
        assert seal(clock.now()) == {"sealed": ROWS - len(HOLES)}
        head = head_document(clock.now())
    yield app, head
    with app.app_context():
        db.engine.dispose()
    databases.drop(copy)


def edit_row(dice: random.Random, ids: list[int]) -> int:
    number = dice.choice(ids)
    column, value = dice.choice(
        [
            ("action", "'case.read'"), ("object_type", "'incident'"), ("object_id", "object_id + 1"),
            ("object_id", "NULL"), ("actor_id", "7"), ("request_id", "'x'"), ("at", "'2020-01-01 00:00:00+00'"),
            ("changes", """'{"state": ["open", "reopened"]}'"""), ("changes", "'{}'"),
        ]
    )  # fmt: skip
    if column == "at" and db.session.get_bind().dialect.name == "sqlite":
        value = dice.choice(["'2020-01-01 00:00:00.000000'", "'no time at all'"])
    run(f"UPDATE audit_entry SET {column} = {value} WHERE id = :number", number=number)
    return number


def edit_seal(dice: random.Random, ids: list[int]) -> int:
    number = dice.choice(ids)
    values = ("hash = prev", "prev = '00'", "key_id = 'none'", "settled_id = settled_id + 1")
    times = ("sealed_at = '2020-01-01 00:00:00.000000+00'",)
    on_sqlite = db.session.get_bind().dialect.name == "sqlite"
    change = dice.choice(values + (("sealed_at = 'soon'",) if on_sqlite else times))
    run(f"UPDATE audit_seal SET {change} WHERE entry_id = :number", number=number)
    return number


def delete_row(dice: random.Random, ids: list[int]) -> int:
    number = dice.choice(ids)
    run("DELETE FROM audit_entry WHERE id = :number", number=number)
    return number


def delete_with_seal(dice: random.Random, ids: list[int]) -> int:
    """Take out a row and its seal, and close the gap in the numbers."""
    place = dice.randrange(len(ids))
    delete_seals(ids[place])
    run("DELETE FROM audit_entry WHERE id = :number", number=ids[place])
    if dice.random() < 0.5:
        run("UPDATE audit_seal SET number = -number WHERE entry_id > :number", number=ids[place])
        run("UPDATE audit_seal SET number = -number - 1 WHERE number < 0")
    return ids[min(place + 1, len(ids) - 1)]


def delete_seals(first: int, last: int | None = None) -> None:
    run("DELETE FROM audit_seal WHERE entry_id BETWEEN :first AND :last", first=first, last=last or first)


def insert_row(dice: random.Random, ids: list[int]) -> int:
    hole = dice.choice(HOLES)
    run(
        "INSERT INTO audit_entry (id, at, actor_id, action, object_type, object_id, changes, request_id)"
        " SELECT :hole, at, actor_id, action, object_type, object_id, changes, request_id FROM audit_entry"
        " WHERE id = :model",
        hole=hole, model=dice.choice(ids),
    )  # fmt: skip
    if dice.random() < 0.5:
        return hole
    run(
        "INSERT INTO audit_seal (number, entry_id, settled_id, prev, hash, key_id, sealed_at)"
        " SELECT number + 1, :hole, settled_id, hash, :forged, key_id, sealed_at FROM audit_seal"
        " ORDER BY number DESC LIMIT 1",
        hole=hole, forged="ab" * 32,
    )  # fmt: skip
    return hole


def truncate(dice: random.Random, ids: list[int]) -> int:
    first = dice.choice(ids)
    delete_seals(first, ids[-1])
    if dice.random() < 0.7:
        run("DELETE FROM audit_entry WHERE id >= :first", first=first)
    return first


def swap(dice: random.Random, ids: list[int]) -> int:
    one, other = sorted(dice.sample(ids, 2))
    table, key = dice.choice([("audit_entry", "id"), ("audit_seal", "entry_id")])
    for old, new in ((one, -1), (other, one), (-1, other)):
        run(f"UPDATE {table} SET {key} = :new WHERE {key} = :old", old=old, new=new)
    return one


TAMPERINGS: tuple[Callable[[random.Random, list[int]], int], ...] = (
    edit_row, edit_seal, delete_row, delete_with_seal, insert_row, truncate, swap,
)  # fmt: skip


def tampered(app: Flask, head: Any, seed: int) -> tuple[int, Broken | None, dict[int, int], str]:
    """Carry out one tampering, verify, and undo it."""
    dice = random.Random(seed)
    with Rollback(app), app.app_context():
        # whoever can change the tables can also switch off what keeps them in order
        on_sqlite = db.session.get_bind().dialect.name == "sqlite"
        run("PRAGMA defer_foreign_keys = ON" if on_sqlite else "SET LOCAL session_replication_role = replica")
        ids = numbers()
        places = {entry: place for place, entry in enumerate(ids, 1)}
        act = TAMPERINGS[seed % len(TAMPERINGS)]
        at = act(dice, ids)
        verdict = verify(clock.now(), head["number"], head["hash"])
        db.session.rollback()
        return at, verdict.broken, places, act.__name__


@pytest.mark.both_databases
def test_every_tampering_up_to_the_exported_head_is_named(backend: str, chained: tuple[Flask, Any]) -> None:
    app, head = chained
    with app.app_context():
        assert verify(clock.now(), head["number"], head["hash"]).broken is None
    missed = []
    for seed in range(TRIALS[backend]):
        at, broken, places, act = tampered(app, head, seed)
        near = broken is not None and (
            broken.entry == at or (broken.seal is not None and 0 <= broken.seal - places.get(at, len(places) + 1) <= 1)
        )
        if not near:
            missed.append(f"{act} {seed} at {at}: {broken}")
    assert not missed, "\n".join(missed)
    with app.app_context():
        assert verify(clock.now(), head["number"], head["hash"]).broken is None


@pytest.mark.both_databases
def test_the_newest_rows_and_a_cut_off_end_are_covered_by_a_head_alone(chained: tuple[Flask, Any]) -> None:
    """What the documents say is not covered is not covered: nobody should believe more."""
    app, head = chained
    with Rollback(app), app.app_context():
        write(3)
        assert verify(clock.now()) == Verdict(ROWS - len(HOLES), 3, head["hash"], None)
        ids = numbers()
        delete_seals(ids[-5], ids[-1])
        assert verify(clock.now()).broken is not None  # the seals before say that rows up to there were sealed
        run("DELETE FROM audit_entry WHERE id >= :first", first=ids[-5])
        assert verify(clock.now()).broken is None
        broken = verify(clock.now(), head["number"], head["hash"]).broken
        assert broken is not None and "before the exported head" in broken.problem


@pytest.mark.both_databases
def test_sixteen_writers_and_two_sealers_give_no_false_alarm(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    done = threading.Event()

    def writer() -> None:
        with app.app_context():
            write(ACTS, "case.noted")
            db.session.remove()

    def sealer() -> None:
        with app.app_context():
            while not done.is_set():
                seal(clock.now())
                verdicts.append(verify(clock.now()))
                db.session.remove()

    verdicts: list[Verdict] = []
    sealers = [threading.Thread(target=sealer) for _number in range(2)]
    writers = [threading.Thread(target=writer) for _number in range(WRITERS)]
    for thread in sealers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    with app.app_context():
        seal(clock.now())
        verdicts.append(verify(clock.now()))
        written = db.session.scalar(select(func.count()).select_from(AuditEntry))
        db.session.remove()
        db.engine.dispose()
    assert [verdict.broken for verdict in verdicts if verdict.broken] == []
    assert (verdicts[-1].sealed, verdicts[-1].unsealed) == (written, 0)
    assert written == WRITERS * ACTS


@pytest.mark.both_databases
@pytest.mark.parametrize("hasty", [False, True])
def test_a_row_that_is_committed_late_joins_the_chain(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hasty: bool
) -> None:
    """A sealer that settles without looking who still writes is the planted bug: it would call the late row forged."""
    monkeypatch.setattr(seal_actions, "SETTLE_SECONDS", 0.1)
    if hasty:
        monkeypatch.setattr(seal_actions, "_writers", set)
    app = make_app(database.url, tmp_path)
    written, go_on = threading.Event(), threading.Event()

    def late() -> None:
        with app.app_context():
            with unit_of_work(SYSTEM, clock.now()) as uow:
                uow.audit("case.late", "case_record", 1)
                uow.write_log()
                written.set()
                go_on.wait(10)
            db.session.remove()

    thread = threading.Thread(target=late)
    thread.start()
    written.wait(10)
    if database.kind == "sqlite":  # there the other one has to wait for its turn
        go_on.set()
        thread.join()
    with app.app_context():
        write(1)
        sealed_first = seal(clock.now())["sealed"]
        go_on.set()
        thread.join()
        write(1)
        sealed_then = seal(clock.now())["sealed"]
        verdict = verify(clock.now())
        db.session.remove()
        db.engine.dispose()
    assert sealed_first + sealed_then == (2 if hasty and database.kind == "postgresql" else 3)
    assert (verdict.broken is not None) == (hasty and database.kind == "postgresql")


def test_old_seals_hold_under_a_new_key(database: Database, tmp_path: Path) -> None:
    with make_app(database.url, tmp_path).app_context():
        write(2)
        seal(clock.now())
        db.engine.dispose()
    with make_app(database.url, tmp_path, WSS_KEYS=f"a newer key,{TEST_KEYS}").app_context():
        write(2)
        seal(clock.now())
        assert verify(clock.now()).broken is None
        assert len(set(db.session.scalars(select(AuditSeal.key_id)))) == 2
        db.engine.dispose()
    with make_app(database.url, tmp_path, WSS_KEYS="a newer key").app_context():
        broken = verify(clock.now()).broken
        assert broken is not None and (broken.seal, broken.entry) == (1, 1)
        assert "not in WSS_KEYS" in broken.problem
        db.engine.dispose()


def test_the_scheduler_seals(session: Any, at: Callable[..., Any]) -> None:
    now = at("2026-11-24 10:00")
    write(2)
    tick("one", now)
    assert verify(clock.now()) == Verdict(2, 0, db.session.scalars(select(AuditSeal.hash)).all()[-1], None)


@pytest.mark.both_databases
def test_the_commands_seal_export_and_name_the_first_broken_row(session: Any, app: Flask, tmp_path: Path) -> None:
    command = app.test_cli_runner()
    write(BATCH + 2)
    done = command.invoke(args=["audit", "seal"])
    assert (done.exit_code, done.stdout) == (0, f"{BATCH + 2} rows sealed.\n")
    exported = command.invoke(args=["audit", "export-head"])
    head = json.loads(exported.stdout)
    assert (head["number"], head["unsealed"]) == (BATCH + 2, 0)
    kept = tmp_path / "head.json"
    kept.write_text(exported.stdout, encoding="utf-8")
    whole = command.invoke(args=["audit", "verify", "--head", str(kept)])
    assert (whole.exit_code, whole.stderr) == (0, "")
    assert "1 newer rows are not sealed" in whole.stdout  # that the head was exported
    second = numbers()[1]
    run("UPDATE audit_entry SET action = 'case.read' WHERE id = :second", second=second)
    session.commit()
    broken = command.invoke(args=["audit", "verify"])
    assert broken.exit_code == 1
    assert f"audit row {second}, seal 2" in broken.stderr
    told = command.invoke(args=["audit", "verify", "--json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["broken"]["entry"] == second
    kept.write_text(GENESIS, encoding="utf-8")
    refused = command.invoke(args=["audit", "verify", "--head", str(kept), "--json"])
    assert refused.exit_code == 1
    assert "is not a head" in json.loads(refused.stdout)["error"]["message"]
