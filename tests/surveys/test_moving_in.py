"""Whoever stopped invitations before addresses were kept under a key gets none after it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.architecture.test_migrations import VERSIONS, engine, run
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation.ids import token_digest
from wss_cases.surveys.mailing import has_stopped

BEFORE = f"{int(next(VERSIONS.glob('*_slips_shown_once.py')).name[:4]) - 1:04d}"
GONE, STAYS = "gone@mail.example", "stays@mail.example"


@pytest.mark.both_databases
@pytest.mark.full_cross_only("tests/surveys/test_invitations.py")
def test_stops_of_before_stand_after_it_up_down_and_up(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", BEFORE)
    with engine(database).begin() as connection:
        plain = {"digest": token_digest(GONE)}
        connection.execute(sa.text("INSERT INTO survey_mail_stop (digest) VALUES (:digest)"), plain)
    for _time in range(2):
        run(app, "upgrade")
        with engine(database).connect() as connection:
            [kept] = connection.scalars(sa.text("SELECT digest FROM survey_mail_stop"))
        assert kept != token_digest(GONE)
        with app.app_context():
            assert has_stopped(GONE) and not has_stopped(STAYS)
        run(app, "downgrade", BEFORE)
