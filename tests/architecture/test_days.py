"""No test depends on the day outside or on a draw that is another one next time; each rule catches an offender."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FunctionType

import pytest
from sqlalchemy import select

from tests.architecture.rules import days
from tests.support.applications import make_app
from tests.support.databases import ROOT, Database, flask
from tests.support.fixed import day, seed
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditSeal
from wss_cases.journal.unit_of_work import unit_of_work

A_TEST = ROOT / "tests" / "cases" / "test_planted.py"
Guard = Callable[[Path, str], list[str]]
OFFENDERS: dict[str, tuple[Guard, str]] = {
    "now": (days.reads_the_day, "datetime.now(UTC)\n"),
    "now handed on": (days.reads_the_day, "Field(default=datetime.now)\n"),
    "today": (days.reads_the_day, "datetime.date.today()\n"),
    "seconds": (days.reads_the_day, "time.time()\n"),
    "the machine's": (days.reads_the_day, "day.machine_now()\n"),
    "SQL": (days.reads_the_day, 'text("SELECT 1 WHERE due_on < CURRENT_DATE")\n'),
    "JavaScript": (days.reads_the_day, 'page.evaluate("new Date().getDay()")\n'),
    "draw": (days.draws_without_a_seed, "import random\nrandom.choice([1, 2])\n"),
    "no seed": (days.draws_without_a_seed, "from random import Random\nRandom()\n"),
    "numpy": (days.draws_without_a_seed, "np.random.default_rng()\n"),
    "the system's": (days.draws_without_a_seed, "random.SystemRandom()\n"),
}


@pytest.mark.parametrize("name", OFFENDERS)
def test_a_planted_offender_is_caught(name: str) -> None:
    guard, source = OFFENDERS[name]
    assert guard(A_TEST, source)


def test_no_test_reads_the_day_or_draws_without_a_seed() -> None:
    offences, asking = list[str](), set[str]()
    for path in days.test_files():
        source, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT / "tests").as_posix()
        asked = days.reads_the_day(path, source)
        if asked and name in days.ON_THE_MACHINES_CLOCK:
            asking.add(name)
            asked = []
        offences += asked + days.draws_without_a_seed(path, source)
    assert not offences, "\n".join(offence.replace(f"{ROOT}/", "") for offence in offences)
    assert asking == set(days.ON_THE_MACHINES_CLOCK), "a file that is named no longer asks the machine"


def test_this_process_and_those_it_starts_are_on_the_day_of_the_run(database: Database, tmp_path: Path) -> None:
    assert clock.now().date() == datetime.now(UTC).date() == day.BEGINS.date()
    app = make_app(database.url, tmp_path)
    with app.app_context():
        with unit_of_work(SYSTEM, clock.now()) as uow:
            uow.audit("case.noted", "case_record", 1, {})
        db.session.remove()
        assert flask(database.url, "audit", "seal").returncode == 0
        [sealed_at] = db.session.scalars(select(AuditSeal.sealed_at))
        assert sealed_at.date() == day.BEGINS.date()
        db.session.remove()
        db.engine.dispose()
    of_the_run = Path(day.settings_of_the_run()["WSS_CLOCK_FILE"]).read_text()
    assert LiveSystem(database, tmp_path, {}).clock_file.read_text() == of_the_run


def test_each_seed_draws_its_own_and_the_same_again() -> None:
    def others_draw(times: int) -> None:
        for _number in range(times):
            uuid.uuid4()

    def drawn(name: str, before: int) -> list[str]:
        seed.seed(name)
        others_draw(before)
        return [secrets.token_hex(8), secrets.token_hex(8)]

    assert drawn("one", 0) == drawn("one", 3), "what others draw changes nothing"
    assert len({*drawn("one", 0), *drawn("another", 0)}) == 4


@pytest.mark.parametrize(("by_module", "are_equal"), [(True, False), (False, True)])
def test_a_function_in_another_module_draws_the_same_where_modules_do_not_count(
    by_module: bool, are_equal: bool
) -> None:
    def draw() -> str:
        return secrets.token_hex(8)

    def drawn_in(module: str) -> str:
        seed.seed("one", by_module=by_module)
        return str(FunctionType(draw.__code__, {"__name__": module, "secrets": secrets})())

    assert (drawn_in("first") == drawn_in("second")) is are_equal
