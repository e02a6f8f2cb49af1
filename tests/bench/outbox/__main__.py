"""`python -m tests.bench.outbox`: what the outbox costs once it holds the mails of years, at a tenth and whole.

On PostgreSQL: eleven years of mails about records, beside them those of the last 400 days about none, the accounts and
devices that belong to so many, and 200 mails under way. Prints how large the table is, and of each thing that is asked
of it, or done to it, the least time of some rounds at both sizes, and how many times as long the whole one takes.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg
from flask import Flask
from sqlalchemy import text

from tests.bench.__main__ import POSTGRES
from tests.support.applications import make_app
from tests.support.databases import Databases
from wss_cases.access.actor import SYSTEM
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.undo import remind_again
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.bounces import Report, Returned, take_bounce, troubles
from wss_cases.mail.common.rules import Planned, failed_mail, oldest_waiting, open_schools, queue_depth, queued_keys
from wss_cases.mail.delivery.queue import deliver, queue
from wss_cases.mail.monitoring import overdue_since
from wss_cases.mail.push.sending import deliver_push
from wss_cases.records.retention.reach import Reach, Reader
from wss_cases.records.retention.schedule import clean
from wss_cases.setup.test_letter import last_letters
from wss_cases.workday.sweep import queued_before

WHOLE = 11_000_000
"""Of a district of 325,000 students: 333,333 incidents a year, three mails about each, eleven years."""
A_PERSON = 275
"""Mails of one account."""
FILL = """
CREATE TEMP TABLE size AS SELECT {rows} AS rows, {rows} / {a_person} AS people, timestamptz '{now}' AS now;
INSERT INTO user_account (id, email, name, locale, state, is_demo, created_at, password_short, version)
SELECT n, 'person' || n || '@district.example', 'Person', 'en', 'active', false, now, false, 1
FROM size, generate_series(1, people) AS n;
INSERT INTO user_session (id, token_digest, user_id, created_at, last_seen_at, expires_at, device, awaits_code,
  by_sign_on, factor_by_provider)
SELECT n, 't' || n, n, now, now, now, '', false, false, false FROM size, generate_series(1, people / 20) AS n;
INSERT INTO push_device (id, user_id, session_id, endpoint_digest, sealed_text, sealed_key, key_name, server_key, agent,
  made_at, seen_at)
SELECT n, n, n, 'd' || n, '', '', 'a', 'a', '', now - interval '400 days', now
FROM size, generate_series(1, people / 20) AS n;
INSERT INTO outbox_message (id, dedupe_key, created_at, next_attempt_at, state, attempts, message_id, last_error,
  sent_at, kind, recipient_id, object_type, object_id, school_id, at_any_hour)
SELECT n, (ARRAY['digest', 'follow_up.late', 'incident.outcome'])[what] || ':' || n, at, at,
  CASE WHEN n > rows - 200 THEN 'waiting' WHEN n % 10 = 1 THEN 'dropped' WHEN n % 1000 = 2 THEN 'failed'
    ELSE 'sent' END,
  1, md5(n::text), '', at,
  CASE WHEN n % 5000 = 3 THEN 'incident.danger' ELSE (ARRAY['digest', 'follow_up.late', 'incident.outcome'])[what] END,
  1 + n % people, (ARRAY['user_account', 'follow_up', 'incident'])[what], n / 2, NULL, false
FROM (
  SELECT n, rows, people, CASE WHEN n % 5 = 0 THEN 1 WHEN n % 5 < 3 THEN 2 ELSE 3 END AS what,
    CASE WHEN n > rows - 200 THEN now + interval '1 day'
    ELSE now - CASE WHEN n % 5 = 0 THEN interval '399 days' ELSE interval '4015 days' END * ((rows - n)::float / rows)
    END AS at
  FROM size, generate_series(1, rows) AS n
) AS aged;
SELECT setval(pg_get_serial_sequence('outbox_message', 'id'), {rows});
"""
Visit = Callable[[], object]


def fill(url: str, rows: int) -> str:
    """Write so many mails, indexes last, and what goes with them; returns how large the table and its indexes are."""
    address = url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'outbox_message' AND indexname LIKE 'ix_%'"
        ).fetchall()
        connection.execute("SET maintenance_work_mem = '1GB'; SET session_replication_role = replica")
        for name, _definition in found:
            connection.execute(f"DROP INDEX {name}")  # type: ignore[call-overload]
        connection.execute(FILL.format(rows=rows, a_person=A_PERSON, now=clock.now().isoformat()))  # type: ignore[call-overload]
        for _name, definition in found:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")
        sizes = "SELECT pg_table_size('outbox_message') / 1e6, pg_indexes_size('outbox_message') / 1e6"
        [(table, indexes)] = connection.execute(sizes).fetchall()
    return f"{rows:,} mails: {table:,.0f} MB, and {indexes:,.0f} MB of indexes"


def acts(rows: int, now: datetime) -> dict[str, Visit]:
    """Return what is asked of the outbox and done to it, by its name."""
    fresh, bounced = itertools.count(1), itertools.count(3, 1000)
    keys = [f"follow_up.late:{number}" for number in range(rows // 2, rows // 2 + 30)]

    def swept() -> None:
        planned = [
            Planned(1, "follow_up.late", "follow_up", number, None, f"bench:{next(fresh)}") for number in range(30)
        ]
        with unit_of_work(SYSTEM, now) as uow:
            queue(uow, planned)
            uow.session.rollback()

    def undone() -> None:
        with unit_of_work(SYSTEM, now) as uow:
            uow.no_audit()
            remind_again(uow, FollowUp(id=rows // 3))

    def came_back() -> None:
        report = Report(f"{_md5(next(bounced))}@here", (Returned(("person@district.example",), "failed", "5.1.1"),))
        assert take_bounce(report, now)

    def guessed() -> None:
        take_bounce(Report("", (Returned(("person7@district.example",), "failed", "5.1.1"),)), now)

    def deleted() -> None:
        reader = Reader(db.session(), 1)
        reader.told(Reach(gone={"incident": {rows // 4, rows // 4 + 1}, "follow_up": {rows // 5, rows // 5 + 3}}))

    return {
        "queue 30 of a sweep": swept,
        "which of 30 are queued": lambda: queued_keys(keys),
        "deliver, nothing due": lambda: deliver(now),
        "push, nothing new": lambda: deliver_push(now),
        "schools whose hours are now, oldest, overdue": lambda: (
            open_schools(now),
            oldest_waiting(),
            overdue_since(now),
        ),
        "how many in each state (/metrics, System, doctor)": queue_depth,
        "what failed, the newest 50": failed_mail,
        "whom mail does not reach": lambda: troubles(SYSTEM, now),
        "a mail that came back": came_back,
        "one that names no mail": guessed,
        "a follow-up taken back": undone,
        "what goes with a deleted record": deleted,
        "clean what is past its days": lambda: clean(now),
        "the last test letters": last_letters,
        "what an earlier sweep queued (by hand)": lambda: queued_before(now),
    }


def _md5(number: int) -> str:
    found: str = db.session.scalar(text("SELECT md5(CAST(:number AS text))"), {"number": number})
    return found


def least(app: Flask, rows: int, rounds: int) -> dict[str, float]:
    """Return the least milliseconds of each act."""
    found = {}
    with app.app_context():
        now = clock.now()
        for name, act in acts(rows, now).items():
            times = []
            for _round in range(rounds):
                db.session.remove()
                began = time.perf_counter()
                act()
                times.append((time.perf_counter() - began) * 1000)
            found[name] = min(times)
            print(f"  {name}: {found[name]:.1f} ms", flush=True)
        db.session.remove()
    return found


def main(arguments: list[str]) -> int:
    """Read the command line; measure both sizes."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.outbox")
    parser.add_argument("--mails", type=int, default=WHOLE, help="of the whole")
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args(arguments)
    figures = []
    with tempfile.TemporaryDirectory() as name:
        databases = Databases(Path(name), **POSTGRES)
        try:
            for rows in (wanted.mails // 10, wanted.mails):
                database = databases.copy(databases.template("postgresql"))
                app = make_app(database.url, Path(name))
                print(fill(database.url, rows), flush=True)
                figures.append(least(app, rows, wanted.rounds))
        finally:
            databases.close()
    tenth, whole = figures
    for name in whole:
        print(f"| {name} | {tenth[name]:.1f} | {whole[name]:.1f} | {whole[name] / tenth[name]:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
