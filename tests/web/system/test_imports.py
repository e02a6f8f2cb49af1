"""Whoever runs the system sees what became of each import, and whom no roster gives a school."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.roster.oneroster.bundles import NOW, roster, take, user, write
from wss_cases.access.actor import Role
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation import clock
from wss_cases.journal.models import OutboxMessage
from wss_cases.records.retention.schedule import clean
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.import_files import BundleRefused, Cause
from wss_cases.roster.oneroster.actions import import_oneroster
from wss_cases.roster.runs import REFUSED
from wss_cases.setup.checklist import Found, Level
from wss_cases.setup.checklist import roster as roster_age
from wss_cases.web.system import LISTED


def test_an_import_stays_with_its_report_a_refused_one_too(
    session: Any, tmp_path: Path, client_as: Callable[[Any], Any]
) -> None:
    odd = [user(1), user(2, grades="Wizard"), user(3, school=""), user(4, role=""), user(5, familyName="Q\x07uill")]
    take(write(tmp_path, roster(odd)))
    with pytest.raises(BundleRefused):
        take(write(tmp_path, roster(odd)), source="other")
    boss = make_user(Role.SYSADMIN)
    session.commit()
    client = client_as(boss)
    listed = client.get("/system/imports").get_data(as_text=True)
    for words in ("oneroster · other", "Refused", "oneroster · d1", "1 row refused", "2 rows without a field"):
        assert words in listed, words
    newer, older = session.scalars(select(ImportRun.id).order_by(ImportRun.id.desc()))
    assert "/system/imports" in client.get("/system").get_data(as_text=True)
    refused = client.get(f"/system/imports/{newer}").get_data(as_text=True)
    assert "a new source in addition to d1" in refused and "None of it was imported" in refused
    page = client.page(f"/system/imports/{older}")
    for words in (
        "1 student without a school", 'This grade is not known: "Wizard"', "Ids in the roster: u3",
        "users.csv role: The cell must not be blank. – Not imported: 1 (rows 5).", "Rows: 5",
    ):  # fmt: skip
        assert words in page.text, words
    [row] = [row.text.split() for row in page.find_all("tr") if "users.csv" in row.text]
    assert row == ["users.csv", "4", "0", "0", "2", "1"]
    assert "uill" not in page.text, "a name stands in no report"


def test_the_list_goes_on_and_every_row_of_a_cause_is_named(session: Any, client_as: Callable[[Any], Any]) -> None:
    cause = Cause("users.csv", "grades", "This grade is not known:", refused=False)
    for row in range(2, 402):
        cause.add(row, "Wizard")
    report = {"causes": [asdict(cause)], "problems": []}
    for source in range(LISTED + 1):
        session.add(ImportRun(kind="oneroster", source=f"feed{source}", started_at=NOW, landed=True, report=report))
    session.flush()
    first = session.scalars(select(ImportRun.id).order_by(ImportRun.id)).first()
    client = client_as(make_user(Role.SYSADMIN))
    page = client.get("/system/imports").get_data(as_text=True)
    assert f"oneroster · feed{LISTED}" in page and "feed0<" not in page
    assert f'href="/system/imports?before={first + 1}"' in page
    assert "oneroster · feed0" in client.get(f"/system/imports?before={first + 1}").get_data(as_text=True)
    shown = client.page(f"/system/imports/{first}").text
    assert "Imported without it: 400 (rows 2, 3, 4, 5, 6 …)" in shown and "200, 201 …" in shown


def test_those_who_run_the_system_hear_of_a_refused_one_and_setup_says_so(session: Any, tmp_path: Path) -> None:
    boss, other, dean = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN), make_user(Role.DISTRICT)
    session.commit()
    take(write(tmp_path, roster([user(1)])), clock.now())
    assert roster_age(clock.now()) == Found(Level.OK, "The roster is 0 days old.")
    with pytest.raises(BundleRefused):
        import_oneroster(actor_of(boss.id, clock.now()), tmp_path, clock.now(), "other")
    told = session.execute(select(OutboxMessage.recipient_id, OutboxMessage.kind)).all()
    assert [tuple(row) for row in told] == [(other.id, REFUSED)], (boss.id, dean.id)
    assert roster_age(clock.now()).words == "The roster is 0 days old. · The last one was refused: other."
    with pytest.raises(BundleRefused):
        take(write(tmp_path, {"orgs": ""}), clock.now(), source="d1")
    assert roster_age(clock.now()).words.endswith("refused: d1."), "a feed that never came in is no feed"
    take(write(tmp_path, roster([user(1)])), clock.now(), source="d1")
    assert roster_age(clock.now()).level is Level.OK


def test_each_is_kept_a_year_and_the_last_of_each_feed_for_good(session: Any) -> None:
    for days, source, landed in (
        (900, "a", True),
        (800, "a", True),
        (700, "b", True),
        (600, "a", False),
        (300, "a", False),
    ):
        at = NOW - timedelta(days=days)
        session.add(ImportRun(kind="oneroster", source=source, started_at=at, landed=landed, report={}))
    session.commit()
    clean(NOW)
    kept = session.execute(select(ImportRun.source, ImportRun.landed).order_by(ImportRun.id)).all()
    assert [tuple(row) for row in kept] == [("a", True), ("b", True), ("a", False)]


def test_before_the_first_import_the_way_to_the_upload_is_there(session: Any, client_as: Callable[[Any], Any]) -> None:
    client = client_as(make_user(Role.SYSADMIN))
    page = client.get("/system").get_data(as_text=True)
    assert "Nothing has been imported yet" in page and "/system/imports" in page
    assert "/roster/upload" in client.get("/system/imports").get_data(as_text=True)
