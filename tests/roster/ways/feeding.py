"""One roster by each of the ways in, each into an empty district; what stands in the tables afterwards."""

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.roster.rest.serving import CLIENT, SECRET, Sis, records_of, serving
from tests.support.applications import Rollback, people_client
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import take_rosters
from wss_cases.roster.directory.models import (
    Enrolment,
    Guardian,
    ImportRun,
    School,
    StaffMember,
    StaffPost,
    Student,
    StudentGuardian,
)

NIGHT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
SOURCE = "sis"
TABLES = (School, Student, Enrolment, Guardian, StudentGuardian, StaffMember, StaffPost)
OWNERS = {"school_id": School, "student_id": Student, "guardian_id": Guardian, "staff_id": StaffMember}
NOT_THE_ROSTERS = {"id", "version", "user_id"}
UPLOAD = "/roster/upload"


@dataclass(frozen=True)
class Table:
    """A table's number of rows, and a digest of what the roster says in them."""

    rows: int
    digest: str


Way = Callable[[Flask, Path, Path], None]
"""Takes the application, the folder of the roster's files, and an empty one of its own."""


def by_command(app: Flask, roster: Path, _own: Path) -> None:
    """`flask import oneroster`."""
    done = app.test_cli_runner().invoke(args=["import", "oneroster", str(roster), "--source", SOURCE])
    assert done.exit_code == 0, (done.stderr, done.exception)


def by_folder(app: Flask, roster: Path, own: Path) -> None:
    """The files in the watched folder, marked as complete."""
    with settings(app, ROSTER_FOLDER=str(own)):
        for file in roster.iterdir():
            shutil.copy(file, own)
        (own / "ready").touch()
        assert _tick() == "rosters imported 1"


def by_upload(app: Flask, roster: Path, own: Path) -> None:
    """A zip in the browser, its check, and the confirmation."""
    archive = Path(shutil.make_archive(str(own / "roster"), "zip", roster))
    client = people_client(app, make_user(Role.SYSADMIN))
    files = [(io.BytesIO(archive.read_bytes()), archive.name)]
    data = {"csrf_token": client.csrf_token(UPLOAD), "source": SOURCE, "files": files}
    sent = client.post(UPLOAD, data=data, content_type="multipart/form-data")
    assert _tick() == "rosters checked 1"
    assert client.submit(sent.location, holding="version").status_code == 303
    assert _tick() == "rosters imported 1"


def by_server(version: str) -> Way:
    """Return the pull from a OneRoster server of a version, page by page, with client credentials."""

    def pull(app: Flask, roster: Path, _own: Path) -> None:
        data = Sis(records_of(roster, newer=version == "v1p2"), most=500)
        with (
            serving(data) as url,
            settings(
                app, ROSTER_REST_URL=f"{url}/ims/oneroster/{version}", ROSTER_TOKEN_URL=f"{url}/token",
                ROSTER_CLIENT_ID=CLIENT, ROSTER_CLIENT_SECRET=SECRET,
            ),
        ):  # fmt: skip
            assert _tick() == "rosters imported 1"

    return pull


WAYS: dict[str, Way] = {
    "command": by_command,
    "watched folder": by_folder,
    "upload": by_upload,
    "server, 1.1": by_server("v1p1"),
    "server, 1.2": by_server("v1p2"),
}


def fed(app: Flask, way: Way, roster: Path, own: Path) -> dict[str, Table]:
    """Feed a roster by one way, and return what stands in each table; it is rolled back afterwards."""
    own.mkdir()
    with time_machine.travel(NIGHT, tick=False), Rollback(app), app.app_context():
        with settings(app, ROSTER_SOURCE=SOURCE):
            way(app, roster, own)
        run = db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()
        assert run is not None and run.landed and not run.report["problems"], run and run.report["problems"][:3]
        return {model.__tablename__: _table(model) for model in TABLES}


def _table(model: Any) -> Table:
    names = {
        column: {row[0]: row[1] for row in db.session.execute(select(owner.id, owner.sourced_id))}
        for column, owner in OWNERS.items()
        if column in model.__table__.columns
    }
    columns = [column for column in model.__table__.columns if column.name not in NOT_THE_ROSTERS]
    rows = sorted(
        repr([names.get(column.name, {}).get(cell, cell) for column, cell in zip(columns, row, strict=True)])
        for row in db.session.execute(select(*columns))
    )
    return Table(len(rows), sha256("\n".join(rows).encode()).hexdigest()[:12])


def _tick() -> str:
    return take_rosters("one", clock.now())


@contextmanager
def settings(app: Flask, **values: str) -> Iterator[None]:
    """The application has these settings inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setitem(app.config, name, value)
        yield
