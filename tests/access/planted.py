"""The demo district with a record of every kind in two of its schools: planted once, and copied for each walk."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.access.walk import Walk
from tests.access.world import plant
from tests.factories.accounts import UserFactory
from tests.support.applications import make_app
from tests.support.databases import Database, Databases
from wss_cases.foundation.db import db


def planted_walk(databases: Databases, kind: str, folder: Path) -> Walk:
    source = databases.filled("planted", databases.demo(kind), _plant)
    return Walk(make_app(databases.copy(source).url, folder))


def _plant(database: Database) -> None:
    with TemporaryDirectory() as folder:
        walk = Walk(make_app(database.url, Path(folder)))
        # far from what the other test process counts, which gets a copy of these people
        UserFactory.reset_sequence(500_000, force=True)
        with walk.app.app_context():
            plant(walk.schools["own"], reporter_email="reporter@demo.example")
            plant(walk.schools["other"])
            db.session.remove()
            db.engine.dispose()
