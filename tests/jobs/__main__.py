"""`python -m tests.jobs [ROWS] [--minutes N] [--kind KIND]`: a scheduler before so many waiting rows of each kind.

Plants notes of circles whose day changed, follow-ups that came due, emails that wait, old keys and old emails; starts
the scheduler with its own minute and looks every second how old its heartbeat is and how much still waits. Prints the
figures; ends with 1 where a heartbeat was older than 90 seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from tests.mail.making import scene
from tests.pathways.circles.notes.making import end, kept_circle, make_world, write
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.depth import BACKENDS
from tests.support.servers.live_system import LiveSystem
from tests.support.servers.mail import MailServer
from wss_cases.accounts.account.models import UserAccount
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders.sweep import FOLLOW_UP_DUE
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, db
from wss_cases.journal.models import OutboxMessage, OutboxState, RequestKey
from wss_cases.mail.common.pages import Heartbeat
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.common.models import Pathway

OLDEST = 90.0
"""Seconds that a heartbeat may be old."""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LONG_PAST = date(2020, 1, 1)
EACH = 5
"""Emails for each person."""


def copies(model: type[Base], of: int, number: int, **changes: str) -> None:
    """Copy a row many times; `changes`: SQL of columns that differ, in which n is the copy's number."""
    table = model.__table__
    columns = [column.name for column in table.columns if column.name != "id"]
    numbers = f"with recursive one(n) as (select 1 union all select n + 1 from one where n < {number})"
    taken = ", ".join(changes.get(name, f"t.{name}") for name in columns)
    into = f"insert into {table.name} ({', '.join(columns)})"
    select = f"select {taken} from {table.name} t cross join one where t.id = {of}"
    db.session.execute(sa.text(f"{into} {numbers} {select}" if _on_sqlite() else f"{numbers} {into} {select}"))
    db.session.commit()


def _on_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def plant(rows: int) -> None:
    """Make so many rows of each kind wait."""
    here = scene()
    copies(FollowUp, here.due(LONG_PAST).id, rows)
    world = make_world()
    circle = kept_circle(world)
    (note,) = write(world.actor, circle, "said in the circle")
    end(circle)
    copies(Pathway, circle.id, rows)
    first = db.session.scalar(sa.select(sa.func.max(Pathway.id))) or 0
    copies(CircleNote, note, rows, pathway_id=f"{first} - {rows} + n", shred_on="'2020-01-01'")
    db.session.add(RequestKey(user_id=here.coordinator.id, key="old", at=LONG_AGO))
    mail = OutboxMessage(
        kind=FOLLOW_UP_DUE, recipient_id=here.coordinator.id, object_type="follow_up", object_id=here.due().id,
        school_id=here.school.id, at_any_hour=True, dedupe_key="planted", message_id="<planted@district.example>",
        created_at=LONG_AGO, next_attempt_at=LONG_AGO,
    )  # fmt: skip
    old = OutboxMessage(
        kind="account.invited", recipient_id=here.coordinator.id, object_type="user_account",
        object_id=here.coordinator.id, school_id=None, dedupe_key="old", message_id="<old@district.example>",
        created_at=LONG_AGO, next_attempt_at=LONG_AGO, state=OutboxState.SENT,
    )  # fmt: skip
    db.session.add_all([mail, old])
    db.session.commit()
    key = db.session.scalar(sa.select(RequestKey.id))
    copies(RequestKey, key or 0, rows, key="'old' || n")
    # one person's many would go as one email
    copies(UserAccount, here.coordinator.id, rows // EACH + 1, email="'p' || n || '@district.example'")
    last = db.session.scalar(sa.select(sa.func.max(UserAccount.id))) or 0
    for row, to in ((mail, f"{last} - n / {EACH}"), (old, "t.recipient_id")):
        copies(
            OutboxMessage, row.id, rows,
            dedupe_key="t.dedupe_key || n", message_id="t.message_id || n", recipient_id=to,
        )  # fmt: skip


def waiting() -> dict[str, int]:
    """Return how many rows of each kind still wait."""
    asked = {
        "days of notes": sa.select(CircleNote.id).where(CircleNote.shred_on == LONG_PAST),
        "follow-ups": sa.select(FollowUp.id).where(FollowUp.swept_at.is_(None)),
        "emails": sa.select(OutboxMessage.id).where(OutboxMessage.state == OutboxState.WAITING),
        "old keys": sa.select(RequestKey.id).where(RequestKey.at == LONG_AGO),
        "old emails": sa.select(OutboxMessage.id).where(OutboxMessage.created_at == LONG_AGO),
    }
    return {
        name: db.session.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0
        for name, rows in asked.items()
    }


def watch(system: LiveSystem, minutes: float) -> float:
    """Look every second until nothing waits or the minutes are over; prints each minute. Returns the oldest age."""
    began, told, oldest = time.monotonic(), -1.0, 0.0
    while (passed := time.monotonic() - began) < minutes * 60:
        db.session.remove()
        beat = db.session.scalar(sa.select(sa.func.max(Heartbeat.at)))
        age = (clock.now() - beat).total_seconds() if beat is not None else passed
        oldest = max(oldest, age)
        if passed // 60 > told:
            told = passed // 60
            left = waiting()
            print(f"minute {told:.0f}: heartbeat {age:.0f} s, waiting {left}", flush=True)
            if not any(left.values()):
                break
        time.sleep(1)
    print(f"oldest heartbeat: {oldest:.0f} s", flush=True)
    print(system.log("scheduler")[-2000:], file=sys.stderr)
    return oldest


def main(arguments: list[str]) -> int:
    """Plant, start, watch; 1 where a heartbeat was too old."""
    parser = argparse.ArgumentParser(prog="python -m tests.jobs", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kind", choices=BACKENDS, default="postgresql")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder, synchronous_commit="on")
        database = databases.copy(databases.template(asked.kind))
        mails = MailServer()
        mails.start()
        system = LiveSystem(database, folder, {"SMTP_URL": mails.url, "TICK_SECONDS": "60"})
        with make_app(database.url, folder).app_context():
            plant(asked.rows)
            system.start_scheduler()
            oldest = watch(system, asked.minutes)
        system.stop()
        mails.stop()
        databases.close()
    return 1 if oldest > OLDEST else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
