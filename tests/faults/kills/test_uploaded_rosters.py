"""Whoever checks or imports an uploaded roster may die before or after any commit: it lands whole, and once."""

from __future__ import annotations

import io
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import make_user
from tests.faults.processes.forked import Nursery
from tests.roster.oneroster.bundles import roster, user, zipped
from tests.support.applications import make_app, people_client
from tests.support.databases import Database
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import ImportRun, Student
from wss_cases.roster.uploads import RosterUpload, RosterUploadPart, UploadState

UPLOAD = "/roster/upload"
FEW = 6


def standing() -> tuple[UploadState, int, int, int]:
    """How an upload stands: its state, students, imports, pieces of its bytes."""
    counts = (db.session.scalar(select(func.count(model.id))) or 0 for model in (Student, ImportRun, RosterUploadPart))
    state = db.session.scalars(select(RosterUpload.state)).one()
    students, runs, pieces = counts
    db.session.remove()
    return state, students, runs, pieces


def uploaded(client: Any, folder: Path) -> str:
    """Upload a small roster as a person does; returns its page."""
    path = zipped(folder / "roster.zip", roster([user(number) for number in range(FEW)]))
    files = [(io.BytesIO(path.read_bytes()), "roster.zip")]
    sent = {"csrf_token": client.csrf_token(UPLOAD), "source": "sis", "files": files}
    return str(client.post(UPLOAD, data=sent, content_type="multipart/form-data").location)


@pytest.mark.both_databases
def test_an_uploaded_roster_lands_once_whatever_dies(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path / "instance")
    with app.app_context():
        boss = make_user(Role.SYSADMIN)
        db.session.commit()
        client = people_client(app, boss)
    address = uploaded(client, tmp_path)
    nursery = Nursery(database, tmp_path)

    def after(failpoint: str) -> tuple[UploadState, int, int, int]:
        status = nursery.start("rosters", failpoint=failpoint).wait()
        assert status == (-signal.SIGKILL if failpoint else 0), nursery.words()
        with app.app_context():
            return standing()

    try:
        assert after("unit.before_commit:kill:1") == (UploadState.CHECKING, 0, 0, 1)
        assert after("unit.after_commit:kill:1") == (UploadState.CHECKED, 0, 0, 1)
        assert client.submit(address, holding="version").status_code == 303
        assert after("unit.before_commit:kill:1") == (UploadState.WRITING, 0, 0, 1)
        assert after("unit.after_commit:kill:1") == (UploadState.WRITTEN, FEW, 1, 0), "the bytes go with the commit"
        assert after("") == (UploadState.WRITTEN, FEW, 1, 0)
    finally:
        nursery.close()
    page = client.page(address).text
    assert "This roster is imported." in page and "Given1" not in page
