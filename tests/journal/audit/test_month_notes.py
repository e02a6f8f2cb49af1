"""What says that a month went, and when a row was sealed, is believed only where it can be so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.journal.audit.months import FIRST, NOW, OLD, command, keys, run, seals_of, undone, write
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.journal.audit.actions import last_seal, seal
from wss_cases.journal.audit.queries import Broken, rows_after, verify
from wss_cases.journal.audit.rules import CLOCK, DETACHED, Gathering, Months, note_of, note_of_clock, note_of_return
from wss_cases.journal.models import AuditSeal
from wss_cases.journal.months import Month, make_months
from wss_cases.journal.unit_of_work import unit_of_work

pytestmark = pytest.mark.both_databases


def test_a_note_that_no_key_signed_explains_nothing(grown: Any, app: Flask, backend: str) -> None:
    """Whoever has the tables can write that a month went and let it be sealed; only what a key signed is believed."""
    if backend == "sqlite":
        assert verify(NOW).detached == {}
        return
    make_months(NOW)
    assert command(app, "detach", "2014-03").exit_code == 0
    said = run(f"SELECT changes FROM audit_entry WHERE action = '{DETACHED}'").scalar_one()
    [real] = said["months"]
    april = seals_of(Month(2014, 4), db.session)
    guessed = note_of("2014-04", NOW, april, [], dict.fromkeys(keys(), b"guessed"))
    more = {"months": [real | april.document() | {"month": "2014-04"}]}
    later = {"months": [real | {"at": "2040-01-01T00:00:00+00:00"}]}
    ahead = note_of("2014-04", NOW + timedelta(days=400), april, [], keys())
    gone = "the row is gone"
    for forged, problem in ((guessed, gone), (more, gone), (later, ""), (ahead, "later than this row was sealed")):
        with undone(grown):
            with unit_of_work(SYSTEM, NOW) as uow:
                uow.audit(DETACHED, "audit_seal", None, forged)
            seal(NOW)
            assert verify(NOW).broken is None, "what no key signed changes nothing about what went"
            run("DELETE FROM audit_entry WHERE at >= '2014-04-01' AND at < '2014-05-01'")
            broken = verify(NOW).broken
            assert broken is not None and (problem or gone) in broken.problem, (forged, broken)


def test_what_says_that_a_month_went_goes_itself_and_is_kept(
    session: Any, app: Flask, backend: str, at: Callable[..., datetime]
) -> None:
    at(f"{NOW:%Y-%m-%d %H:%M}", "UTC")
    write(FIRST, 1)
    seal(FIRST)
    if backend == "sqlite":
        assert verify(NOW).detached == {}
        return
    make_months(NOW)
    with unit_of_work(SYSTEM, OLD) as uow:
        note = note_of("2003-03", OLD, seals_of(Month(2003, 3), uow.session), [], keys())
        uow.session.execute(text("ALTER TABLE audit_entry DETACH PARTITION wss_months.audit_entry_2003_03"))
        uow.session.execute(text("ALTER TABLE wss_months.audit_entry_2003_03 SET SCHEMA wss_detached"))
        uow.audit(DETACHED, "audit_seal", None, note)
        uow.audit(DETACHED, "audit_seal", None, note_of("2004-01", OLD, Gathering(), [], {"another": b"key"}))
    seal(OLD)
    make_months(NOW)
    assert (verify(NOW).broken, verify(NOW).detached) == (None, {"2003-03": 1})
    done = command(app, "detach", "2014-03")
    assert done.exit_code == 0, done.stderr
    assert (verify(NOW).broken, verify(NOW).detached) == (None, {"2003-03": 1, "2014-03": 2})
    told = run(f"SELECT changes FROM audit_entry WHERE action = '{DETACHED}'").scalar_one()
    assert [one["month"] for one in told["months"]] == ["2014-03", "2003-03"], "what no key signed is not carried on"


def test_no_seal_is_of_a_time_that_cannot_be(grown: Any) -> None:
    """A clock that is set back makes no seal older; one that was made so, or lies ahead of now, is named."""
    write(NOW, 8)
    seal(OLD)
    head = last_seal(db.session)
    assert head is not None and head.sealed_at == NOW and verify(NOW).broken is None
    with undone(grown):
        write(NOW, 9)
        seal(NOW + timedelta(hours=1))
        broken = verify(NOW).broken
        assert broken is not None and (broken.seal, "still to come" in broken.problem) == (9, True)
        assert isinstance(list(rows_after(NOW, 8))[-1], Broken) and verify(NOW + timedelta(hours=1)).broken is None
    with undone(grown):
        last = db.session.get_one(AuditSeal, 8)
        last.sealed_at = OLD
        db.session.commit()
        write(NOW, 9)
        seal(NOW - timedelta(hours=1))
        db.session.get_one(AuditSeal, 8).sealed_at = NOW
        db.session.commit()
        broken = verify(NOW).broken
        assert broken is not None and (broken.seal, "earlier than the seal before" in broken.problem) == (9, True)
        assert isinstance(list(rows_after(NOW, 8))[-1], Broken) and verify(None).broken is None


def test_what_a_wrong_clock_sealed_is_said_once_and_named_each_time(grown: Any, app: Flask, at: Any) -> None:
    at(f"{NOW:%Y-%m-%d %H:%M}", "UTC")
    assert "No seal says" in command(app, "note-clock", "--reason", "The battery").stderr
    ahead, hour = NOW + timedelta(days=400), timedelta(hours=1)
    for number in (8, 9):
        write(NOW, number)
        seal(ahead)  # and what comes then goes on from there, though the clock is right again
    write(NOW, 10)
    seal(NOW)
    broken = verify(NOW).broken
    assert broken is not None and (broken.seal, "still to come" in broken.problem) == (8, True)
    assert "in at most 300 letters" in command(app, "note-clock", "--reason", "  ").stderr
    with undone(grown):
        run("UPDATE audit_entry SET object_id = 99 WHERE object_id = 2")
        assert "the chain is broken" in command(app, "note-clock", "--reason", "The battery").stderr
    done = command(app, "note-clock", "--reason", "The battery")
    assert (done.exit_code, "seals 8 to 10" in done.stdout) == (0, True), (done.stderr, done.exception)
    for moment in (NOW, NOW + hour, ahead + hour):
        write(moment, 11)
        seal(moment)
        assert (verify(moment).broken, verify(moment).clocks) == (None, [(8, 10)]), "before that time and after it"
    at(f"{ahead + hour:%Y-%m-%d %H:%M}", "UTC")
    assert "Made by a wrong clock, as the log says: seals 8 to 10." in command(app, "verify").stdout
    assert not isinstance(list(rows_after(ahead + hour, 0))[-1], Broken)
    told = f"(SELECT id FROM audit_entry WHERE action = '{CLOCK}')"
    for statement, problem in (
        ("UPDATE audit_entry SET object_id = 99 WHERE object_id = 9", "changed after sealing"),
        (f"DELETE FROM audit_seal WHERE entry_id = {told}", "the seal before it is missing"),
        (f"UPDATE audit_entry SET changes = '{{}}' WHERE id = {told}", "still to come"),
    ):
        with undone(grown):
            run(statement)
            broken = verify(NOW + hour).broken
            assert broken is not None and problem in broken.problem, (statement, broken)
    with undone(grown):
        with unit_of_work(SYSTEM, ahead) as uow:
            uow.audit(CLOCK, "audit_seal", None, note_of_clock([(1, 14, "ab" * 32)], ahead, {"another": b"key"}))
        assert verify(ahead + hour).clocks == [(8, 10)], "what no key signed says nothing"


def test_a_month_is_out_as_long_as_nothing_newer_says_that_it_came_back() -> None:
    ring, other = {"a": b"key"}, {"a": b"another"}
    hours = [NOW + timedelta(hours=number) for number in range(4)]
    went, again = (note_of("2014-03", hours[number], Gathering(), [], ring) for number in (0, 2))
    back, guessed = note_of_return("2014-03", hours[1], ring), note_of_return("2014-03", hours[3], other)
    carried = note_of("2014-04", hours[3], Gathering(), [went, back, guessed], ring)
    for notes, out in (
        ([went], ["2014-03"]),
        ([went, back], []),
        ([went, back, went], []),
        ([back, went], []),
        ([went, back, again], ["2014-03"]),
        ([went, back, again, back], ["2014-03"]),
        ([went, back, again, went], ["2014-03"]),
        ([went, guessed], ["2014-03"]),
        ([{"months": [{"key": "gone"}, 7, *went["months"]], "back": 7}], ["2014-03"]),
        ([carried], ["2014-04"]),
        ([went, carried], ["2014-04"]),
        ([went, carried, again], ["2014-04", "2014-03"]),
    ):
        months = Months(enumerate(notes), ring).months
        assert [each.month for each in sorted(months, key=lambda one: -int(one.month[-1]))] == out, notes
