"""A rotated key still reads, an older one can be dropped, and a shredded note is in no file of the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, select

from tests.cases.making import NOW, World, make_world
from tests.pathways.circles.notes.audit_refused import audit_refused
from tests.pathways.circles.notes.canary import NOTES, files, standing_in, texts
from tests.pathways.circles.notes.making import LONG_AFTER, end, kept_circle, write
from tests.support.applications import make_app
from tests.support.databases import TEST_KEYS, Database, Databases
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Actor
from wss_cases.cli.common import SEALED
from wss_cases.foundation import database as foundation_database
from wss_cases.foundation.db import db
from wss_cases.foundation.keys import Keys, seal
from wss_cases.foundation.settings import setting
from wss_cases.journal import key_rotation
from wss_cases.journal.models import AuditEntry
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes import shredding
from wss_cases.pathways.circles.notes.messages import CircleNote, NoteShare, NoteShredding
from wss_cases.pathways.circles.notes.pages import read_notes
from wss_cases.pathways.circles.notes.rules import digest_of
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import School

NEW = "a-newer-key-that-protects-nothing-9876543210"
MIDDLE = slice(30, 90)
"""A part of a sealed text or key that stands nowhere by chance."""


def planted(app: Flask, count: int = NOTES) -> tuple[Actor, int]:
    """Add a circle with notes, 200 unless said otherwise; returns its keeper and its id."""
    with app.app_context():
        world: World = make_world()
        circle = kept_circle(world)
        write(world.actor, circle, *texts(count))
        return world.actor, circle.id


def said(app: Flask, keeper: Actor, circle: int) -> list[str | None]:
    with app.app_context():
        return [note.text for note in reversed(read_notes(keeper, circle, NOW))]


def sealed(app: Flask) -> list[bytes]:
    """Return a part of the ciphertext and of the wrapped key of every note as the tables hold them."""
    with app.app_context():
        shares = select(CircleNote.sealed_text, NoteShare.sealed_key).join(
            NoteShare, NoteShare.note_id == CircleNote.id
        )
        return [bytes(value)[MIDDLE] for row in db.session.execute(shares) for value in row]


def periods(app: Flask) -> list[bytes]:
    with app.app_context():
        found = db.session.execute(select(CircleKeeper.sealed_text, CircleKeeper.sealed_key)).all()
        return [bytes(value)[MIDDLE] for row in found for value in row if value is not None]


def looked_in(database: Database, databases: Databases) -> list[Path]:
    """Return the files of the database; PostgreSQL writes out what it holds in memory first."""
    if database.kind != "postgresql":
        return files(database, None)
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    return files(database, databases.postgres().data)


def counts(done: Any) -> dict[str, Any]:
    """Return what a command printed; AssertionError with its words where that is no JSON."""
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.both_databases
def test_a_rotated_key_reads_everything_and_the_old_one_can_be_dropped(
    database: Database, databases: Databases, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    keeper, circle = planted(app)
    old = periods(app)
    with app.app_context():
        db.engine.dispose()
    assert standing_in(looked_in(database, databases), old) == set(old)

    without = LiveSystem(database, tmp_path, {"WSS_KEYS": NEW}).flask("notes", "rotate", "--json")
    assert without.returncode == 1
    assert counts(without)["keeper_periods"] == {"resealed": 0, "already": 0, "unreadable": 1}

    both = LiveSystem(database, tmp_path, {"WSS_KEYS": f"{NEW},{TEST_KEYS}"})
    done = both.flask("notes", "rotate", "--json")
    assert done.returncode == 0, done.stderr
    assert counts(done)["keeper_periods"] == {"resealed": 1, "already": 0, "unreadable": 0}
    assert counts(done)["files"] == {"erased": 1}
    assert counts(both.flask("notes", "rotate", "--json"))["keeper_periods"]["already"] == 1
    newest = make_app(database.url, tmp_path, WSS_KEYS=NEW)
    assert said(newest, keeper, circle) == texts()
    assert said(app, keeper, circle) == [None] * NOTES
    for one in (app, newest):
        with one.app_context():
            db.engine.dispose()
    assert standing_in(looked_in(database, databases), old) == set()


def test_an_interrupted_rotation_goes_on(session: Any, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    circles = [kept_circle(world) for _ in range(7)]
    for circle, words in zip(circles, texts(7), strict=True):
        write(world.actor, circle, words)
    monkeypatch.setattr(key_rotation, "BATCH", 3)
    monkeypatch.setitem(app.config, "WSS_KEYS", Keys((NEW, TEST_KEYS)))
    batches = []

    def stop(act: str) -> None:
        if act == "sealed.rotated":
            batches.append(act)
            if len(batches) == 2:
                raise OSError("stopped")

    with audit_refused(session.connection(), stop), pytest.raises(OSError, match="stopped"):
        key_rotation.rotate(SEALED, NOW)
    assert key_rotation.rotate(SEALED, NOW)["keeper_periods"] == {"resealed": 4, "already": 3, "unreadable": 0}
    monkeypatch.setitem(app.config, "WSS_KEYS", Keys((NEW,)))
    assert [read_notes(world.actor, circle.id, NOW)[0].text for circle in circles] == texts(7)


def test_free_answers_are_put_under_the_new_key_too(session: Any, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    circle = kept_circle(world)
    hidden = seal(setting("WSS_KEYS"), "questionnaire", "It helped.")
    row = Questionnaire(
        pathway_id=circle.id, case_id=circle.case_id, school_id=circle.school_id, occasion="after_meeting",
        answerer="keeper", keeper_user_id=world.coordinator.id, token_digest="x" * 64, made_at=NOW,
        expires_at=NOW.replace(year=2027), answered_at=NOW, sealed_text=hidden.text, sealed_key=hidden.key,
        key_name=hidden.key_name,
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    monkeypatch.setitem(app.config, "WSS_KEYS", Keys((NEW, TEST_KEYS)))
    assert key_rotation.rotate(SEALED, NOW)["questionnaires"] == {"resealed": 1, "already": 0, "unreadable": 0}
    assert key_rotation.rotate(SEALED, NOW)["questionnaires"] == {"resealed": 0, "already": 1, "unreadable": 0}


@pytest.mark.both_databases
def test_a_shredded_note_is_in_no_file_of_the_database(
    database: Database, databases: Databases, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    keeper, circle = planted(app)
    needles = sealed(app)
    with app.app_context():
        wrapped = select(CircleNote, NoteShare.sealed_key).join(NoteShare, NoteShare.note_id == CircleNote.id)
        digests = {row.id: digest_of(row.sealed_text, [key]) for row, key in db.session.execute(wrapped)}
        end(db.session.get_one(Pathway, circle))
        db.engine.dispose()
    assert len(set(needles)) == 2 * NOTES
    assert standing_in(looked_in(database, databases), needles) == set(needles)

    system = LiveSystem(database, tmp_path, {})
    early = ("--now", "2027-11-23T12:00-06:00", "--json")
    assert counts(system.flask("notes", "shred", *early))["shredded"] == 0
    late = ("--now", "2027-11-24T12:00-06:00", "--json")
    assert counts(system.flask("notes", "shred", "--dry-run", *late))["shredded"] == NOTES
    done = counts(system.flask("notes", "shred", *late))
    assert (done["shredded"], done["erased"], done["waiting"]) == (NOTES, NOTES, 0)

    assert standing_in(looked_in(database, databases), needles) == set()
    with app.app_context():
        proofs = db.session.scalars(select(NoteShredding)).all()
        assert {proof.note_id: proof.digest for proof in proofs} == digests
        assert all(proof.erased_at is not None for proof in proofs)
        audited = select(AuditEntry).where(AuditEntry.action == "circle.note_shredded")
        assert {row.object_id: row.changes["digest"][1] for row in db.session.scalars(audited)} == digests
    assert said(app, keeper, circle) == []


@contextmanager
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever erases inside the block waits for others a little only, and not for three seconds."""
    with monkeypatch.context() as patch:
        patch.setattr(foundation_database, "ERASE_WAIT_MS", 200)
        yield


@pytest.mark.any_database("of PostgreSQL alone: there, databases of one server share their transactions")
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_who_writes_in_another_database_of_the_server_delays_the_proof(
    database: Database, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(database.url, tmp_path)
    _keeper, circle = planted(app, 10)
    needles = sealed(app)
    elsewhere = create_engine(databases.empty("postgresql").url)
    with app.app_context():
        end(db.session.get_one(Pathway, circle))
        with elsewhere.connect() as writing:
            writing.exec_driver_sql("CREATE TABLE anything (id integer)")
            with hurried(monkeypatch):
                held = shredding.shred(LONG_AFTER)
            assert (held["shredded"], held["erased"], held["waiting"]) == (10, 0, 10)
        assert shredding.shred(LONG_AFTER)["erased"] == 10
        db.engine.dispose()
    elsewhere.dispose()
    assert standing_in(looked_in(database, databases), needles) == set()


@pytest.mark.both_databases
def test_a_reader_delays_the_proof_not_the_shredding(
    database: Database, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(database.url, tmp_path)
    _keeper, circle = planted(app, 10)
    needles = sealed(app)
    with app.app_context():
        end(db.session.get_one(Pathway, circle))
        reading = db.engine.connect()
        if database.kind == "postgresql":  # another table, but a snapshot that still sees the notes
            reading = reading.execution_options(isolation_level="REPEATABLE READ")
        reading.execute(select(School.id)).all()
        with hurried(monkeypatch):
            first = shredding.shred(LONG_AFTER)
        assert (first["shredded"], first["erased"], first["waiting"]) == (10, 0, 10)
        reading.close()
        again = shredding.shred(LONG_AFTER)
        assert (again["shredded"], again["erased"], again["waiting"]) == (0, 10, 0)
        db.engine.dispose()
    assert standing_in(looked_in(database, databases), needles) == set()
