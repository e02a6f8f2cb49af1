"""What depends on the database is proven on both of them at every depth, and the names divide the rest evenly."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.architecture.rules import depths, guards
from tests.support import depth
from tests.support.databases import ROOT

pytestmark = pytest.mark.any_database("it reads sources, and asks no database")
PROVEN_ON_BOTH = [
    ("wss_cases.demo.load", "tests.demo.test_load"),
    ("wss_cases.cli.doctor", "tests.cli.test_doctor"),
    ("wss_cases.cli.permissions", "tests.cli.test_database_roles"),
    ("wss_cases.followups.reminders.queries", "tests.workday.sweep.test_together"),
    ("wss_cases.foundation.backup", "tests.cli.backup.test_round_trip"),
    ("wss_cases.foundation.backup", "tests.cli.backup.test_round_trip"),
    ("wss_cases.foundation.backup", "tests.setup.test_backups"),
    ("wss_cases.foundation.database", "tests.roster.oneroster.test_import"),
    ("wss_cases.foundation.code_tables", "tests.foundation.test_code_tables"),
    ("wss_cases.foundation.db", "tests.journal.test_unit_of_work"),
    ("wss_cases.access.prepared", "tests.access.test_prepared"),
    ("wss_cases.foundation.database", "tests.workday.caseload.test_page"),
    ("wss_cases.foundation.database", "tests.records.retention.test_deletion"),
    ("wss_cases.foundation.backup", "tests.cli.backup.test_round_trip"),
    ("wss_cases.outcomes.counting.totals", "tests.outcomes.counting.test_filters"),
    ("wss_cases.foundation.connecting", "tests.outcomes.reports.test_replica"),
    ("wss_cases.journal.audit.actions", "tests.journal.audit.test_seal"),
    ("wss_cases.journal.counted", "tests.web.reading.test_rate_limit"),
    ("wss_cases.journal.months", "tests.journal.audit.test_months"),
    ("wss_cases.journal.word_index", "tests.workday.search.test_search"),
    ("wss_cases.journal.unit_of_work", "tests.journal.test_unit_of_work"),
    ("wss_cases.mail.common.pages", "tests.mail.delivery.test_reminders"),
    ("wss_cases.mail.delivery.queue", "tests.mail.delivery.test_reminders"),
    ("wss_cases.mail.delivery.queue", "tests.mail.delivery.test_bundles"),
    ("wss_cases.pathways.circles.invitations", "tests.pathways.circles.test_invitations"),
    ("wss_cases.pathways.common.models", "tests.intake.review.test_housing"),
    ("wss_cases.plans.money.files.rules", "tests.plans.money.test_files"),
    ("wss_cases.roster.oneroster.staging", "tests.roster.oneroster.test_import"),
    ("wss_cases.roster.uploads", "tests.roster.uploads.test_uploads"),
    ("wss_cases.safeguards.police.second_person", "tests.safeguards.police.test_review"),
    ("wss_cases.safeguards.duties.clocks", "tests.safeguards.duties.test_clocks"),
]
"""Each module that does one thing on SQLite and another on PostgreSQL, and where that is proven on both."""

OFFENDERS = {
    "dialect": "def test_x(session):\n    assert session.get_bind().dialect.name\n",
    "lock": "def test_x(session):\n    session.scalars(select(Case).with_for_update())\n",
    "locking words": "def test_x(session):\n    run(session, 'SELECT id FROM setting FOR UPDATE')\n",
    "raw SQL": "from sqlalchemy import text\ndef test_x(session):\n    session.execute(text('vacuum'))\n",
    "a statement": "def test_x(session):\n    run('UPDATE setting SET value = 1')\n",
    "DDL": "def test_x(session):\n    run('ALTER TABLE setting ADD extra')\n",
    "constraint": "def test_x(session):\n    with pytest.raises(IntegrityError):\n        session.flush()\n",
    "racing": "def test_x(database):\n    threading.Thread(target=print).start()\n",
    "by kind": "def test_x(backend):\n    assert backend == 'sqlite'\n",
    "a table by kind": "SIZES = {'sqlite': 1, 'postgresql': 2}\ndef test_x(backend):\n    assert SIZES[backend]\n",
    "a helper": "def told():\n    run('DELETE FROM setting')\ndef test_x(session):\n    told()\n",
    "a helper's helper": "def a():\n    db.text('x')\ndef b():\n    a()\ndef test_x(session):\n    b()\n",
    "a fixture": "@pytest.fixture\ndef roles(backend):\n    return 'CREATE ROLE x '\ndef test_x(roles):\n    pass\n",
    "in a class": "class TestX:\n    def test_x(self, session):\n        session.execute(db.text('x'))\n",
    "a reason left out": "@pytest.mark.any_database\ndef test_x(session):\n    db.text('x')\n",
}
MARKS = ("@pytest.mark.both_databases", '@pytest.mark.any_database("why")', '@pytest.mark.parametrize("backend", [])')


@pytest.mark.parametrize("kind", OFFENDERS)
def test_a_planted_test_that_depends_on_the_database_is_caught(kind: str) -> None:
    assert depths.unmarked(Path("test_x.py"), OFFENDERS[kind])


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_settles_it(mark: str) -> None:
    body = "def test_x(session):\n    db.text('x')\n"
    assert not depths.unmarked(Path("test_x.py"), f"{mark}\n{body}")
    assert not depths.unmarked(Path("test_x.py"), f"pytestmark = {mark[1:]}\n{body}")
    assert not depths.unmarked(Path("test_x.py"), f"ONE = {mark[1:]}\n@ONE\n{body}")


def test_no_test_that_depends_on_the_database_runs_on_one_alone() -> None:
    offences = [
        offence for path in depths.test_files() for offence in depths.unmarked(path, path.read_text(encoding="utf-8"))
    ]
    assert not offences, "\n".join(offence.replace(f"{ROOT}/", "") for offence in offences)


@pytest.mark.parametrize(
    "where", ["", "elsewhere", "tests/gone/test_none.py", "tests/browser/stories/safeguards/test_police.py"]
)
def test_what_is_left_to_the_full_cross_is_proven_here_too(where: str) -> None:
    planted = f'@pytest.mark.{depth.FULL}("{where}")\ndef test_x(browser):\n    pass\n'
    assert depths.left_without_proof(Path("test_x.py"), planted), "planted"
    files = {path: path.read_text(encoding="utf-8") for path in depths.test_files() if path != Path(__file__)}
    found = [offence for path, source in files.items() for offence in depths.left_without_proof(path, source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "if session.get_bind().dialect.name == 'sqlite':\n    pass\n",
        "select(Case).with_for_update(skip_locked=True)\n",
        "insert(Case).on_conflict_do_nothing()\n",
    ],
)
def test_planted_code_that_depends_on_the_database_is_caught(source: str) -> None:
    assert depths.speaks_a_dialect(source)


def test_what_depends_on_the_database_is_proven_on_both() -> None:
    speaking = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in guards.sources()
        if depths.speaks_a_dialect(path.read_text(encoding="utf-8"))
    }
    assert speaking == {module for module, _test in PROVEN_ON_BOTH}
    for module in {test for _module, test in PROVEN_ON_BOTH}:
        assert depths.proves_on_both(Path(str(import_module(module).__file__)).read_text(encoding="utf-8")), module


def test_names_choose_the_same_database_always_and_postgresql_for_one_in_eight() -> None:
    assert [depth.choose(name) for name in ("test_a", "test_b", "test_i")] == ["sqlite", *["postgresql"] * 2]
    chosen = [depth.choose(f"test_the_{number}_thing") for number in range(400)]
    assert 30 < chosen.count("postgresql") < 70
