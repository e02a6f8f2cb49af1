"""Whoever runs the system sees what became of each import, and whom no roster gives a school."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.roster.oneroster.bundles import NOW, roster, take, user, write
from wss_cases.access.actor import Role
from wss_cases.records.retention.expiry.actions import clean
from wss_cases.roster.directory.models import ImportRun
from wss_cases.roster.import_files.report import BundleRefused


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
    page = client.get("/system/imports").get_data(as_text=True)
    for words in (
        "oneroster · other", "Refused", "a new source beside d1", "oneroster · d1", "1 row refused",
        "2 rows without a field", "1 student without a school", "This grade is not known: &#34;Wizard&#34;",
        "users.csv role: The cell must not be blank. – Not imported: 1 (rows 5).",
    ):  # fmt: skip
        assert words in page, words
    assert "uill" not in page, "a name stands in no report"
    assert "/system/imports" in client.get("/system").get_data(as_text=True)


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
