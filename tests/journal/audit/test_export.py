"""What another system gets of the audit log: every sealed row once, in order, without what is private."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.journal.audit.test_seal import write
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.audit.actions import seal
from wss_cases.journal.audit.rules import ENTRY_FIELDS, GENESIS, SEAL_FIELDS
from wss_cases.journal.models import AuditEntry

ROWS = 1100
"""More than are read at once."""


def export(app: Flask, *since: str) -> tuple[int, list[dict[str, Any]], str]:
    """Run the command: how it ended, the lines, what it said beside them."""
    done = app.test_cli_runner().invoke(args=["audit", "export", *since])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_every_sealed_row_goes_out_once_and_in_order(session: Any, app: Flask) -> None:
    write(ROWS)
    seal(clock.now())
    write(2, "case.opened")
    code, lines, _said = export(app)
    assert (code, len(lines)) == (0, ROWS), "what is not sealed yet waits"
    assert set(lines[0]) == {*SEAL_FIELDS, *ENTRY_FIELDS, "hash"}
    assert [line["number"] for line in lines] == list(range(1, ROWS + 1))
    assert [line["prev"] for line in lines] == [GENESIS, *(line["hash"] for line in lines[:-1])]
    assert lines[4]["changes"]["name"] == ["", "Zoë Nuñez"] and lines[4]["at"].endswith("+00:00")
    seal(clock.now())
    code, more, _said = export(app, "--since", str(ROWS))
    assert [line["action"] for line in more] == ["case.opened", "case.opened", "audit.exported"]
    seal(clock.now())
    last = str(more[-1]["number"])
    assert [line["action"] for line in export(app, "--since", last)[1]] == ["audit.exported"]
    count = session.scalar(select(func.count()).select_from(AuditEntry))
    assert count == ROWS + 4, "an export of nothing but exports is no news"


@pytest.mark.both_databases
def test_it_stops_at_a_row_that_was_changed(session: Any, app: Flask) -> None:
    write(10)
    seal(clock.now())
    sixth = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()[5]
    db.session.execute(text("UPDATE audit_entry SET actor_id = 7 WHERE id = :sixth"), {"sixth": sixth})
    session.commit()
    code, lines, said = export(app)
    assert (code, len(lines)) == (1, 5) and f"audit row {sixth}, seal 6" in said
    code, lines, said = export(app, "--since", "99")
    assert (code, lines) == (1, []) and "no such seal" in said
