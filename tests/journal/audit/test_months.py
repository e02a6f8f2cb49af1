"""The audit log by month: every row reaches its month, old months go with their seals kept, and nothing goes unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.architecture.test_migrations import counts, plant
from tests.architecture.test_migrations import run as migrate
from tests.journal.audit.months import (
    AHEAD,
    APRIL,
    BOUNDS,
    LATER,
    MARCH,
    NOW,
    OLD,
    OTHERS,
    command,
    parts,
    run,
    undone,
    write,
)
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import Share
from wss_cases.journal.audit.actions import seal
from wss_cases.journal.audit.queries import Broken, rows_after, verify
from wss_cases.journal.audit.rules import DETACHED
from wss_cases.journal.months import make_months

pytestmark = pytest.mark.both_databases


def test_a_missing_month_loses_nothing_and_the_next_tick_makes_it(grown: Any, backend: str) -> None:
    """The planted bug is a month that nobody made: its rows lie among the others until the job comes."""
    if backend == "sqlite":
        assert make_months(NOW) == {"months": 0}
        return
    assert (parts()[OTHERS], set(parts()) & {MARCH, APRIL}) == (6, set())
    before = list(rows_after(NOW, 0))
    run("SET LOCAL TimeZone = 'Asia/Kolkata'")  # whose short name PostgreSQL reads as Israel's
    run("SET LOCAL DateStyle = 'SQL, DMY'")
    assert run("SELECT public.wss_next_audit_month() IS NOT NULL").scalar_one()
    run("SET LOCAL TimeZone = 'UTC'")
    run("SET LOCAL DateStyle = 'ISO'")
    assert "FROM ('2014-03-01 00:00:00+00') TO ('2014-04-01 00:00:00+00')" in run(BOUNDS).scalar_one()
    db.session.commit()
    assert (parts()[MARCH], parts()[OTHERS]) == (3, 3)
    assert make_months(NOW, Share(-1.0)) == {"months": 1}, "a spent share makes one"
    make_months(NOW)
    assert (parts()[MARCH], parts()[APRIL], parts().get(OTHERS, 0)) == (3, 3, 0)
    assert (list(rows_after(NOW, 0)), make_months(NOW)) == (before, {"months": 0})
    write(AHEAD, 8)
    assert parts()[f"wss_months.audit_entry_{AHEAD:%Y_%m}"] == 1, "three months ahead"


def test_an_old_month_goes_with_its_seals_kept_and_comes_back(
    grown: Any, app: Flask, backend: str, at: Callable[..., datetime]
) -> None:
    refused = command(app, "detach", "2014-03")
    assert refused.exit_code == 1
    if backend == "sqlite":
        assert "one table" in refused.stderr and "one table" in command(app, "attach", "2014-03").stderr
        return
    assert "2014-03 has no partition" in refused.stderr
    make_months(NOW)
    refusals = {f"{NOW.year - 9}-12": "not older than the 10 years", "2014-13": "no month", "2014-05": "no partition"}
    for words, why in refusals.items():
        done = command(app, "detach", words)
        assert (done.exit_code, why in done.stderr) == (1, True), done.stderr
    head = verify(NOW)
    done = command(app, "detach", "2014-03")
    assert done.exit_code == 0, (done.stderr, done.exception)
    assert "3 rows are in wss_detached.audit_entry_2014_03" in done.stdout
    now = verify(NOW, head.sealed, head.head)
    assert (now.broken, now.detached, now.sealed, now.unsealed) == (None, {"2014-03": 3}, head.sealed + 1, 0)
    assert "2014-03 (3)" in command(app, "verify").stdout
    assert [row["object_id"] for row in rows_after(NOW, 0) if isinstance(row, dict)][:4] == [1, 3, 5, 7]
    assert not any(isinstance(row, Broken) for row in rows_after(NOW, 2)), "what came before is looked at as well"
    look_for_tampering(grown)
    with undone(grown):
        run("UPDATE wss_detached.audit_entry_2014_03 SET object_id = 99 WHERE object_id = 2")
        db.session.commit()
        assert command(app, "attach", "2014-03").exit_code == 0
        broken = verify(NOW).broken
        assert broken is not None and (broken.seal, "changed after sealing" in broken.problem) == (3, True)
    seal(NOW)  # over what commands said of themselves
    with undone(grown):
        at(f"{NOW.year + 11}-01-05 10:00")
        assert "more than a day apart" in command(app, "detach", f"{NOW:%Y-%m}").stderr
        at(f"{NOW:%Y-%m-%d %H:%M}", "UTC")
    assert command(app, "attach", "2014-03").exit_code == 0
    assert (verify(NOW).broken, verify(NOW).detached) == (None, {})
    with undone(grown):
        seal(NOW)
        run(
            "INSERT INTO audit_entry (at, action, object_type, changes, request_id)"
            f" SELECT at, action, object_type, changes, 'again' FROM audit_entry WHERE action = '{DETACHED}'"
        )
        seal(NOW)
        run("DELETE FROM audit_entry WHERE object_id = 2")
        broken = verify(NOW).broken
        assert broken is not None and broken.problem == "the row is gone", "what said that it went explains nothing now"


def look_for_tampering(session: Any) -> None:
    """Whoever has the tables cannot take more along with a month, nor change the seals that it left."""
    told = f"(SELECT max(id) FROM audit_entry WHERE action = '{DETACHED}')"
    for statement, problem in (
        ("DELETE FROM audit_entry WHERE object_id = 3", "the row is gone"),
        ("UPDATE audit_entry SET object_id = 99 WHERE object_id = 5", "changed after sealing"),
        ("UPDATE audit_seal SET sealed_at = sealed_at - interval '1 hour' WHERE number = 1", "the seals of 2014-03"),
        ("UPDATE audit_seal SET hash = repeat('ab', 32) WHERE number = 1", "the seal before it"),
        (f"UPDATE audit_entry SET changes = '{{}}' WHERE id = {told}", "the row is gone"),
        (f"DELETE FROM audit_seal WHERE entry_id = {told}", "has no seal"),
        (
            f"UPDATE audit_seal SET sealed_at = '{NOW - timedelta(days=400):%Y-%m-%d}' WHERE number = 1",
            "the row is gone",
        ),
    ):
        with undone(session):
            run(statement)
            broken = verify(NOW).broken
            assert broken is not None and problem in broken.problem, (statement, broken)
            assert isinstance(list(rows_after(NOW, 0))[-1], Broken), "and nothing is exported as if it were whole"


def test_a_month_is_detached_only_as_it_was_sealed(grown: Any, app: Flask, backend: str) -> None:
    if backend == "sqlite":
        assert "one table" in command(app, "detach", "2014-03").stderr
        return
    make_months(NOW)
    with undone(grown):
        run("UPDATE audit_entry SET object_id = 99 WHERE object_id = 2")
        assert "the chain is broken" in command(app, "detach", "2014-03").stderr
    write(OLD, 8)
    assert "1 row of 2014-03 has no seal" in command(app, "detach", "2014-03").stderr
    seal(NOW)
    assert "younger than its years" in command(app, "detach", "2014-03").stderr


def test_one_number_in_two_months_is_named(grown: Any, backend: str) -> None:
    copied = (
        "INSERT INTO audit_entry (id, at, actor_id, action, object_type, object_id, changes, request_id)"
        " SELECT id, :at, actor_id, action, object_type, object_id, changes, request_id FROM audit_entry"
        " WHERE object_id = 2"
    )
    if backend == "sqlite":
        with pytest.raises(Exception, match="UNIQUE constraint failed"):
            run(copied, at="2014-05-01 00:00:00")
        return
    make_months(NOW)
    with undone(grown):
        run(copied, at=datetime(2026, 11, 3, tzinfo=UTC))
        broken = verify(NOW).broken
        assert broken is not None and (broken.seal, broken.problem) == (3, "another row has its number")
    with undone(grown):
        write(NOW, 2)
        run(copied + " AND at > '2015-01-01'", at=NOW + timedelta(seconds=1))
        db.session.commit()
        broken = verify(NOW).broken
        assert broken is not None and (broken.seal, "not sealed yet" in broken.problem) == (None, True)
        write(NOW, 9)
        assert (seal(NOW), seal(NOW)) == ({"sealed": 2}, {"sealed": 0}), "sealing goes on past it"
        broken = verify(NOW).broken
        assert broken is not None and (broken.seal, broken.problem) == (8, "another row has its number")
    with undone(grown), pytest.raises(Exception, match="uq_audit_seal_entry_id"):
        run(
            "INSERT INTO audit_seal SELECT 99, entry_id, settled_id, repeat('cd', 32), hash, key_id, sealed_at"
            " FROM audit_seal WHERE number = 3"
        )


def test_rows_from_before_come_along_and_go_back(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    migrate(app, "downgrade", "0117")
    rows = [{"id": number, "at": moment} for number, moment in enumerate((OLD, LATER, OLD, NOW), 1)]
    plant(database, {"audit_entry": rows, "audit_seal": [{"number": 1, "entry_id": 3}]})
    everything = "SELECT id, at, action, changes FROM audit_entry ORDER BY id"
    seen = []
    with app.app_context():
        if database.kind == "postgresql":
            run('CREATE ROLE "wss old"')
            run('GRANT SELECT, INSERT ON audit_entry TO "wss old"')
            db.session.commit()
        for way in ("upgrade", "downgrade", "upgrade"):
            seen.append([tuple(row) for row in run(everything)])
            db.session.remove()
            migrate(app, way, "0117" if way == "downgrade" else "head")
        seen.append([tuple(row) for row in run(everything)])
        assert len(seen[0]) == 4 and seen == [seen[0]] * 4
        if database.kind == "postgresql":
            assert {name: rows for name, rows in parts().items() if "2014" in name} == {MARCH: 2, APRIL: 1}
            rights = [f"has_table_privilege('wss old', 'audit_entry', '{right}')" for right in ("INSERT", "DELETE")]
            assert run(f"SELECT {', '.join(rights)}").one() == (True, False), "as before"
            assert run("SELECT nextval('audit_entry_id_seq') > 0").scalar_one()
            run('DROP OWNED BY "wss old"')
            run('DROP ROLE "wss old"')
            run("DROP TABLE wss_months.audit_entry_2014_03")
            db.session.commit()
            with pytest.raises(AssertionError, match="1 sealed rows left the audit log with their months"):
                migrate(app, "downgrade", "0117")
        db.session.remove()
        db.engine.dispose()
    assert counts(database)["audit_seal"] == 1
